import { sha256 } from "@oslojs/crypto/sha2";
import { constantTimeEqual } from "@oslojs/crypto/subtle";
import { ServiceError } from "../errors.ts";
import type { Scope } from "./tokens.ts";
import { ANONYMOUS, type User } from "./user.ts";

/** What a request brings to tell who asks; undefined where it does not. */
export type Credentials = {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** The session cookie. */
  readonly session: string | undefined;
  /** Name of the user in whose name a service asks. */
  readonly onBehalfOf: string | undefined;
};

export type Identity = { readonly user: User; readonly grant: Grant };

/** By what a user was known. A browser sends a session by itself: what changes something needs more than that. */
export type Grant =
  | { readonly kind: "none" }
  | {
      readonly kind: "session";
      readonly sessionId: string;
      /** What a form of ours carries, and nobody else can know. */
      readonly csrfToken: string;
      /** Set where the session was prolonged, and the cookie has to be, too. */
      readonly renewedUntil: Date | null;
    }
  | {
      readonly kind: "token";
      readonly tokenId: string;
      readonly scopes: readonly Scope[];
      /** The service whose token it is, where it asks in the name of `user`. */
      readonly actor: User | null;
    };

/** Tells who asks. "unauthenticated" for credentials that are wrong: they are never taken as none. */
export type Authenticate = (credentials: Credentials) => Promise<Identity>;

export const NOBODY: Identity = { user: ANONYMOUS, grant: { kind: "none" } };

/** `Bearer` (RFC 6750), and `Token` of the scripts that the service before this one had. */
const SCHEMES = /^(?:bearer|token) +([\w.~+/-]+=*) *$/i;

/** Knows one user, "test", by one token; without a token it knows nobody. */
export function authenticateByToken(token: string | undefined): Authenticate {
  const known = token === undefined ? null : digest(token);
  const identify = ({ authorization }: Credentials): Identity => {
    if (authorization === undefined) return NOBODY;
    const given = SCHEMES.exec(authorization)?.[1];
    if (given === undefined) {
      throw new ServiceError("unauthenticated", "Cannot read Authorization: it needs Bearer and a token");
    }
    if (known !== null && constantTimeEqual(digest(given), known)) return TEST;
    throw new ServiceError("unauthenticated", "Cannot use the token: it is not known, or has expired");
  };
  return (credentials) => new Promise((resolve) => resolve(identify(credentials)));
}

const TEST: Identity = {
  user: { id: "test", name: "test", role: "user", groups: [], limits: {} },
  grant: { kind: "token", tokenId: "test", scopes: ["read", "jobs"], actor: null },
};

/** Comparing digests takes the same time however much of a token is right. */
function digest(token: string): Uint8Array {
  return sha256(new TextEncoder().encode(token));
}
