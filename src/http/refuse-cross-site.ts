import type { MiddlewareHandler } from "hono";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

/**
 * "forbidden" for a request that may change something, is known by nothing but a cookie, and comes from a page of somebody
 * else: a browser sends the cookie whoever asks it to. A token is sent by who has it.
 */
export function refuseCrossSite({
  ownOriginsOf,
}: {
  /** Origins of our services, for a client of the one at `publicUrl`. */
  readonly ownOriginsOf: (publicUrl: string) => readonly string[];
}): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    if (c.var.grant.kind !== "session" || SAFE_METHODS.includes(c.req.method)) return next();
    if (ANSWER_OF_PROVIDER.test(c.req.path)) return next();
    const isOurs = (origin: string | null) => origin !== null && ownOriginsOf(c.var.publicUrl).includes(origin);
    const header = (name: string) => c.req.header(name);
    if (comesFrom(header) === "here" || isOurs(comesFrom(header))) return next();
    throw new ServiceError(
      "forbidden",
      "Cannot take a request that a page of another site may have sent: it needs a token, or has to come from a page of this service",
    );
  };
}

const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"]; // RFC 9110, section 9.2.1

/** The page of a provider of sign-in sends it, maybe from a host beside ours; it is vouched for by its signature, and no cookie. */
const ANSWER_OF_PROVIDER = /^\/saml\/[^/]+\/acs$/;

/** The origin of the page, "here" for one of the address asked, and null where nothing is said, or nothing that is true. */
function comesFrom(header: (name: string) => string | undefined): string | null {
  const origin = header("origin");
  if (origin !== undefined) return originOf(origin);
  // Pages cannot set it: of the address itself, or of the user's own hand.
  const site = header("sec-fetch-site");
  if (site === "same-origin" || site === "none") return "here";
  const referer = header("referer");
  return referer === undefined ? null : originOf(referer);
}

/** null also for "null", which sandboxed pages send. */
function originOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { origin } = new URL(address);
  return origin === "null" ? null : origin;
}
