import type { RequestOptions } from "node:https";
import type { KubeUser } from "./kubeconfig-file.ts";

/** What a credential plugin or provider gives: a header or a client certificate. Rejects when it fails. */
export interface PluginCredentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Runs credential plugins (`exec`) and providers (OpenID Connect) through the Kubernetes client, which keeps what they
 * give until it expires. The client costs 85 MB and a second to load, so only users with a plugin pay for it.
 */
export async function loadPlugin(
  plugin: NonNullable<KubeUser["plugin"]>,
): Promise<() => Promise<PluginCredentials>> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: "cluster", server: "https://localhost", skipTLSVerify: false },
    { name: "user", ...plugin },
  );
  return async () => {
    const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    await config.applyToHTTPSOptions(options);
    const { cert, key, headers } = options;
    return {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]),
      ),
      ...(typeof cert === "string" ? { cert } : {}),
      ...(typeof key === "string" ? { key } : {}),
    };
  };
}
