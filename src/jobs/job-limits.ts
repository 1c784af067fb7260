/** How much of everything jobs may have. Times are whole numbers of seconds. */
export type JobLimits = {
  /** Results of one job. */
  readonly maxResults: number;
  /** Jobs of one user that wait or run. */
  readonly maxActiveJobs: number;
  /** The same, of all those together who have not signed in. */
  readonly maxActiveAnonymousJobs: number;
  /** Jobs of one user that are kept, in whatever phase. */
  readonly maxJobs: number;
  /** The same, of all those together who have not signed in. */
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
