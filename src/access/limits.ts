/** Everything that is limited, by role and by user. */
export const LIMITS = {
  requestsPerMinute: "Requests a minute",
  streams: "Answers that are being sent at a time",
  bytesPerDay: "Bytes sent in a day (UTC)",
  waits: "Requests that wait for a job or follow its events at a time",
  syncPixels: "Pixels of one synchronous cutout, over all its images",
  syncSeconds: "Seconds that a synchronous cutout may be expected to take",
  jobRows: "Results of one job",
  jobPixels: "Pixels of one result of a job, over all its images",
  jobBytes: "Bytes of all results of one job",
  jobsActive: "Jobs that wait or run",
  jobsKept: "Jobs that are kept, in whatever phase",
  storedBytes: "Bytes of results that are kept",
} as const;

export type LimitName = keyof typeof LIMITS;

/** Infinity: no limit. */
export type LimitValues = Readonly<Record<LimitName, number>>;
