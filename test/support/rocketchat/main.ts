import { parseArgs } from "node:util";
import { startRocketChatDouble } from "./double.ts";

const HELP = `Usage: node test/support/rocketchat/main.ts [--port 0] [--channel builds]

Runs a stand-in for Rocket.Chat on 127.0.0.1 until it is interrupted, and prints its address and the variables that make
the medic use it, one line of JSON. Read and steer it with GET /double/messages, GET /double/requests,
POST /double/faults and POST /double/reset.
`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    channel: { type: "string", default: "builds" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  const double = await startRocketChatDouble({ port: Number(values.port), channel: values.channel });
  const { url, webhookUrl, env } = double;
  process.stdout.write(`${JSON.stringify({ url, webhookUrl, env })}\n`);
  const stop = (): void => void double.stop();
  process.once("SIGTERM", stop).once("SIGINT", stop);
}
