import type { UserReader } from "../accounts/accounts-user.ts";
import { ANONYMOUS } from "../user.ts";
import type { LimitsOf } from "./limits.ts";
import type { LimitValues } from "./limit-values.ts";

/** What the owner of a job may have, as it is on record now. One whom no account knows has what users have. */
export type LimitsOfOwner = (ownerId: string) => LimitValues;

export function createLimitsOfOwner(users: Pick<UserReader, "byId">, limitsOf: LimitsOf): LimitsOfOwner {
  return (ownerId) => limitsOf(ownerId === ANONYMOUS.id ? ANONYMOUS : (users.byId(ownerId) ?? UNKNOWN));
}

const UNKNOWN = { role: "user", limits: {} } as const;
