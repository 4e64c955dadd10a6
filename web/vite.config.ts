import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The pages, each built to files alone: no inline script or style, nothing from elsewhere, names that hold a hash. */
const config = defineConfig({
  root: here("."),
  base: "/",
  publicDir: false,
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    target: ["chrome125", "firefox128", "safari18"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { dashboard: here("dashboard/index.html"), console: here("console/index.html") },
    },
  },
});

// oxlint-disable-next-line import/no-default-export -- vite reads it there
export default config;
