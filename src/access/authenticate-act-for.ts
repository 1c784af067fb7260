import { ServiceError } from "../errors.ts";
import type { AuditLog } from "./audit.ts";
import type { Identity } from "./identity.ts";
import type { UserReader } from "./accounts/accounts-user.ts";

const HOUR_MILLISECONDS = 3_600_000;
/** Pairs of token and user that are remembered: what is forgotten is only written down once more. */
const MOST_REMEMBERED = 10_000;

export type ActFor = (identity: Identity, name: string) => Identity;

/**
 * Puts the named user in the place of the service that asks. "forbidden" where its token does not let it, and for
 * administrators: a service has no rights of theirs. Each token, user and hour is written down once.
 */
export function createActFor(services: {
  readonly users: Pick<UserReader, "byName">;
  readonly audit: Pick<AuditLog, "record">;
  readonly now: () => number;
}): ActFor {
  const { users, audit, now } = services;
  let hour = 0;
  const written = new Set<string>();

  function isFirstInHour(pair: string): boolean {
    const present = Math.floor(now() / HOUR_MILLISECONDS);
    if (present !== hour || written.size >= MOST_REMEMBERED) written.clear();
    hour = present;
    if (written.has(pair)) return false;
    written.add(pair);
    return true;
  }

  return ({ user: service, grant }, name) => {
    const action = `Cannot act for "${name.slice(0, 100)}"`;
    if (grant.kind === "none") {
      throw new ServiceError("unauthenticated", `${action}: X-On-Behalf-Of needs a token with scope act-for`);
    }
    if (grant.kind !== "token" || !grant.scopes.includes("act-for")) {
      throw new ServiceError("forbidden", `${action}: X-On-Behalf-Of needs a token with scope act-for`);
    }
    const user = users.byName(name.trim());
    if (user === null) throw new ServiceError("forbidden", `${action}: there is no open account of that name`);
    if (user.role === "admin") throw new ServiceError("forbidden", `${action}: nobody acts for an administrator`);
    if (isFirstInHour(`${grant.tokenId} ${user.id}`)) {
      audit.record({
        ...{ actor: service.id, actorName: service.name, action: "acted-for", subject: user.name },
        detail: { user: user.id, token: grant.tokenId },
        address: null,
      });
    }
    const scopes = grant.scopes.filter((scope) => scope !== "admin" && scope !== "act-for");
    return { user, grant: { ...grant, scopes, actor: service } };
  };
}
