import { readConfig } from "./config.ts";
import { messageOf } from "./database-error.ts";
import { createLog } from "./log.ts";
import { startServer } from "./server.ts";

const log = createLog();

try {
  const server = await startServer(readConfig(process.env), log);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info("stopping", { signal });
      // Less than the pod's grace period, so that the last line is ours and not the kubelet's kill.
      setTimeout(() => process.exit(0), 4000).unref();
      void server.stop().then(() => log.info("stopped"));
    });
  }
} catch (error) {
  log.error("cannot start", { error: messageOf(error) });
  process.exitCode = 1;
}
