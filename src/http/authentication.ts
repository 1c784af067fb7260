import type { Context, MiddlewareHandler } from "hono";
import type { Authenticate, Credentials } from "../access/authenticate.ts";
import type { Identity } from "../access/identity.ts";
import { setAnswerHeader } from "./answer-header.ts";
import type { AppEnv } from "./app-env.ts";
import { noteFacts } from "./observe-requests.ts";
import { requestHeader } from "./request-header.ts";
import { clearSessionCookie, sessionSecretsIn, setSessionCookie, type SessionCookieOptions } from "./session-cookie.ts";

export type IdentifyOptions = {
  readonly authenticate: Authenticate;
  readonly sessionCookie?: SessionCookieOptions | undefined;
};

/** Sets the user and the grant, and tells who was recognised (SSO 2.0: X-VO-Authenticated). */
export function identifyRequests({ authenticate, sessionCookie = {} }: IdentifyOptions): MiddlewareHandler<AppEnv> {
  function admit(c: Context<AppEnv>, { identity, session }: Identified): void {
    const { user, grant } = identity;
    c.set("user", user);
    c.set("grant", grant);
    if (user.role !== "anonymous") setAnswerHeader(c, "X-VO-Authenticated", user.name);
    if (session === undefined) return;
    if (grant.kind === "none") clearSessionCookie(c, sessionCookie);
    else if (grant.kind === "session" && grant.renewedUntil !== null) {
      setSessionCookie(c, { ...sessionCookie, secret: session, expiresAt: grant.renewedUntil });
    }
  }

  return (c, next) => {
    const given = credentialsIn(c);
    const identity = authenticate(given);
    // Who brings nothing is nobody, and there is nothing to wait for.
    if (!(identity instanceof Promise)) {
      admit(c, { identity, session: given.session });
      return next();
    }
    return identity
      .then((first) => identify(first, given, authenticate))
      .then((identified) => {
        admit(c, identified);
        return next();
      });
  };
}

type Given = Credentials & {
  /** Session cookies behind the first. */
  readonly others: readonly string[];
};

type Identified = { readonly identity: Identity; readonly session: string | undefined };

function credentialsIn(c: Context<AppEnv>): Given {
  const onBehalfOf = requestHeader(c, "x-on-behalf-of");
  const [session, ...others] = sessionSecretsIn(requestHeader(c, "cookie"));
  return {
    authorization: requestHeader(c, "authorization"),
    session,
    others,
    onBehalfOf,
    whenKnown: onBehalfOf === undefined ? undefined : (identity) => noteFacts(c, { identity }),
  };
}

/**
 * By the Authorization header, or the first session cookie that is known: a host beside ours, or somebody on the way, may
 * have set others of that name, and a browser tells nothing of where they come from.
 */
async function identify(
  first: Identity,
  { authorization, session, others, onBehalfOf }: Given,
  authenticate: Authenticate,
): Promise<Identified> {
  if (authorization === undefined && first.grant.kind === "none") {
    for (const other of others) {
      const identity = await authenticate({ authorization, session: other, onBehalfOf });
      if (identity.grant.kind !== "none") return { identity, session: other };
    }
  }
  return { identity: first, session };
}
