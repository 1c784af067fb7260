import type { RecordsDatabase } from "../../db/records-database.ts";
import { countedAs } from "./counted-as.ts";
import type { LimitsOf, LimitsOfAllAnonymous } from "./limits.ts";
import { LIMIT_NAMES, LIMITS, UNITS, type LimitName, type LimitUnit } from "./limit-values.ts";
import type { RequestCounter } from "./rate-limit.ts";
import type { StreamSlots } from "./stream-slots.ts";
import type { Traffic } from "./traffic.ts";
import type { User } from "../user.ts";

/** One limit, and how much of it is used. */
export type UsageLine = {
  readonly name: LimitName;
  /** In a few words. */
  readonly explanation: string;
  readonly unit: LimitUnit;
  /** Infinity: no limit. */
  readonly limit: number;
  /** null where it is about one request or job at a time: there is no use of it now. */
  readonly used: number | null;
  /** When what is used now no longer counts, milliseconds since 1970, UTC; null where time alone does not bring it back. */
  readonly resetsAt: number | null;
  /** With whom the use is shared: of who has not signed in, all with this address, or all there are. */
  readonly sharedWith: "address" | "anonymous" | null;
};

/**
 * In the order of `LIMITS`; what is limited for one address and for all who have not signed in together has a line for
 * each. `address`: the client's, which is who somebody is that has not signed in.
 */
export type UsageOf = (user: User, address: string | null) => readonly UsageLine[];

export type UsageServices = {
  readonly records: RecordsDatabase;
  readonly limitsOf: LimitsOf;
  readonly ofAllAnonymous: LimitsOfAllAnonymous;
  readonly requests: RequestCounter;
  readonly streams: StreamSlots;
  readonly traffic: Traffic;
  /** Requests of a user that wait now. */
  readonly waits: (userId: string) => number;
  readonly now?: () => number;
};

export function createUsageOf(services: UsageServices): UsageOf {
  const { records, limitsOf, ofAllAnonymous, requests, streams, traffic, waits, now = Date.now } = services;
  const { sqlite } = records;
  // Of an owner, and of one address where that is asked for.
  const countJobs = sqlite.prepare<[object], { kept: number; active: number }>(
    `select count(*) as kept, coalesce(sum(phase in ('QUEUED', 'EXECUTING')), 0) as active from job
     where owner = @owner and (@client is null or client = @client) and destruction_at > @now`,
  );
  const findStored = sqlite
    .prepare<[string], number>("select stored_bytes + reserved_bytes from usage where owner = ?")
    .pluck();

  return (user, address) => {
    const isNobody = user.role === "anonymous";
    const key = countedAs(user, address);
    const limits = limitsOf(user);
    const minute = requests.look(key, limits.requestsPerMinute);
    const count = (client: string | null) =>
      countJobs.get({ owner: user.id, client, now: now() }) ?? { kept: 0, active: 0 };
    const jobs = count(isNobody ? key : null);
    const uses: Partial<Record<LimitName, Pick<UsageLine, "used"> & Partial<UsageLine>>> = {
      requestsPerMinute: {
        used: minute.used,
        resetsAt: minute.used === 0 ? null : now() + minute.resetSeconds * 1000,
      },
      streams: { used: streams.used(key) },
      bytesPerDay: { used: traffic.used(key), resetsAt: traffic.resetsAt() },
      waits: { used: waits(user.id), sharedWith: isNobody ? "anonymous" : null },
      jobsActive: { used: jobs.active },
      jobsKept: { used: jobs.kept },
      storedBytes: { used: findStored.get(user.id) ?? 0, sharedWith: isNobody ? "anonymous" : null },
    };
    const ofAll = isNobody ? count(null) : null;
    const all = (name: keyof LimitsOfAllAnonymous, used: number): UsageLine => ({
      ...{ name, explanation: LIMITS[name], unit: UNITS[name], limit: ofAllAnonymous[name] },
      ...{ used, resetsAt: null, sharedWith: "anonymous" },
    });
    return LIMIT_NAMES.flatMap((name): UsageLine[] => {
      const line: UsageLine = {
        name,
        explanation: LIMITS[name],
        unit: UNITS[name],
        limit: limits[name],
        used: null,
        resetsAt: null,
        sharedWith: isNobody && uses[name] !== undefined ? "address" : null,
        ...uses[name],
      };
      if (ofAll === null) return [line];
      if (name === "jobsActive") return [line, all(name, ofAll.active)];
      if (name === "jobsKept") return [line, all(name, ofAll.kept)];
      return [line];
    });
  };
}
