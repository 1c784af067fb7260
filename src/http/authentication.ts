import type { Context, MiddlewareHandler } from "hono";
import type { Authenticate, Identity } from "../access/authenticate.ts";
import type { AppEnv } from "./app-env.ts";
import { noteFacts } from "./observe-requests.ts";
import { clearSessionCookie, sessionSecretsIn, setSessionCookie, type SessionCookieOptions } from "./session-cookie.ts";

export type IdentifyOptions = {
  readonly authenticate: Authenticate;
  readonly sessionCookie?: SessionCookieOptions | undefined;
};

/** Sets the user and the grant, and tells who was recognised (SSO 2.0: X-VO-Authenticated). */
export function identifyRequests({ authenticate, sessionCookie = {} }: IdentifyOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { identity, session } = await identify(c, authenticate);
    const { user, grant } = identity;
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

/**
 * By the Authorization header, or the first session cookie that is known: a host beside ours, or somebody on the way, may
 * have set others of that name, and a browser tells nothing of where they come from.
 */
async function identify(
  c: Context<AppEnv>,
  authenticate: Authenticate,
): Promise<{ readonly identity: Identity; readonly session: string | undefined }> {
  const { req } = c;
  const authorization = req.header("authorization");
  const onBehalfOf = req.header("x-on-behalf-of");
  const whenKnown = onBehalfOf === undefined ? undefined : (identity: Identity) => noteFacts(c, { identity });
  const [first, ...others] = sessionSecretsIn(req.header("cookie"));
  const identity = await authenticate({ authorization, session: first, onBehalfOf, whenKnown });
  if (authorization === undefined && identity.grant.kind === "none") {
    for (const session of others) {
      const next = await authenticate({ authorization, session, onBehalfOf });
      if (next.grant.kind !== "none") return { identity: next, session };
    }
  }
  return { identity, session: first };
}
