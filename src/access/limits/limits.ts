import { ROLES, type Role, type User } from "../user.ts";
import type { LimitValues } from "./limit-values.ts";

export type RoleLimits = Readonly<Record<Role, LimitValues>>;

/** What a user may have: of the role, and what is set for the user alone. */
export type LimitsOf = (user: Pick<User, "role" | "limits">) => LimitValues;

export function createLimitsOf(byRole: RoleLimits): LimitsOf {
  return ({ role, limits }) => {
    for (const _ in limits) return { ...byRole[role], ...limits };
    return byRole[role]; // nearly always
  };
}

/** Values that settings of their own give to every role. */
export type CommonLimits = Pick<
  LimitValues,
  "waits" | "syncPixels" | "syncSeconds" | "jobRows" | "jobPixels" | "jobsActive" | "jobsKept"
>;

/** What all who have not signed in have together, beside what one address of theirs may have. */
export type LimitsOfAllAnonymous = Pick<LimitValues, "jobsActive" | "jobsKept">;

const GB = 1e9;
const NONE = Infinity;

/** Those of nobody's requests and jobs are of one address each; what all of them have together is limited beside. */
const OF_EVERYBODY = { requestsPerMinute: 120_000, streams: 256, bytesPerDay: NONE, jobBytes: NONE };

/**
 * One table, role × name. What protects the memory of the service (pixels, seconds, results of one job) is limited for
 * administrators too.
 */
export function limitsByRole(common: CommonLimits, own: Partial<Record<Role, Partial<LimitValues>>> = {}): RoleLimits {
  const everybody = { ...OF_EVERYBODY, ...common };
  const usual: RoleLimits = {
    anonymous: { ...everybody, storedBytes: 100 * GB },
    user: { ...everybody, storedBytes: 100 * GB },
    priority: { ...everybody, requestsPerMinute: 240_000, storedBytes: 1000 * GB },
    admin: {
      ...everybody,
      ...{ requestsPerMinute: NONE, streams: NONE, waits: NONE, jobsActive: NONE, jobsKept: NONE, storedBytes: NONE },
    },
  };
  return Object.fromEntries(ROLES.map((role) => [role, { ...usual[role], ...own[role] }])) as RoleLimits;
}
