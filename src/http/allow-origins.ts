import type { Context, MiddlewareHandler, Next } from "hono";
import { setAnswerHeader } from "./answer-header.ts";
import type { AppEnv } from "./app-env.ts";
import { requestHeader } from "./request-header.ts";

const METHODS = "GET, HEAD, POST, DELETE";
const REQUEST_HEADERS = [
  "Authorization, Content-Type, Range, Last-Event-ID, X-Request-Id",
  "If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, If-Range",
].join(", ");
const ANSWER_HEADERS = [
  "ETag, Content-Disposition, Content-Length, Accept-Ranges, Content-Range, Location, Retry-After, X-Request-Id",
  "X-Missing-Images, X-VO-Authenticated, WWW-Authenticate",
  "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, RateLimit-Policy",
].join(", ");
/** How long a browser need not ask again. */
const DAY_SECONDS = "86400";

/**
 * Pages of other origins may read what we answer (Fetch Standard, section 3.2): viewers of the sky, and notebooks in a
 * browser. For all of them in the same words, so that any cache may keep an answer. Whoever signs in sends a token with
 * the request itself: to `*`, a browser gives nothing that was answered to a cookie.
 */
export const allowAllOrigins: MiddlewareHandler<AppEnv> = (c, next) => allow(c, next, "*");

/**
 * The same for pages of our services alone, where not everybody may come in: a browser in a network that may would else
 * carry answers out of it, to whatever page it shows.
 */
export function allowOwnOrigins(ownOriginsOf: (publicUrl: string) => readonly string[]): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    c.header("Vary", "Origin", { append: true });
    const origin = requestHeader(c, "origin");
    if (origin === undefined || !ownOriginsOf(c.get("publicUrl")).includes(origin)) return next();
    return allow(c, next, origin);
  };
}

function allow(c: Context<AppEnv>, next: Next, origin: string): Promise<Response | void> {
  setAnswerHeader(c, "Access-Control-Allow-Origin", origin);
  if (c.req.method === "OPTIONS" && requestHeader(c, "access-control-request-method") !== undefined) {
    c.header("Access-Control-Allow-Methods", METHODS);
    c.header("Access-Control-Allow-Headers", REQUEST_HEADERS);
    c.header("Access-Control-Max-Age", DAY_SECONDS);
    return Promise.resolve(c.body(null, 204));
  }
  setAnswerHeader(c, "Access-Control-Expose-Headers", ANSWER_HEADERS);
  return next();
}
