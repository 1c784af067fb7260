import type { RecordsDatabase } from "../../db/records-database.ts";
import { isLimitName, type LimitName, type LimitsOf, type LimitValues } from "./limits.ts";
import { ANONYMOUS, type Role } from "../user.ts";

/** What the owner of a job may have, as it is on record now. One whom no account knows has what users have. */
export type LimitsOfOwner = (ownerId: string) => LimitValues;

export function createLimitsOfOwner({ sqlite }: RecordsDatabase, limitsOf: LimitsOf): LimitsOfOwner {
  const findRole = sqlite.prepare<[string], Role>("select role from user where id = ?").pluck();
  const findLimits = sqlite.prepare<[string], { name: string; value: number | null }>(
    "select name, value from user_limit where user_id = ?",
  );
  return (ownerId) => {
    if (ownerId === ANONYMOUS.id) return limitsOf(ANONYMOUS);
    const role = findRole.get(ownerId) ?? "user";
    const limits: Partial<Record<LimitName, number>> = {};
    for (const { name, value } of findLimits.all(ownerId)) if (isLimitName(name)) limits[name] = value ?? Infinity;
    return limitsOf({ role, limits });
  };
}
