import { join } from "node:path";
import { run } from "../cluster/command.ts";
import { layoutTag } from "./buildah.ts";

const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];

/** Whether the registry (host:port, plain HTTP) has that image. Throws one sentence when it does not answer. */
export async function registryHas(registry: string, repository: string, tag: string): Promise<boolean> {
  const url = `http://${registry}/v2/${repository}/manifests/${tag}`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: "HEAD",
      headers: { accept: manifestTypes.join(", ") },
      signal: AbortSignal.timeout(10_000),
    });
  } catch (error) {
    throw new Error(
      `no registry answers at http://${registry}; start the farm with \`build-medic farm up\`.`,
      {
        cause: error,
      },
    );
  }
  if (response.status === 200) return true;
  if (response.status === 404) return false;
  throw new Error(`the registry at http://${registry} answered ${response.status} for ${repository}:${tag}.`);
}

/** Copies an OCI layout into the registry as it is. */
export async function pushLayout(layout: string, reference: string): Promise<void> {
  await run("skopeo", [
    "--insecure-policy",
    "copy",
    "--quiet",
    "--preserve-digests",
    "--dest-tls-verify=false",
    `oci:${join(layout)}:${layoutTag}`,
    `docker://${reference}`,
  ]);
}
