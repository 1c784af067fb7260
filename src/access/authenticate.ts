import { sha256 } from "@oslojs/crypto/sha2";
import { constantTimeEqual } from "@oslojs/crypto/subtle";
import { ServiceError } from "../errors.ts";
import { ANONYMOUS, type User } from "./user.ts";

/** The Authorization header of a request; undefined where there is none. */
export type Credentials = { readonly authorization: string | undefined };

/** Tells who asks. "unauthenticated" for credentials that are wrong: they are never taken as none. */
export type Authenticate = (credentials: Credentials) => Promise<User>;

/** `Bearer` (RFC 6750), and `Token` of the scripts that the service before this one had. */
const SCHEMES = /^(?:bearer|token) +([\w.~+/-]+=*) *$/i;

/** Knows one user, "test", by one token; without a token it knows nobody. */
export function authenticateByToken(token: string | undefined): Authenticate {
  const known = token === undefined ? null : digest(token);
  const identify = ({ authorization }: Credentials): User => {
    if (authorization === undefined) return ANONYMOUS;
    const given = SCHEMES.exec(authorization)?.[1];
    if (given === undefined) {
      throw new ServiceError("unauthenticated", "Cannot read Authorization: it needs Bearer and a token");
    }
    if (known !== null && constantTimeEqual(digest(given), known)) return { id: "test", name: "test", role: "user" };
    throw new ServiceError("unauthenticated", "Cannot use the token: it is not known, or has expired");
  };
  return (credentials) => new Promise((resolve) => resolve(identify(credentials)));
}

/** Comparing digests takes the same time however much of a token is right. */
function digest(token: string): Uint8Array {
  return sha256(new TextEncoder().encode(token));
}
