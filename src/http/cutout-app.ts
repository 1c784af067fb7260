import type { Context, Hono } from "hono";
import type { AppEnv } from "./app-env.ts";
import { addAsyncRoutes, type AsyncServices } from "./async-routes.ts";
import { CUTOUT_RULES } from "./cutout-rules.ts";
import { addDatalinkRoutes, LINKS_INFOS } from "./datalink-routes.ts";
import type { LinksServices } from "./describe-links.ts";
import { addDocsRoutes, type DocsServices } from "./docs-routes.ts";
import { describeService } from "./front-page.ts";
import { addHistoryRoutes, type HistoryServices } from "./history-routes.ts";
import type { ReadableBy } from "./readable-by.ts";
import { addResultRoutes, type ResultServices } from "./result-routes.ts";
import { requireScopes } from "./scopes.ts";
import { createServiceApp, type ServiceFrame } from "./service-app.ts";
import { addSiaRoutes, SIA_INFOS, type SiaServices } from "./sia-routes.ts";
import { addSyncRoutes, type SyncServices } from "./sync-routes.ts";
import { addUsageRoutes, type UsageServices } from "./usage-routes.ts";
import { answerVoTableError } from "./votable-answer.ts";
import { addVosiRoutes, type VosiServices } from "./vosi-routes.ts";

export type CutoutAppServices = ServiceFrame & {
  /** False: nobody but users who are known is answered. */
  readonly anonymous: boolean;
  /** The surveys as who asks may see them. */
  readonly readableBy: ReadableBy;
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

/** Clients of these read VOTables, whatever goes wrong (DALI 1.1, section 4.2). */
const VOTABLE_INFOS = new Map([
  ["/query", SIA_INFOS],
  ["/links", LINKS_INFOS],
]);

function formError(c: Context<AppEnv>, error: unknown): Response | undefined {
  const infos = VOTABLE_INFOS.get(c.req.path);
  return infos === undefined ? undefined : answerVoTableError(c, error, infos);
}

/** The cutout service: SODA now and as jobs, SIA, DataLink, VOSI, and what describes them. */
export function createCutoutApp(services: CutoutAppServices): Hono<AppEnv> {
  const frame = { ...services, rules: CUTOUT_RULES, formError, requireScopes: requireScopes(services) };
  return createServiceApp(frame, (app) => {
    app.get("/", (c) => {
      const { software } = services.sync.cutouts;
      return c.text(describeService({ software, registry: services.readableBy(c.var.user) }, c.var.publicUrl));
    });
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
