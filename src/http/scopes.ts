import type { MiddlewareHandler } from "hono";
import { SCOPES, type Scope } from "../access/tokens/api-token.ts";
import { ServiceError } from "../errors.ts";
import { setAnswerHeader } from "./answer-header.ts";
import type { AppEnv } from "./app-env.ts";
import { challengesOf } from "./challenge.ts";

/** What a resource asks of a token, by method, or that nobody need be known. "session": no token does. */
export type Need = "open" | { readonly reading: Scope; readonly changing: Scope | "session" };

const READ: Need = { reading: "read", changing: "read" };
const OWN: Need = { reading: "read", changing: "jobs" };

/** Resources of the cutout service, by the first step of their path. */
export const CUTOUT_NEEDS: Readonly<Record<string, Need>> = {
  "": "open",
  health: "open",
  metrics: "open", // its network is looked at instead
  capabilities: "open", // VOSI 1.1, section 2: to anonymous requests
  availability: "open",
  docs: "open",
  "openapi.json": "open",
  sync: READ,
  query: READ,
  links: READ,
  examples: READ,
  history: READ,
  account: OWN,
  async: OWN,
};

/** What nobody has said anything of is for nobody without a name, and for no token that may only read. */
const UNKNOWN: Need = { reading: "read", changing: "jobs" };

/**
 * "forbidden", naming the scope, where the token of a request lacks the one that its resource asks for; "unauthenticated"
 * for requests of nobody where anonymous use is switched off. By the path alone: no handler has to remember it.
 */
export function requireScopes(
  needs: Readonly<Record<string, Need>>,
  { anonymous }: { readonly anonymous: boolean },
): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const grant = c.get("grant");
    // What a user is told is for nobody else's cache; a handler may say more.
    if (grant.kind !== "none") setAnswerHeader(c, "Cache-Control", "private");
    if (grant.kind === "session" || (grant.kind === "none" && anonymous)) return next();
    const need = needOf(needs, c.req.path);
    if (need === "open") return next();
    if (grant.kind === "none") {
      throw new ServiceError("unauthenticated", "Cannot answer who is not known: a token or a sign-in is needed");
    }
    const { method } = c.req;
    const isReading = method === "GET" || method === "HEAD" || method === "OPTIONS";
    const scope = isReading ? need.reading : need.changing;
    if (scope === "session") throw noToken(`${method} ${c.req.path.slice(0, 200)}`);
    if (grant.scopes.includes(scope)) return next();
    c.header("WWW-Authenticate", challengesOf(c, { error: "insufficient_scope", scope }));
    throw lackOf(scope, `${method} ${c.req.path.slice(0, 200)}`);
  };
}

/** What is asked of requests of this path. Routes are found by the same letters: nothing of them is decoded here. */
export function needOf(needs: Readonly<Record<string, Need>>, path: string): Need {
  const end = path.indexOf("/", 1);
  const step = end === -1 ? path.slice(1) : path.slice(1, end);
  // What begins with two slashes is not the first page.
  return Object.hasOwn(needs, step) && (step !== "" || path === "/") ? needs[step] : UNKNOWN;
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
