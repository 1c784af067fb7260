import { createAuthenticate, type Authenticate } from "../../src/access/authenticate.ts";
import { NOBODY, type Identity } from "../../src/access/identity.ts";
import type { User } from "../../src/access/user.ts";

/** A user of this name, who has what the role has. */
export function testUser(name: string, properties: Partial<User> = {}): User {
  const administers = properties.role === "admin";
  return { id: name, name, role: "user", groups: [], limits: {}, administers, ...properties };
}

/** The user as one comes with a token for everything but administration; nobody comes with nothing. */
export function identityOf(user: User): Identity {
  if (user.role === "anonymous") return NOBODY;
  return { user, grant: { kind: "token", tokenId: "test", scopes: ["read", "jobs"], actor: null } };
}

/** Knows one user, "test", by one token, and nobody else; without a token it knows nobody. */
export function authenticateByToken(testToken: string | undefined): Authenticate {
  const nothing = { find: () => Promise.resolve(null), byName: () => null, record: () => undefined };
  const services = { tokens: nothing, sessions: nothing, users: nothing, audit: nothing };
  return createAuthenticate({ ...services, testToken, now: () => Date.now() });
}
