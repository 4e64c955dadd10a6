import { Option } from "commander";
import type { Command } from "commander";
import type { StepFlags } from "../../farm/steps/step-options.ts";

/** Adds the steps of a build, one command each, to `farm`: what a workflow calls. */
export function registerFarmSteps(farm: Command): void {
  for (const { name, description, ofClient, json } of STEPS) {
    const step = farm.command(name).description(description);
    step.addOption(new Option("--run-id <id>", "names the build and its namespace").env("FARM_RUN_ID"));
    if (ofClient) step.addOption(new Option("--client <number>", "which client, from 0").env("FARM_CLIENT"));
    for (const option of buildOptions()) step.addOption(option);
    if (json) step.option("--json", "print the result as JSON");
    step.addHelpText("after", NOTES).action(async (flags: StepFlags) => {
      process.exitCode = await run(name, flags);
    });
  }
}

type StepName =
  | "prepare"
  | "deploy"
  | "fault"
  | "answers"
  | "test"
  | "heal"
  | "conclude"
  | "report"
  | "teardown";

interface StepCommand {
  readonly name: StepName;
  readonly description: string;
  readonly ofClient: boolean;
  readonly json: boolean;
}

const STEPS: readonly StepCommand[] = [
  {
    name: "prepare",
    description:
      "a step of a build: wait for a turn at the farm, make the namespace, say which clients there are",
    ofClient: false,
    json: true,
  },
  {
    name: "deploy",
    description: "a step of a build: install one client's stack, without waiting for it",
    ofClient: true,
    json: false,
  },
  {
    name: "fault",
    description:
      "a step of a build: put in the fault that the seed drew, if this client is its target; it stays until `heal`",
    ofClient: true,
    json: false,
  },
  {
    name: "answers",
    description:
      "whether a client's stack answers that it is ready, several times in a row (exit code 0 or 1)",
    ofClient: true,
    json: false,
  },
  {
    name: "test",
    description: "a step of a build: run one client's slice of the tests",
    ofClient: true,
    json: true,
  },
  {
    name: "heal",
    description: "a step of a build: take the fault out again, whatever became of the steps before",
    ofClient: true,
    json: false,
  },
  {
    name: "conclude",
    description: "a step of a build: leave for the report what one client's steps (FARM_STEPS) came to",
    ofClient: true,
    json: true,
  },
  {
    name: "report",
    description: "a step of a build: a table per client and what the medic did",
    ofClient: false,
    json: true,
  },
  {
    name: "teardown",
    description: "a step of a build: heal, uncordon, remove the namespace; safe to repeat",
    ofClient: false,
    json: false,
  },
];

/** A step of a workflow has them in its environment; each names its variable in the help. */
function buildOptions(): Option[] {
  return [
    new Option("--mode <mode>", "none, misconfig, chaos-recoverable or chaos-unrecoverable").env("FARM_MODE"),
    new Option("--medic <on|off>", "with the medic or without (true and false are understood)").env(
      "FARM_MEDIC",
    ),
    new Option("--clients <number>", "how many clients share the suite (default: 4, at most 8)").env(
      "FARM_CLIENTS",
    ),
    new Option("--target <client>", "whose stack gets the fault (default: drawn from the seed)").env(
      "FARM_TARGET",
    ),
    new Option("--seed <number>", "what target and fault are drawn from (default: the run id)").env(
      "FARM_SEED",
    ),
    new Option("--timeout <seconds>", "how long a client waits (default: 90, with the medic 150)").env(
      "FARM_TIMEOUT",
    ),
    new Option("--runner <pod|local>", "where the suite runs (default: local in a pod, else pod)").env(
      "FARM_RUNNER",
    ),
    new Option("--kubeconfig <file>", "another cluster than the local farm, or than the pod's own").env(
      "FARM_KUBECONFIG",
    ),
  ];
}

/** What they need is loaded when they are called, not before. */
async function run(name: StepName, flags: StepFlags): Promise<number> {
  const { stepCommands } = await import("../../farm/steps/step-commands.ts");
  return stepCommands[name](flags);
}

const NOTES = `
Exit code: 0 done, 1 not, with one sentence that says why, 2 wrong use. In a workflow (GITHUB_ACTIONS=true) it also writes
outputs, summary and annotations. All steps of a build get the same flags. FARM_FAULT_KUBECONFIG: content of the
kubeconfig of the account that may put faults in, where it is another one. See docs/workflow.md.`;
