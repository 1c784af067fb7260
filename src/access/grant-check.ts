import type { RecordsDatabase } from "../db/records-database.ts";
import type { Grant, Identity } from "./identity.ts";
import { TEST_USER, type Role } from "./user.ts";

/** Whether what a user was known by still lets them in, as who they were then. Looks, and prolongs nothing. */
export type GrantHolds = (identity: Identity) => boolean;

/** For answers that go on: a look at the records of some microseconds. Nobody loses what everybody has. */
export function createGrantCheck(
  { sqlite }: RecordsDatabase,
  { now }: { /** Milliseconds since 1970, UTC. */ readonly now: () => number },
): GrantHolds {
  const findToken = sqlite.prepare<[string, number]>(
    `select 1 from api_token join user on user.id = api_token.user_id
     where api_token.id = ? and api_token.revoked_at is null and coalesce(api_token.expires_at, 1e18) > ?
       and user.disabled_at is null`,
  );
  const findSession = sqlite.prepare<[string, number]>("select 1 from session where id = ? and expires_at > ?"); // seconds
  const findRole = sqlite.prepare<[string], Role>("select role from user where id = ? and disabled_at is null").pluck();

  function isKnown(grant: Exclude<Grant, { kind: "none" }>): boolean {
    if (grant.kind === "token") return findToken.get(grant.tokenId, now()) !== undefined;
    return findSession.get(grant.sessionId, now() / 1000) !== undefined;
  }

  return ({ user, grant }) => {
    if (grant.kind === "none" || user.id === TEST_USER.id) return true;
    if (!isKnown(grant)) return false;
    const role = findRole.get(user.id);
    return role !== undefined && (role === "admin" || !user.administers);
  };
}
