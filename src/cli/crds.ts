import type { Command } from "commander";
import { stringify } from "yaml";
import { incidentCrd } from "../kube/incident-crd.ts";

export function registerCrds(program: Command): void {
  program
    .command("crds")
    .description(
      "Print the CustomResourceDefinition; install it with `build-medic crds | kubectl apply -f -`.",
    )
    .option("--json", "JSON instead of YAML")
    .action((options: { json?: boolean }) => {
      process.stdout.write(
        options.json === true ? `${JSON.stringify(incidentCrd, undefined, 2)}\n` : crdYaml(),
      );
    });
}

/** The definition as YAML. */
export function crdYaml(): string {
  return stringify(incidentCrd, { lineWidth: 0, aliasDuplicateObjects: false });
}
