import { answersCommand, deployCommand, faultCommand, healCommand, testCommand } from "./client-commands.ts";
import { concludeCommand, reportCommand, teardownCommand } from "./closing-commands.ts";
import { prepareCommand } from "./prepare.ts";

/** The steps of a build, each a command of `farm`. */
export const stepCommands = {
  prepare: prepareCommand,
  deploy: deployCommand,
  fault: faultCommand,
  answers: answersCommand,
  test: testCommand,
  heal: healCommand,
  conclude: concludeCommand,
  report: reportCommand,
  teardown: teardownCommand,
} as const;
