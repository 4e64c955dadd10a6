import assert from "node:assert/strict";
import { test } from "node:test";
import { NETWORK_FAULTS } from "./catalogue.ts";
import { CHAIN, removalRules, rulesFor } from "./network-rules.ts";

const text = (rules: readonly (readonly string[])[]) => rules.map((rule) => rule.join(" "));

test("a partition drops both ways at both ends, so that either pod may be recreated", () => {
  const at = (role: "server" | "db") =>
    text(rulesFor("partition", { role })).filter((rule) => rule.endsWith("DROP"));
  assert.deepEqual(at("server"), [
    `-A ${CHAIN} -i eth0 -p tcp --sport 5432 -j DROP`,
    `-A ${CHAIN} -o eth0 -p tcp --dport 5432 -j DROP`,
  ]);
  assert.deepEqual(at("db"), [
    `-A ${CHAIN} -i eth0 -p tcp --dport 5432 -j DROP`,
    `-A ${CHAIN} -o eth0 -p tcp --sport 5432 -j DROP`,
  ]);
});

for (const fault of ["partition", "loss"] as const) {
  test(`the kubelet's probes pass a ${fault}: the exemption comes before every verdict`, () => {
    const rules = text(rulesFor(fault, { role: "db", gateway: "10.0.0.1" }));
    const exempt = rules.findIndex((rule) => rule.includes("-s 10.0.0.1 -j RETURN"));
    const verdict = rules.findIndex((rule) => rule.endsWith("DROP"));
    assert.ok(exempt >= 0 && exempt < verdict, rules.join("\n"));
  });
}

for (const fault of NETWORK_FAULTS) {
  test(`a ${fault} leaves the loopback interface and every other port alone`, () => {
    for (const role of ["server", "db"] as const) {
      for (const rule of rulesFor(fault, { role }).filter(
        (rule) => rule.includes("-j") && rule.includes("-A"),
      )) {
        assert.ok(rule.includes("eth0") && rule.includes("5432"), rule.join(" "));
      }
    }
  });

  test(`every chain of a ${fault} is taken out again`, () => {
    const removal = text(removalRules());
    for (const rule of rulesFor(fault, { role: "db" })) {
      const table = rule[0] === "-t" ? rule[1] : "filter";
      const [verb, hook] = rule[0] === "-t" ? rule.slice(2) : rule;
      if (verb === "-N") assert.ok(removal.includes(`-t ${table} -X ${CHAIN}`), rule.join(" "));
      if (verb === "-I") assert.ok(removal.includes(`-t ${table} -D ${hook} -j ${CHAIN}`), rule.join(" "));
    }
  });
}

test("a delay is the database's end alone, and resets connections that bypass it", () => {
  assert.deepEqual(rulesFor("delay", { role: "server" }), []);
  const rules = text(rulesFor("delay", { role: "db" }));
  assert.ok(rules.some((rule) => rule.includes("REDIRECT --to-ports 15432")));
  assert.ok(rules.some((rule) => rule.includes("REJECT --reject-with tcp-reset")));
});
