import { createHash } from "node:crypto";
import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../../src/db/records-database.ts";
import { ServiceError } from "../../src/errors.ts";
import { createJobService, type JobServices } from "../../src/jobs/create-job-service.ts";
import { createJobChanges } from "../../src/jobs/job-changes.ts";
import type { JobLimits } from "../../src/jobs/job-limits.ts";
import type { JobService } from "../../src/jobs/job-service.ts";
import type { ParameterList } from "../../src/jobs/job.ts";
import type { ResultStore } from "../../src/storage/result-store.ts";
import { testUser } from "./users.ts";

export const ANA = testUser("ana", { name: "Ana" });
export const BEN = testUser("ben", { name: "Ben" });

export const SECOND = 1000;
export const DAY = 86_400 * SECOND;

/** What every owner may have, beside what jobs may. */
export type TestLimits = Omit<JobLimits, "of"> & {
  readonly maxResults: number;
  readonly maxActiveJobs: number;
  readonly maxJobs: number;
  readonly storedBytes?: number;
};

export const LIMITS: TestLimits = {
  maxResults: 2000,
  maxActiveJobs: 5,
  maxActiveAnonymousJobs: 3,
  maxJobs: 20,
  maxAnonymousJobs: 10,
  lifetimeSeconds: (14 * DAY) / SECOND,
  maxExtensions: 2,
  executionDurationSeconds: 0,
  maxExecutionDurationSeconds: 0,
};

export type JobServicesUnderTest = JobServices & {
  readonly jobs: JobService;
  readonly results: MemoryResults;
  /** Its `value` is what `now` tells. */
  readonly clock: { value: number };
  close(): void;
};

/** A job service over records in memory, or in `path`, with a clock that stands still, and files in memory. */
export function jobServices(
  changes: Partial<Omit<JobServices, "limits">> & { readonly path?: string; readonly limits?: TestLimits } = {},
): JobServicesUnderTest {
  const { path = ":memory:", limits = LIMITS, ...given } = changes;
  const records = given.records ?? openTestRecords(path);
  const clock = { value: Date.UTC(2026, 0, 1) };
  const services = {
    records,
    results: memoryResults(),
    changes: createJobChanges({ records, pollMilliseconds: 20 }),
    expand: expandValues,
    limits: jobLimits(limits),
    now: () => clock.value,
    clock,
    ...given,
  } as Omit<JobServicesUnderTest, "jobs" | "close">;
  return { ...services, jobs: createJobService(services), close: () => records.close() };
}

function jobLimits({ maxResults, maxActiveJobs, maxJobs, storedBytes = Infinity, ...limits }: TestLimits): JobLimits {
  const of = () => ({ jobRows: maxResults, jobsActive: maxActiveJobs, jobsKept: maxJobs, storedBytes });
  return { ...limits, of };
}

export function openTestRecords(path = ":memory:"): RecordsDatabase {
  const records = openRecordsDatabase(path);
  migrateRecords(records);
  return records;
}

/** A result for each CIRCLE, or each row of a list; ID=none cannot be expanded. */
export const expandValues: JobServices["expand"] = (parameters, rows) => {
  if (parameters.some(([name, value]) => name === "ID" && value === "none")) {
    return Promise.reject(new ServiceError("usage", 'Cannot find release "none"'));
  }
  const places =
    rows === null
      ? parameters.filter(([name]) => name === "CIRCLE").map(([, value]) => ({ rowNumber: null, value }))
      : rows.map(({ number, position }) => ({
          rowNumber: number,
          value: `${position.raDegrees} ${position.decDegrees} 1`,
        }));
  return Promise.resolve(places.map(({ rowNumber, value }) => ({ rowNumber, recipe: [["CIRCLE", value]] })));
};

/** Parameters of a job with so many results. */
export function circles(results: number): ParameterList {
  return Array.from({ length: results }, (_, i) => ["CIRCLE", `${i} 0 1`] as const);
}

export type MemoryResults = ResultStore & { readonly files: Map<string, Uint8Array> };

/** Files by `{jobId}/{name}`. */
export function memoryResults(): MemoryResults {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    async write(jobId, name, body, signal) {
      const bytes = new Uint8Array(await new Response(body as BodyInit).arrayBuffer());
      signal.throwIfAborted();
      files.set(`${jobId}/${name}`, bytes);
      return { byteLength: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
    },
    open: () => Promise.reject(new Error("Not in memory")),
    remove: (jobId, name) => Promise.resolve(void files.delete(`${jobId}/${name}`)),
    removeJob(jobId) {
      for (const key of files.keys()) if (key.startsWith(`${jobId}/`)) files.delete(key);
      return Promise.resolve();
    },
    async *listJobs() {},
    listFiles: (jobId) =>
      Promise.resolve(
        [...files.keys()]
          .filter((key) => key.startsWith(`${jobId}/`))
          .map((key) => ({ name: key.slice(jobId.length + 1), partial: false })),
      ),
    removePartial: () => Promise.resolve(0),
  };
}
