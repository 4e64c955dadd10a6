import assert from "node:assert/strict";
import { test } from "node:test";
import { exampleEscalation } from "../../test/support/rocketchat/escalation-example.ts";
import { Reasons } from "../core/finding.ts";
import { commandsFor } from "./commands.ts";

test("every reason has two to four commands, each of them read-only", () => {
  for (const reason of Object.keys(Reasons)) {
    const commands = commandsFor(exampleEscalation({ reason }));
    assert.ok(commands.length >= 2 && commands.length <= 4, `${reason}: ${commands.length}`);
    for (const command of commands)
      assert.match(command, /^(?:kubectl (?:get|describe|logs)|build-medic diagnose)\b[-\w ./=,]*$/, reason);
  }
});

test("a name that a shell could take for more is in no command", () => {
  for (const name of ["$(reboot)", "a b", "a;b", "-f", "a`b`", "a\nb", "a|b", "x".repeat(64), "ü"]) {
    const shown = [
      ...commandsFor(exampleEscalation({ pod: name, client: name, stack: name })),
      ...commandsFor(exampleEscalation({ namespace: name })),
    ].join("\n");
    assert.ok(!shown.includes(name), shown);
  }
  assert.deepEqual(commandsFor(exampleEscalation({ namespace: "$(reboot)" })), []);
});

test("a stack without a pod is looked at as a whole", () => {
  assert.deepEqual(commandsFor(exampleEscalation({ reason: "CrashLoop", pod: "" })), [
    "kubectl get statefulsets,pods -n ci-4711 -l medic/client=2 -o wide",
    "build-medic diagnose -n ci-4711",
  ]);
});
