import { readFile, writeFile } from "node:fs/promises";
import { configDoc } from "./config-doc.ts";
import { grafanaDashboard } from "./dashboard/grafana.ts";
import { metricsDoc } from "./metrics-doc.ts";
import { playbookDoc } from "./playbook-doc.ts";
import { webhookSchema } from "./webhook-schema.ts";
import { chartReadme, valuesSchema, valuesYaml } from "./values-schema.ts";
import { crdYaml } from "../src/cli/crds.ts";

/** Files that follow from the code: written here, committed, and compared with --check. */
const generated: Readonly<Record<string, () => string>> = {
  "charts/build-medic/README.md": chartReadme,
  "charts/build-medic/crds/incidents.yaml": crdYaml,
  "charts/build-medic/dashboards/build-medic.json": grafanaDashboard,
  "charts/build-medic/values.schema.json": valuesSchema,
  "charts/build-medic/values.yaml": valuesYaml,
  "deploy/grafana/build-medic.json": grafanaDashboard,
  "docs/config.md": configDoc,
  "docs/metrics.md": metricsDoc,
  "docs/playbook.md": playbookDoc,
  "docs/webhook-schema.json": webhookSchema,
};

const unknown = process.argv.slice(2).filter((argument) => argument !== "--check");
if (unknown.length > 0) {
  console.error(
    `gen: ${unknown.join(" ")} is not known; use \`gen\` to write the generated files or \`gen --check\` to compare them`,
  );
  process.exit(2);
}
const check = process.argv.includes("--check");
for (const [path, make] of Object.entries(generated)) {
  const url = new URL(`../${path}`, import.meta.url);
  const content = make();
  const there = await readFile(url, "utf8").catch(() => undefined);
  if (there === content) continue;
  if (check) {
    console.error(`gen: ${path} differs from the code; run \`npm run gen\` and commit it`);
    process.exitCode = 1;
  } else {
    await writeFile(url, content);
    console.log(`wrote ${path}`);
  }
}
