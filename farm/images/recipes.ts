import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export type BaseName = "node" | "postgres";
/** What a build is made of. */
export type BuildImageName = "server" | "db" | "suite";
export type ImageName = BuildImageName | "medic";

/** Where an image starts when there is no Docker to pull one: a small Debian made here. */
export interface Base {
  /** Beyond Debian's essential ones. */
  readonly packages: readonly string[];
  /** Files that are put in from this machine, by their path in the image. */
  readonly files: Readonly<Record<string, string>>;
  /** Changes whenever what comes out would. */
  readonly key: string;
}

export interface ImageRecipe {
  readonly base: BaseName;
  /** The folder that is the image's source, with its Containerfile. */
  readonly folder: string;
  /** The files and folders of it that count; left out: all. */
  readonly only?: readonly string[];
  /** Whether `npm ci` belongs to it. */
  readonly npm: boolean;
}

const farm = dirname(import.meta.dirname);

export const buildImageNames: readonly BuildImageName[] = ["server", "db", "suite"];

export const imageRecipes: Readonly<Record<ImageName, ImageRecipe>> = {
  server: { base: "node", folder: join(farm, "server"), npm: true },
  db: { base: "postgres", folder: join(farm, "db"), npm: false },
  suite: { base: "node", folder: join(farm, "suite"), npm: false },
  // The product itself; made only when somebody asks for it.
  medic: {
    base: "node",
    folder: dirname(farm),
    only: ["Containerfile", "LICENSE", "bin", "package-lock.json", "package.json", "src", "web/dist"],
    npm: true,
  },
};

export const debianRelease = "bookworm";

/** The bases with what they are made of on this machine. Throws when the `node` package is not installed. */
export function bases(): Readonly<Record<BaseName, Base>> {
  const nodePackage = createRequire(import.meta.url).resolve("node/package.json");
  const { version } = createRequire(import.meta.url)("node/package.json") as { version: string };
  return {
    node: {
      packages: ["libstdc++6"],
      files: { "usr/local/bin/node": join(dirname(nodePackage), "bin", "node") },
      key: `${debianRelease}-${process.arch}-node-${version}-r1`,
    },
    postgres: {
      packages: ["postgresql-15"],
      files: {},
      key: `${debianRelease}-${process.arch}-postgresql-15-r1`,
    },
  };
}
