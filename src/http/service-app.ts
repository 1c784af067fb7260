import { Hono, type Context, type MiddlewareHandler } from "hono";
import type { Authenticate } from "../access/authenticate.ts";
import type { AppEnv } from "./app-env.ts";
import { identifyRequests } from "./authentication.ts";
import { beginRequests, type BeginOptions } from "./begin-requests.ts";
import { controlHost, type IsOurHost } from "./control-host.ts";
import { answerError } from "./error-response.ts";
import { addHealthRoute, type HealthServices } from "./health-routes.ts";
import { joinMiddlewares } from "./join-middlewares.ts";
import { KeptRouter } from "./kept-router.ts";
import type { LogEntry } from "./log-entry.ts";
import type { SessionCookieOptions } from "./session-cookie.ts";
import { addMetricsRoute, type MetricsPage } from "./metrics-routes.ts";
import { NO_METRICS, type Metrics } from "./metrics.ts";
import { comesFrom } from "./network-control.ts";
import { noteError, observeRequests } from "./observe-requests.ts";

export type ServiceFrame = BeginOptions & {
  readonly authenticate: Authenticate;
  readonly sessionCookie: SessionCookieOptions;
  readonly log: (entry: LogEntry) => void;
  /** As the log names the service. */
  readonly name?: string | undefined;
  readonly metrics?: Metrics | undefined;
  /** Without one it is well as long as it answers. */
  readonly health?: HealthServices | undefined;
  /** /metrics is not there without. */
  readonly metricsPage?: MetricsPage | undefined;
  /** What looks at requests: see `createServiceApp` for the order. null: nothing does, and that is meant. */
  readonly controlNetwork: MiddlewareHandler<AppEnv> | null;
  readonly refuseCrossSite: MiddlewareHandler<AppEnv> | null;
  readonly limitRequests: MiddlewareHandler<AppEnv> | null;
  readonly requireScopes?: MiddlewareHandler<AppEnv> | undefined;
  readonly limitFailures?: MiddlewareHandler<AppEnv> | undefined;
  /** Lets pages of other origins read answers; null: none may. */
  readonly allowOrigins: MiddlewareHandler<AppEnv> | null;
  /** Asked before what is for certain networks only: all of a service with `controlNetwork`, metrics, and what ails it. */
  readonly isOurHost: IsOurHost;
  /** The answer to what fails before or outside of a handler, where it is not a text; undefined: it is one there. */
  readonly formError?: ((c: Context<AppEnv>, error: unknown) => Response | undefined) | undefined;
};

/** What all services have in common: who asks, what is not there, and what went wrong. */
export function createServiceApp(frame: ServiceFrame, addRoutes: (app: Hono<AppEnv>) => void): Hono<AppEnv> {
  const app = new Hono<AppEnv>({ router: new KeptRouter() });
  const { name = "service", log, metrics = NO_METRICS, isOurHost } = frame;
  app.use(observeRequests({ service: name, log, metrics })); // what is refused is seen too
  const begin = beginRequests(frame);
  // For whoever looks after the service, and for no page of others: /metrics are those of a network.
  if (frame.metricsPage !== undefined) {
    app.get("/metrics", begin);
    addMetricsRoute(app, frame.metricsPage, isOurHost);
  }
  app.get("/health", joinMiddlewares([begin, frame.allowOrigins]));
  addHealthRoute(app, frame.health, (c) => isWatcher(c, frame)); // to any network, and however many requests come
  const uses = [
    begin,
    frame.allowOrigins, // before all refusals: a page is to read a 401, 403 and 429 too
    frame.controlNetwork, // whoever may not come in gets to nothing that costs more
    frame.controlNetwork === null ? null : controlHost(isOurHost),
    frame.limitFailures ?? null,
    identifyRequests(frame),
    frame.refuseCrossSite,
    frame.limitRequests,
    frame.requireScopes ?? null,
  ];
  app.use(joinMiddlewares(uses));
  addRoutes(app);
  refuseOtherMethods(app);
  app.notFound((c) =>
    c.text(`UsageError: There is nothing at ${c.req.path.slice(0, 200)}: / tells what there is\n`, 404),
  );
  app.onError((error, c) => {
    noteError(c, error);
    return frame.formError?.(c, error) ?? answerError(c, error).response;
  });
  return app;
}

/** Who looks after the service, and no page that their browser shows. */
function isWatcher(c: Context<AppEnv>, { metricsPage, isOurHost }: ServiceFrame): boolean {
  if (metricsPage === undefined || c.req.header("origin") !== undefined) return false;
  return comesFrom(metricsPage.allowed, c) && isOurHost(c);
}

/** Where something can be had, and nothing is said of other methods: it is not that there is nothing (RFC 9110, section 15.5.6). */
function refuseOtherMethods(app: Hono<AppEnv>): void {
  const paths = app.routes.filter(({ method }) => method === "GET").map(({ path }) => path);
  for (const path of new Set(paths)) {
    app.all(path, (c) =>
      c.text(`UsageError: Cannot ${c.req.method} ${c.req.path.slice(0, 200)}: it takes GET, HEAD\n`, 405, {
        Allow: "GET, HEAD",
      }),
    );
  }
}
