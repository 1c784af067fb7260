import { ServiceError } from "../errors.ts";
import type { UserReader } from "./accounts/accounts-user.ts";
import type { AuditLog } from "./audit.ts";
import { createActFor } from "./authenticate-act-for.ts";
import { NOBODY, type Identity } from "./identity.ts";
import { isSameSecret } from "./secrets.ts";
import { csrfTokenOf, type Sessions } from "./sessions.ts";
import type { Tokens } from "./tokens/tokens.ts";
import { TEST_USER, type User } from "./user.ts";

/** What a request brings to tell who asks; undefined where it does not. */
export type Credentials = {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** The session cookie. */
  readonly session: string | undefined;
  /** Name of the user in whose name a service asks. */
  readonly onBehalfOf: string | undefined;
  /** Told whose they are before the service is refused to act for somebody else. */
  readonly whenKnown?: ((identity: Identity) => void) | undefined;
};

/**
 * Tells who asks; at once where there are no credentials. "unauthenticated" for credentials that are wrong: they are never
 * taken as none.
 */
export type Authenticate = (credentials: Credentials) => Identity | Promise<Identity>;

/** `Bearer` (RFC 6750), and `Token`, which scripts of before Bearer tokens send. */
const SCHEMES = /^(?:bearer|token) +([\w.~+/-]+=*) *$/i;

export type AuthenticateOptions = {
  readonly tokens: Pick<Tokens, "find">;
  readonly sessions: Pick<Sessions, "find">;
  /** Users by name, in whose name services ask. */
  readonly users: Pick<UserReader, "byName">;
  readonly audit: Pick<AuditLog, "record">;
  /** Lets in one user, "test". */
  readonly testToken: string | undefined;
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
};

/** By the Authorization header where there is one, else by the session cookie. */
export function createAuthenticate(options: AuthenticateOptions): Authenticate {
  const { tokens, sessions, testToken } = options;
  const actFor = createActFor(options);

  async function byToken(authorization: string): Promise<Identity> {
    const given = SCHEMES.exec(authorization)?.[1];
    if (given === undefined) {
      throw new ServiceError("unauthenticated", "Cannot read Authorization: it needs Bearer and a token");
    }
    if (testToken !== undefined && isSameSecret(given, testToken)) return TEST;
    const found = await tokens.find(given);
    if (found === null) {
      throw new ServiceError("unauthenticated", "Cannot use the token: it is not known, is revoked, or has expired");
    }
    const { token } = found;
    const user = withRights(found.user, token.scopes.includes("admin"));
    return { user, grant: { kind: "token", tokenId: token.id, scopes: token.scopes, actor: null } };
  }

  /** One that is not known any more is none: a browser cannot help sending it. */
  async function bySession(secret: string): Promise<Identity> {
    const session = await sessions.find(secret);
    if (session === null) return NOBODY;
    const { id: sessionId, expiresAt, isRenewed } = session;
    const renewedUntil = isRenewed ? expiresAt : null;
    return {
      user: withRights(session.user, true),
      grant: {
        kind: "session",
        sessionId,
        renewedUntil,
        get csrfToken() {
          return csrfTokenOf(secret); // few requests are of forms
        },
      },
    };
  }

  async function byCredentials({ authorization, session, onBehalfOf, whenKnown }: Credentials): Promise<Identity> {
    let identity = NOBODY;
    if (authorization !== undefined) identity = await byToken(authorization);
    else if (session !== undefined) identity = await bySession(session);
    if (onBehalfOf === undefined) return identity;
    whenKnown?.(identity);
    return actFor(identity, onBehalfOf);
  }

  return (credentials) => {
    const { authorization, session, onBehalfOf } = credentials;
    const isNobody = authorization === undefined && session === undefined && onBehalfOf === undefined;
    return isNobody ? NOBODY : byCredentials(credentials);
  };
}

const TEST: Identity = {
  user: TEST_USER,
  grant: { kind: "token", tokenId: "test", scopes: ["read", "jobs"], actor: null },
};

/** An administrator has the rights of one where this is how they came; nobody else ever does. */
function withRights(user: User, mayAdminister: boolean): User {
  return user.role === "admin" && mayAdminister ? { ...user, administers: true } : user;
}
