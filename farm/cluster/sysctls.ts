import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Kernel settings that the farm, its kubelets and its kube-proxy change for the whole machine. */
const names = [
  "net/ipv4/ip_forward",
  "net/ipv4/conf/all/route_localnet",
  "net/ipv4/vs/conntrack",
  "net/netfilter/nf_conntrack_tcp_be_liberal",
  "vm/overcommit_memory",
  "vm/panic_on_oom",
  "kernel/panic",
  "kernel/panic_on_oops",
  "kernel/keys/root_maxkeys",
  "kernel/keys/root_maxbytes",
] as const;

const saved = z.object({ bootId: z.string(), values: z.record(z.string(), z.string()) });

/** Notes the settings as they are, unless an earlier farm of this boot noted them before it changed them. */
export async function saveSysctls(file: string): Promise<void> {
  if ((await readSaved(file)) !== undefined) return;
  const values: Record<string, string> = {};
  for (const name of names) {
    const path = join("/proc/sys", name);
    if (existsSync(path)) values[name] = (await readFile(path, "utf8")).trim();
  }
  await writeFile(file, JSON.stringify({ bootId: await bootId(), values }));
}

/** Puts the noted settings back; after a restart of the machine there is nothing to put back. */
export async function restoreSysctls(file: string): Promise<void> {
  const before = await readSaved(file);
  for (const [name, value] of Object.entries(before?.values ?? {})) {
    const path = join("/proc/sys", name);
    const now = (await readFile(path, "utf8").catch(() => value)).trim();
    if (now !== value) await writeFile(path, value);
  }
  await rm(file, { force: true });
}

/** Lets the kernel route between the nodes' pods. */
export async function enableForwarding(): Promise<void> {
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
}

async function readSaved(file: string): Promise<z.infer<typeof saved> | undefined> {
  try {
    const before = saved.parse(JSON.parse(await readFile(file, "utf8")));
    return before.bootId === (await bootId()) ? before : undefined;
  } catch {
    return undefined;
  }
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}
