import type { MiddlewareHandler } from "hono";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import { requestHeader } from "./request-header.ts";

/**
 * "forbidden" for a request that may change something, is known by nothing but a cookie, and comes from a page of somebody
 * else: a browser sends the cookie whoever asks it to. A token is sent by who has it. Where a service is open to certain
 * networks, being in one is as good as a cookie: there a browser has to ask from a page of ours even for nobody. Scripts do
 * not say that they are pages.
 */
export function refuseCrossSite({
  ownOriginsOf,
  isClosed,
}: {
  /** Origins of our services, for a client of the one at `publicUrl`. */
  readonly ownOriginsOf: (publicUrl: string) => readonly string[];
  /** The service is open to certain networks only. */
  readonly isClosed: boolean;
}): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const { kind } = c.get("grant");
    if (kind === "token" || (kind === "none" && !isClosed) || SAFE_METHODS.includes(c.req.method)) return next();
    if (c.get("rule").takesForeignForms) return next();
    const origin = comesFrom((name) => requestHeader(c, name));
    if (origin === "here" || (origin === undefined && kind === "none")) return next();
    if (typeof origin === "string" && ownOriginsOf(c.get("publicUrl")).includes(origin)) return next();
    throw new ServiceError(
      "forbidden",
      "Cannot take a request that a page of another site may have sent: it needs a token, or has to come from a page of this service",
    );
  };
}

const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"]; // RFC 9110, section 9.2.1

/** The origin of the page, "here" for one of the address asked; null: one without a name, undefined: nothing is said. */
function comesFrom(header: (name: string) => string | undefined): string | null | undefined {
  const origin = header("origin");
  if (origin !== undefined) return originOf(origin);
  // Pages cannot set it: of the address itself, or of the user's own hand.
  const site = header("sec-fetch-site");
  if (site === "same-origin" || site === "none") return "here";
  const referer = header("referer");
  if (referer !== undefined) return originOf(referer);
  return site === undefined ? undefined : null;
}

/** null also for "null", which sandboxed pages send. */
function originOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { origin } = new URL(address);
  return origin === "null" ? null : origin;
}
