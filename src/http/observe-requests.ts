import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { ServiceError, type ErrorCode } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import type { LogEntry } from "./log-entry.ts";
import type { Metrics } from "./metrics.ts";
import { redactSecrets } from "./redact-secrets.ts";
import { requestHeader } from "./request-header.ts";
import type { RequestNotes } from "./request-notes.ts";
import { whenEnded, type AnswerEnd } from "./sent-answer.ts";

export type RequestObserver = {
  readonly service: string;
  readonly log: (entry: LogEntry) => void;
  readonly metrics: Metrics;
};

/** One line of the log, and one count in each metric, for each request: when the last byte of its answer is gone, or lost. */
export function observeRequests(observer: RequestObserver): MiddlewareHandler<AppEnv> {
  const routeOf = createRouteReader();
  return async (c, next) => {
    const startedAt = performance.now();
    const notes: RequestNotes = { cost: undefined, runId: undefined, error: undefined };
    c.set("notes", notes);
    let status = 500;
    try {
      await next();
      status = c.res.status;
    } catch (error) {
      notes.error = error; // what is thrown and is no Error gets past `onError`
      throw error;
    } finally {
      const { metrics } = observer;
      metrics.addOpenAnswers(1);
      whenEnded(c, (end) => {
        metrics.addOpenAnswers(-1);
        report(c, observer, { route: routeOf(c), end, status: statusOf(status, end, notes), startedAt });
      });
    }
  };
}

/** For the log: why a request failed, also after its answer has begun, when nobody else can be told. */
export function noteError(c: Context<AppEnv>, error: unknown): void {
  const notes = find(c, "notes"); // nobody looks at a handler that is tried by itself
  if (notes !== undefined) notes.error = error;
}

/** For the log, as `noteError`. */
export function noteFacts(c: Context<AppEnv>, facts: Omit<Partial<RequestNotes>, "error">): void {
  const notes = find(c, "notes");
  if (notes !== undefined) Object.assign(notes, facts);
}

/** One variable, where it has been set; `c.var` would copy all of them first. */
function find<K extends keyof AppEnv["Variables"]>(c: Context<AppEnv>, name: K): AppEnv["Variables"][K] | undefined {
  return c.get(name);
}

/** As nginx counts a client that went away. */
const STATUS_GONE = 499;

function statusOf(status: number, { isWhole }: AnswerEnd, { error }: RequestNotes): number {
  if (isWhole) return status;
  return error !== undefined && status < 400 ? 500 : STATUS_GONE;
}

type Ended = {
  readonly route: string | null;
  readonly end: AnswerEnd;
  readonly status: number;
  readonly startedAt: number;
};

function report(
  c: Context<AppEnv>,
  { service, log, metrics }: RequestObserver,
  { route, end, status, startedAt }: Ended,
): void {
  const milliseconds = performance.now() - startedAt;
  const { method } = c.req;
  const firstByteMilliseconds = end.firstByteAt === null ? null : end.firstByteAt - startedAt;
  if (route !== null && find(c, "rule")?.isProbe !== true) {
    metrics.countRequest({
      handler: route,
      method,
      status,
      seconds: milliseconds / 1000,
      firstByteSeconds: firstByteMilliseconds === null ? null : firstByteMilliseconds / 1000,
      requestBytes: Number(requestHeader(c, "content-length") ?? 0) || 0,
      responseBytes: end.bytes,
    });
  }
  // Whoever is refused at the door has none of some of these.
  const notes = find(c, "notes");
  const user = notes?.signedIn ?? find(c, "user") ?? notes?.identity?.user;
  const grant = find(c, "grant") ?? notes?.identity?.grant;
  const token = grant?.kind === "token" ? grant : undefined;
  if (notes?.error instanceof ServiceError) countRefusal(metrics, notes.error, c);
  log({
    event: "request",
    service,
    method,
    route,
    path: redactSecrets(c.req.path.slice(0, MOST_PATH)),
    status,
    milliseconds,
    firstByteMilliseconds: firstByteMilliseconds ?? undefined,
    bytes: end.bytes,
    requestId: find(c, "requestId"),
    client: find(c, "clientAddress") ?? null,
    user: user?.id,
    grant: grant?.kind,
    token: token?.tokenId,
    actor: token?.actor?.id,
    runId: notes?.runId,
    job: notes?.job,
    cost: notes?.cost,
    code: codeOf(status, notes?.error),
    limit: notes?.error instanceof ServiceError ? notes.error.limit : undefined,
    error: notes?.error,
  });
}

/** What the status says more roughly; a few answers are refusals without an error. */
function codeOf(status: number, error: unknown): ErrorCode | undefined {
  if (status < 400 || status === STATUS_GONE) return undefined;
  if (error instanceof ServiceError) return error.code;
  if (status >= 500) return "internal";
  return status === 401 ? "unauthenticated" : status === 404 ? "not-found" : "usage";
}

function countRefusal(metrics: Metrics, { code, limit }: ServiceError, c: Context<AppEnv>): void {
  if (limit === "guesses") metrics.countSignIn("password", "slowed");
  if (code === "too-many" || code === "over-limit") metrics.countRefusal(code, limit);
  if (code === "unauthenticated" && requestHeader(c, "authorization") !== undefined)
    metrics.countSignIn("token", "refused");
}

const MOST_PATH = 500;

type RouteOf = (c: Context<AppEnv>) => string | null;

/** Tells the pattern that the path was found by, also where the request was refused before its handler; null: there is none. */
function createRouteReader(): RouteOf {
  /** Those that are written as their address is. */
  const known = new Set<string>();
  return (c) => {
    const { path } = c.req;
    if (known.has(path)) return path;
    const route = findRoute(c);
    if (route === path) known.add(path);
    return route;
  };
}

function findRoute(c: Context<AppEnv>): string | null {
  const routes = matchedRoutes(c);
  // What is for all paths, or all below one, has its handler behind it.
  const route = routes.find(({ path }) => !path.endsWith("*")) ?? routes.findLast(({ path }) => !EVERYWHERE.has(path));
  return route?.path ?? null;
}

const EVERYWHERE: ReadonlySet<string> = new Set(["*", "/*"]);
