import type { Hono } from "hono";
import type { AppEnv } from "./app-env.ts";
import { addAsyncRoutes, type AsyncServices } from "./async-routes.ts";
import { addDatalinkRoutes } from "./datalink-routes.ts";
import type { LinksServices } from "./describe-links.ts";
import { addDocsRoutes, type DocsServices } from "./docs-routes.ts";
import { describeService } from "./front-page.ts";
import { addHistoryRoutes, type HistoryServices } from "./history-routes.ts";
import { addResultRoutes, type ResultServices } from "./result-routes.ts";
import { createServiceApp, type ServiceFrame } from "./service-app.ts";
import { addSiaRoutes, type SiaServices } from "./sia-routes.ts";
import { addSyncRoutes, type SyncServices } from "./sync-routes.ts";
import { addUsageRoutes, type UsageServices } from "./usage-routes.ts";
import { addVosiRoutes, type VosiServices } from "./vosi-routes.ts";

export type CutoutAppServices = ServiceFrame & {
  readonly sync: SyncServices;
  readonly async: AsyncServices;
  readonly results: ResultServices;
  readonly links: LinksServices;
  readonly sia: SiaServices;
  readonly vosi: VosiServices;
  readonly history: HistoryServices;
  readonly docs: DocsServices;
  readonly usage: UsageServices;
};

/** The cutout service: SODA now and as jobs, SIA, DataLink, VOSI, and what describes them. */
export function createCutoutApp(services: CutoutAppServices): Hono<AppEnv> {
  return createServiceApp(services, (app) => {
    app.get("/", (c) => c.text(describeService(services.sync.cutouts, c.var.publicUrl)));
    addSyncRoutes(app, services.sync);
    addResultRoutes(app, services.results); // before the jobs', which would take all.zip for a result
    addAsyncRoutes(app, services.async);
    addSiaRoutes(app, services.sia);
    addDatalinkRoutes(app, services.links);
    addVosiRoutes(app, services.vosi);
    addHistoryRoutes(app, services.history);
    addDocsRoutes(app, services.docs);
    addUsageRoutes(app, services.usage);
  });
}
