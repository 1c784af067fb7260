import type { MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { Authenticate } from "../access/authenticate.ts";
import type { AppEnv } from "./app-env.ts";
import { clearSessionCookie, SESSION_COOKIE, setSessionCookie, type SessionCookieOptions } from "./session-cookie.ts";

export type IdentifyOptions = {
  readonly authenticate: Authenticate;
  readonly sessionCookie?: SessionCookieOptions | undefined;
};

/** Sets the user and the grant, and tells who was recognised (SSO 2.0: X-VO-Authenticated). */
export function identifyRequests({ authenticate, sessionCookie = {} }: IdentifyOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const authorization = c.req.header("authorization");
    const session = getCookie(c, SESSION_COOKIE);
    const { user, grant } = await authenticate({ authorization, session, onBehalfOf: c.req.header("x-on-behalf-of") });
    c.set("user", user);
    c.set("grant", grant);
    if (user.role !== "anonymous") c.header("X-VO-Authenticated", user.name);
    if (session !== undefined) {
      if (grant.kind === "none") clearSessionCookie(c, sessionCookie);
      else if (grant.kind === "session" && grant.renewedUntil !== null) {
        setSessionCookie(c, { ...sessionCookie, secret: session, expiresAt: grant.renewedUntil });
      }
    }
    await next();
  };
}
