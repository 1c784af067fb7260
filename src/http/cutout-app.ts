import { Hono } from "hono";
import { authenticateByToken, type Authenticate } from "../access/authenticate.ts";
import type { AppEnv } from "./app-env.ts";
import { identifyRequests } from "./authentication.ts";
import { answerError } from "./error-response.ts";
import { addSyncRoutes, type SyncServices } from "./sync-routes.ts";

export type CutoutAppServices = SyncServices & {
  /** Address of this service as clients see it, where that is not what requests say. */
  readonly publicUrl?: string | undefined;
  /** Where it is left out, nobody is known, and credentials are refused. */
  readonly authenticate?: Authenticate | undefined;
};

/** The cutout service: SODA's sync resource, and what tells whether the process is well. */
export function createCutoutApp(services: CutoutAppServices): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(
    identifyRequests({
      authenticate: services.authenticate ?? authenticateByToken(undefined),
      publicUrl: services.publicUrl,
    }),
  );
  app.get("/health", (c) => c.json({ status: "ok" }));
  app.get("/", (c) => c.text(describeService(services, c.var.publicUrl)));
  addSyncRoutes(app, services);

  app.notFound((c) =>
    c.text(`UsageError: There is nothing at ${c.req.path}: /sync cuts images, / describes it\n`, 404),
  );
  app.onError((error, c) => {
    const { response, status } = answerError(c, error);
    services.log({ event: "request", status, milliseconds: 0, requestId: c.var.requestId, error });
    return response;
  });
  return app;
}

function describeService({ cutouts }: CutoutAppServices, url: string): string {
  const releases = cutouts.registry.releases.map(
    ({ id, title, bands }) => `  ${id}  ${title}; bands ${bands.map((band) => band.name).join(" ")}\n`,
  );
  return (
    `${cutouts.software}: image cutouts as FITS\n\nReleases:\n${releases.join("")}\n` +
    `A cutout:\n  ${url}/sync?ID=RELEASE&POS=CIRCLE+RA+DEC+RADIUS&FILTER=BAND   (degrees)\n`
  );
}
