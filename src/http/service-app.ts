import { Hono, type MiddlewareHandler } from "hono";
import type { Authenticate } from "../access/authenticate.ts";
import { allowOrigins } from "./allow-origins.ts";
import type { AppEnv } from "./app-env.ts";
import { identifyRequests } from "./authentication.ts";
import { beginRequests } from "./begin-requests.ts";
import { answerError } from "./error-response.ts";
import type { LogEntry } from "./log-entry.ts";

export type ServiceFrame = {
  readonly authenticate: Authenticate;
  /** Address of this service as clients see it, where that is not what requests say. */
  readonly publicUrl: string | undefined;
  readonly log: (entry: LogEntry) => void;
  /** What looks at requests, where it is there: see `createServiceApp` for the order. */
  readonly observe?: MiddlewareHandler<AppEnv> | undefined;
  readonly controlNetwork?: MiddlewareHandler<AppEnv> | undefined;
  readonly refuseCrossSite?: MiddlewareHandler<AppEnv> | undefined;
  readonly limitRequests?: MiddlewareHandler<AppEnv> | undefined;
};

/** What all services have in common: who asks, what is not there, and what went wrong. */
export function createServiceApp(frame: ServiceFrame, addRoutes: (app: Hono<AppEnv>) => void): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const uses = [
    beginRequests(frame),
    frame.observe, // what is refused is seen too
    frame.controlNetwork, // whoever may not come in gets to nothing that costs more
    allowOrigins, // before who asks is known: a page is to read a 401 too
    identifyRequests(frame),
    frame.refuseCrossSite,
    frame.limitRequests,
  ];
  for (const use of uses) if (use !== undefined) app.use(use);
  app.get("/health", (c) => c.json({ status: "ok" }));
  addRoutes(app);
  refuseOtherMethods(app);
  app.notFound((c) =>
    c.text(`UsageError: There is nothing at ${c.req.path.slice(0, 200)}: / tells what there is\n`, 404),
  );
  app.onError((error, c) => {
    const { response, status } = answerError(c, error);
    const { requestId, startedAt } = c.var;
    frame.log({ event: "request", status, milliseconds: performance.now() - startedAt, requestId, error });
    return response;
  });
  return app;
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
