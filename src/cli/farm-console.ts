import type { Command } from "commander";

/** Adds `console` to `farm`. What it needs is loaded when it is called, not before. */
export function registerFarmConsole(farm: Command): void {
  farm
    .command("console")
    .description("a web page that starts builds and shows them live, with what the medic does about them")
    .option("--port <port>", "where it listens; 0 takes any free one (default: 8090)")
    .option("--host <address>", "another address than 127.0.0.1; then it asks for a token")
    .option("--new-token", "make the token that it asks for, and print it once (else: CONSOLE_TOKEN)")
    .option("--model <model>", MODEL)
    .option("--kubeconfig <file>", "another cluster than the local farm")
    .addHelpText("after", NOTES)
    .action(async (flags: FlagsOfCli) => {
      const { consoleCommand } = await import("../../farm/console/console-command.ts");
      process.exitCode = await consoleCommand(flags);
    });
}

interface FlagsOfCli {
  readonly port?: string;
  readonly host?: string;
  readonly newToken?: boolean;
  readonly model?: string;
  readonly kubeconfig?: string;
}

const MODEL =
  "what tier 2 is: none, rehearsal (recorded turns) or real (default: real with credentials, else rehearsal)";

const NOTES = `
Builds run on this machine, unless GITHUB_REPOSITORY (owner/name) and GITHUB_TOKEN (Actions: write) are set: then they
are runs of FARM_WORKFLOW (default: build.yml) at FARM_REF (default: main), asked for at GITHUB_API_URL.
The console holds that token; the medic never does.`;
