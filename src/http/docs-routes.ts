import type { Hono } from "hono";
import { ServiceError } from "../errors.ts";
import { apiDocsPage, SHOW_API_DOCS } from "../web/api-docs-page.ts";
import type { AppEnv } from "./app-env.ts";

/** A file of the viewer that the page loads; null for one that it has no business with. */
export type ReadDocsAsset = (name: string) => Promise<DocsAsset | null>;
export type DocsAsset = { readonly bytes: Uint8Array<ArrayBuffer>; readonly mediaType: string };

export type DocsServices = {
  /** The OpenAPI document, for a service at this address. */
  readonly describeApi: (publicUrl: string) => Promise<object>;
  readonly readDocsAsset: ReadDocsAsset;
};

/** Styles are set by the viewer's scripts; nothing is loaded from, or sent to, anywhere else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** The OpenAPI document, and a page that shows it. */
export function addDocsRoutes(app: Hono<AppEnv>, { describeApi, readDocsAsset }: DocsServices): void {
  app.get("/openapi.json", async (c) => c.json(await describeApi(c.var.publicUrl)));

  app.get("/docs", (c) => {
    c.header("Content-Security-Policy", POLICY);
    return c.html(apiDocsPage({ title: "recorte: image cutouts" }));
  });

  app.get("/docs/show.js", (c) => c.body(SHOW_API_DOCS, 200, { "Content-Type": "text/javascript; charset=utf-8" }));

  app.get("/docs/:name", async (c) => {
    const asset = await readDocsAsset(c.req.param("name"));
    if (asset === null) throw new ServiceError("not-found", `Cannot find ${c.req.path.slice(0, 200)}`);
    return c.body(asset.bytes, 200, { "Content-Type": asset.mediaType, "Cache-Control": "max-age=86400" });
  });
}
