import { readFile } from "node:fs/promises";
import type { Hono } from "hono";

/** Built by `npm run build:web`; the image holds it built. */
const built = new URL("../../web/dist/", import.meta.url);

const types: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

const notBuilt =
  "The page is not built: run `npm run build:web` in Build Medic's folder and load it again.\n";

/** Serves one of the built pages at `/`, and what it is made of. Their names hold a hash, so a browser may keep those files. */
export function addPage(app: Hono, page: "dashboard" | "console", dist: URL = built): void {
  app.get("/", async (context) => {
    const html = await readFrom(dist, `${page}/index.html`);
    return html === undefined ? context.text(notBuilt, 503) : context.html(html.toString("utf8"));
  });
  app.get("/assets/:name{[A-Za-z0-9_-]+\\.(?:js|css|svg)}", async (context, next) => {
    const name = context.req.param("name");
    const file = await readFrom(dist, `assets/${name}`);
    if (file === undefined) return next();
    return context.body(new Uint8Array(file), 200, {
      "content-type": types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
      "cache-control": "public, max-age=31536000, immutable",
    });
  });
}

async function readFrom(dist: URL, path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(new URL(path, dist));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
