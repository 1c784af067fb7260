import type { LimitValues } from "../access/limits/limit-values.ts";

/** How much of everything jobs may have. Times are whole numbers of seconds. */
export type JobLimits = {
  /**
   * What one owner may have, by user id. Of who has not signed in, jobs are of one address, and bytes of all together.
   */
  readonly of: (ownerId: string) => OwnerLimits;
  /** Jobs that wait or run, of all those together who have not signed in. */
  readonly maxActiveAnonymousJobs: number;
  /** Jobs that are kept, in whatever phase, of all those together who have not signed in. */
  readonly maxAnonymousJobs: number;
  /** How long a job is kept from its creation on, and how much longer with each extension. */
  readonly lifetimeSeconds: number;
  /** How often its destruction may be put off. */
  readonly maxExtensions: number;
  /** How long a job may run; 0: as long as it takes. */
  readonly executionDurationSeconds: number;
  /** The longest that its owner may ask for; 0: as long as it takes. */
  readonly maxExecutionDurationSeconds: number;
};

export type OwnerLimits = Pick<LimitValues, "jobRows" | "jobsActive" | "jobsKept" | "storedBytes">;
