import type { MiddlewareHandler } from "hono";
import { SCOPES, type Scope } from "../access/tokens/api-token.ts";
import { ServiceError } from "../errors.ts";
import { setAnswerHeader } from "./answer-header.ts";
import type { AppEnv } from "./app-env.ts";
import { challengesOf } from "./challenge.ts";

/**
 * "forbidden", naming the scope, where the token of a request lacks the one that its route asks for; "unauthenticated"
 * for requests of nobody where anonymous use is switched off. By the path alone: no handler has to remember it.
 */
export function requireScopes({ anonymous }: { readonly anonymous: boolean }): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const grant = c.get("grant");
    // What a user is told is for nobody else's cache; a handler may say more.
    if (grant.kind !== "none") setAnswerHeader(c, "Cache-Control", "private");
    if (grant.kind === "session" || (grant.kind === "none" && anonymous)) return next();
    const { needs } = c.get("rule");
    if (needs === "open") return next();
    if (grant.kind === "none") {
      throw new ServiceError("unauthenticated", "Cannot answer who is not known: a token or a sign-in is needed");
    }
    const { method } = c.req;
    const isReading = method === "GET" || method === "HEAD" || method === "OPTIONS";
    const scope = isReading ? needs.reading : needs.changing;
    if (scope === "session") throw noToken(`${method} ${c.req.path.slice(0, 200)}`);
    if (grant.scopes.includes(scope)) return next();
    c.header("WWW-Authenticate", challengesOf(c, { error: "insufficient_scope", scope }));
    throw lackOf(scope, `${method} ${c.req.path.slice(0, 200)}`);
  };
}

function noToken(what: string): ServiceError {
  return new ServiceError("forbidden", `Cannot ${what} by a token: somebody has to sign in`);
}

function lackOf(scope: Scope, what: string): ServiceError {
  return new ServiceError(
    "forbidden",
    `Cannot ${what}: it needs a token with scope ${scope} (${SCOPES[scope].toLowerCase()})`,
  );
}
