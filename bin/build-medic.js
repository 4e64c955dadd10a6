#!/usr/bin/env node
// Starts build-medic with a Node.js that runs TypeScript as it is (24.12 or newer): this one when it is new
// enough, else the one that npm installed into the project.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const bundled = fileURLToPath(new URL("../node_modules/node/bin/node", import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const recent = major > 24 || (major === 24 && minor >= 12);

if (recent) {
  // Half the memory and a quarter of the start-up time: the type stripper is not loaded for files in the cache.
  nodeModule.enableCompileCache();
  process.argv[1] = main;
  await import(main);
} else if (existsSync(bundled)) {
  const child = spawn(bundled, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
} else {
  console.error(
    `build-medic: Node.js ${process.versions.node} is too old (24.12 or newer is needed); run \`npm install\` in the project, which installs one.`,
  );
  process.exit(2);
}
