import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../build/out-folder.ts";
import { MODES } from "../../faults/catalogue.ts";
import { readTitle } from "../run-title.ts";
import { checkInputs } from "./dispatch-inputs.ts";
import { titleOf } from "./run-name.ts";
import { readWorkflowFile } from "./workflow-file.ts";

const workflow = await readWorkflowFile(join(ROOT, ".github", "workflows"), "build.yml");

test("GitHub's parser finds nothing wrong with the farm's workflow", () => {
  assert.deepEqual(workflow.errors, []);
});

for (const mode of MODES) {
  for (const medic of [true, false]) {
    test(`the farm's workflow takes ${mode} with the medic ${medic ? "on" : "off"}, and its runs' titles say so`, () => {
      const given = {
        mode,
        medic: String(medic),
        clients: "4",
        target: "0",
        seed: "4294967295",
        timeout: "90",
      };
      const checked = checkInputs(workflow, given);
      assert.deepEqual(checked, { inputs: given });
      assert.deepEqual(readTitle(titleOf(workflow, given, {})), { mode, medic });
    });
  }
}

test("the farm's workflow needs nothing but the mode and the medic", () => {
  const checked = checkInputs(workflow, { mode: "none", medic: "false" });
  assert.ok("inputs" in checked);
  assert.deepEqual([checked.inputs["mode"], checked.inputs["medic"]], ["none", "false"]);
});

test("the farm's workflow takes no mode that the farm does not have", () => {
  assert.deepEqual(workflow.inputs?.["mode"]?.options, [...MODES]);
});
