import type { Command } from "commander";
import { registerFarmBuild } from "./farm-build.ts";
import { registerFarmConsole } from "./farm-console.ts";
import { registerFarmCluster } from "./farm-cluster.ts";
import { registerFarmSteps } from "./farm-steps.ts";

export function registerFarm(program: Command): void {
  const farm = program
    .command("farm")
    .description("A build farm to try the medic on: a local cluster, builds with faults, the matrix");
  registerFarmCluster(farm);
  registerFarmBuild(farm);
  registerFarmConsole(farm);
  registerFarmSteps(farm);
}
