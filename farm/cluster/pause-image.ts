import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./command.ts";

/** Name of the image that holds each pod's namespaces; it is imported into each node, never pulled. */
export const pauseImage = "docker.io/build-medic/pause:1";

/** Packs the pause program as an OCI image archive, which `ctr images import` takes. Needs `tar`. */
export async function writePauseArchive(program: string, directory: string): Promise<string> {
  const work = join(directory, "pause-image");
  const blobs = join(work, "blobs", "sha256");
  await rm(work, { recursive: true, force: true });
  await mkdir(blobs, { recursive: true });
  await mkdir(join(work, "root"));
  await copyFile(program, join(work, "root", "pause"));
  const layerFile = join(work, "layer.tar");
  await run("tar", [
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "-C",
    join(work, "root"),
    "-cf",
    layerFile,
    "pause",
  ]);
  const layer = await addBlob(await readFile(layerFile));
  const config = await addBlob(
    json({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      config: { Entrypoint: ["/pause"], User: "65535:65535" },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const oci = "application/vnd.oci.image";
  const manifest = await addBlob(
    json({
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: { mediaType: `${oci}.config.v1+json`, ...config },
      layers: [{ mediaType: `${oci}.layer.v1.tar`, ...layer }],
    }),
  );
  const annotations = { "io.containerd.image.name": pauseImage };
  const entry = { mediaType: `${oci}.manifest.v1+json`, ...manifest, annotations };
  await writeFile(join(work, "index.json"), json({ schemaVersion: 2, manifests: [entry] }));
  await writeFile(join(work, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  const archive = join(directory, "pause.tar");
  await run("tar", ["-C", work, "-cf", archive, "oci-layout", "index.json", "blobs"]);
  await rm(work, { recursive: true });
  await stat(archive);
  return archive;

  async function addBlob(content: Buffer): Promise<{ digest: string; size: number }> {
    const hex = createHash("sha256").update(content).digest("hex");
    await writeFile(join(blobs, hex), content);
    return { digest: `sha256:${hex}`, size: content.length };
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
