import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { run } from "../../farm/cluster/command.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Everything that is in the repository or about to be, by its path from the root. */
export function repositoryFiles(): readonly string[] {
  const { status, stdout, stderr } = spawnSync("git", ["ls-files", "-co", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  return stdout.split("\n").filter((file) => file !== "");
}

/** The Kubernetes objects in a YAML, JSON or Markdown file: in a page those of its blocks. A chart's templates are no YAML. */
export function manifestsIn(file: string): readonly Manifest[] {
  const text = readFileSync(join(root, file), "utf8");
  if (!file.endsWith(".md")) return manifestsOf(text);
  return [...text.matchAll(/^```(?:ya?ml|json)\n(.*?)^```/gms)].flatMap(([, block = ""]) =>
    manifestsOf(block),
  );
}

export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const object: unknown = document.errors.length > 0 ? undefined : document.toJS();
    return isManifest(object) ? [object] : [];
  });
}

function isManifest(object: unknown): object is Manifest {
  return typeof object === "object" && object !== null && "apiVersion" in object && "kind" in object;
}

export interface Judge {
  readonly kubectl: string;
  readonly kubeconfig: string;
}

/** What the API server has against these objects, unknown fields included; empty when it would take them all. Nothing is stored. */
export function refusalsOf(manifests: readonly Manifest[], { kubectl, kubeconfig }: Judge): string {
  const args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"];
  const { status, stderr } = spawnSync(kubectl, [...args, "--kubeconfig", kubeconfig], {
    input: manifests.map((manifest) => JSON.stringify(manifest)).join("\n---\n"),
    encoding: "utf8",
  });
  if (status === 0) return "";
  return stderr || `kubectl ended with ${status}`;
}

/** A released version of the Prometheus operator, for its own definition of a ServiceMonitor. */
const operator = "github.com/prometheus-operator/prometheus-operator@v0.94.1";
const operatorSum = "h1:QEIb2wenPH+SdMN1xMf8l4Pmj00YYXXI6HlbLlQWkww=";

/** The Prometheus operator's CustomResourceDefinitions by file name, out of its Go module. */
export async function operatorDefinition(name: string): Promise<Manifest> {
  const { Dir, Sum } = JSON.parse(await run("go", ["mod", "download", "-json", operator])) as {
    Dir: string;
    Sum: string;
  };
  assert.equal(Sum, operatorSum, "the module is the one that was looked at");
  const [definition] = manifestsOf(
    readFileSync(
      join(Dir, "example", "prometheus-operator-crd", `monitoring.coreos.com_${name}.yaml`),
      "utf8",
    ),
  );
  assert.ok(definition);
  return definition;
}
