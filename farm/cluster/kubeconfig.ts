import { writeFile } from "node:fs/promises";
import type { Certificate } from "./certificates.ts";

export type Credentials = Pick<Certificate, "cert" | "key"> | { readonly token: string };

/** Writes a kubeconfig (JSON, which is YAML) that carries its credentials within, readable for its owner only. */
export async function writeKubeconfig(
  file: string,
  cluster: { readonly server: string; readonly ca: string },
  credentials: Credentials,
): Promise<string> {
  const user =
    "token" in credentials
      ? { token: credentials.token }
      : { "client-certificate-data": base64(credentials.cert), "client-key-data": base64(credentials.key) };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "farm", cluster: { server: cluster.server, "certificate-authority-data": base64(cluster.ca) } },
    ],
    users: [{ name: "farm", user }],
    contexts: [{ name: "farm", context: { cluster: "farm", user: "farm" } }],
    "current-context": "farm",
  };
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
