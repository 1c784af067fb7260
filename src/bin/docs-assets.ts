import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ReadDocsAsset } from "../http/docs-routes.ts";

/** What the page at /docs loads of swagger-ui-dist, and nothing else of it. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui.css": "text/css; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

export const readDocsAsset: ReadDocsAsset = async (name) => {
  if (!Object.hasOwn(MEDIA_TYPES, name)) return null;
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  return { bytes: new Uint8Array(await readFile(join(folder, name))), mediaType: MEDIA_TYPES[name] };
};
