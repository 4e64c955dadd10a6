import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { withLock, type Log } from "./cache.ts";
import { run, tryRun } from "./command.ts";
import { withTicker } from "./progress.ts";

/** Debian packages that real nodes need beyond what every Debian has. */
export const nodePackages = [
  "etcd-server",
  "containerd",
  "runc",
  "containernetworking-plugins",
  "iptables",
  "iproute2",
  "conntrack",
  "docker-registry",
  "openssl",
  "util-linux",
] as const;

/** Debian packages that the control plane alone needs. */
export const controlPlanePackages = ["etcd-server", "openssl", "util-linux"] as const;

/**
 * Installs the Debian packages that are missing, without starting the services that they bring.
 * Throws one sentence that names them when this is no Debian or Ubuntu, or when we are not root.
 */
export async function ensurePackages(
  names: readonly string[],
  { log }: { readonly log: Log },
): Promise<void> {
  let missing = await missingPackages(names);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(
      `these Debian packages are needed: ${missing.join(", ")}; run \`apt-get install ${missing.join(" ")}\` as root (on other systems install the same programs) and try again.`,
    );
  }
  await withLock("apt-get", log, async () => {
    missing = await missingPackages(names);
    if (missing.length > 0) await install(missing, log);
  });
}

async function missingPackages(names: readonly string[]): Promise<string[]> {
  const states = await Promise.all(names.map((name) => isInstalled(name)));
  return names.filter((_, index) => !states[index]);
}

async function isInstalled(name: string): Promise<boolean> {
  const state = await tryRun("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]);
  if (state === "installed") return true;
  // Without dpkg, or with a program from elsewhere, the program itself decides.
  const program = programOf[name];
  return program !== undefined && (await tryRun("/bin/sh", ["-c", `command -v ${program}`])) !== undefined;
}

const programOf: Readonly<Record<string, string>> = {
  "etcd-server": "etcd",
  containerd: "containerd",
  runc: "runc",
  iptables: "iptables",
  iproute2: "ip",
  conntrack: "conntrack",
  openssl: "openssl",
  "util-linux": "setpriv",
  "docker-registry": "docker-registry",
  buildah: "buildah",
  mmdebstrap: "mmdebstrap",
};

async function install(missing: readonly string[], log: Log): Promise<void> {
  const quiet = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const list = missing.join(" ");
  log(`installing Debian packages: ${list}`);
  const removeGuard = await serviceGuard();
  try {
    await withTicker(
      log,
      () => "apt-get update",
      () => run("apt-get", ["update", "-q"], { env: quiet }),
    );
    await withTicker(
      log,
      () => `apt-get install ${list}`,
      () =>
        run(
          "apt-get",
          ["install", "-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", ...missing],
          { env: quiet },
        ),
    );
  } finally {
    await removeGuard();
  }
  await disableServices(missing);
}

/** Where systemd runs, the services of what we installed stay off after the next restart as well. */
async function disableServices(installed: readonly string[]): Promise<void> {
  if (!existsSync("/run/systemd/system")) return;
  const units = installed.flatMap((name) => serviceOf[name] ?? []);
  if (units.length > 0) await tryRun("systemctl", ["disable", "--quiet", ...units]);
}

const serviceOf: Readonly<Record<string, string>> = {
  "etcd-server": "etcd",
  containerd: "containerd",
  "docker-registry": "docker-registry",
};

/**
 * Keeps package scripts from starting system services on their default ports: Debian asks /usr/sbin/policy-rc.d
 * (exit 101 = do not), which we put there only when nobody else has, and only for the time of the installation.
 */
async function serviceGuard(): Promise<() => Promise<void>> {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) return () => Promise.resolve();
  await writeFile(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  return () => rm(policy, { force: true });
}
