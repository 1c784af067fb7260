import { createLimitsOf, limitsByRole, type LimitsOf, type RoleLimits } from "../access/limits/limits.ts";
import { createRequestCounter } from "../access/limits/rate-limit.ts";
import { createStreamSlots, type StreamSlots } from "../access/limits/stream-slots.ts";
import { createTraffic } from "../access/limits/traffic.ts";
import { createUsageOf, type UsageOf } from "../access/limits/usage.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { RequestLimits } from "../http/limit-requests.ts";
import type { Configuration } from "./configuration.ts";
import { createLog } from "./log.ts";

/** What all services of this process count together: one of it a process. */
export type LimitServices = RequestLimits & {
  readonly waits: StreamSlots;
  readonly usageOf: UsageOf;
  /** Before the records are closed. */
  close(): void;
};

/** Some 700 bytes each. */
const MAX_CLIENTS = 20_000;

export function createLimitServices(configuration: Configuration, records: RecordsDatabase): LimitServices {
  const { limitsOf } = readLimits(configuration);
  const ofAllAnonymous = {
    jobsActive: configuration.jobMaxActiveAnonymous,
    jobsKept: configuration.jobMaxKeptAnonymous,
  };
  const log = createLog(configuration.log);
  const requests = createRequestCounter({ maxKeys: MAX_CLIENTS });
  const [streams, waits] = [createStreamSlots(), createStreamSlots()];
  const traffic = createTraffic(records, {
    onFailure: (error) => log({ event: "fault", what: "count bytes sent", error }),
  });
  const usageOf = createUsageOf({
    ...{ records, limitsOf, ofAllAnonymous, requests, streams, traffic },
    waits: (user) => waits.used(user),
  });
  return { limitsOf, requests, streams, traffic, waits, usageOf, close: () => traffic.close() };
}

/** The one table of limits, as the configuration has it. */
export function readLimits(configuration: Configuration): { byRole: RoleLimits; limitsOf: LimitsOf } {
  const byRole = limitsByRole(
    {
      waits: configuration.waitMaxRequests,
      syncPixels: configuration.syncMaxPixels,
      syncSeconds: configuration.syncMaxSeconds,
      jobRows: configuration.jobMaxResults,
      jobPixels: configuration.jobMaxPixels,
      jobsActive: configuration.jobMaxActive,
      jobsKept: configuration.jobMaxKept,
    },
    {
      anonymous: configuration.limitsAnonymous,
      user: configuration.limitsUser,
      priority: configuration.limitsPriority,
      admin: configuration.limitsAdmin,
    },
  );
  return { byRole, limitsOf: createLimitsOf(byRole) };
}
