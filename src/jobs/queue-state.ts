import type { RecordsDatabase } from "../db/records-database.ts";
import { COLLECTOR } from "./collector-records.ts";
import { JOB_PHASES, type JobPhase } from "./job.ts";

/** What waits and what runs, for whoever is to see it: administrators, metrics and health. Instants are milliseconds since 1970. */
export type QueueReader = {
  /** Jobs in each phase. */
  phases(now: number): Readonly<Record<JobPhase, number>>;
  /** Of results no more than `mostResults` of each kind are counted. */
  queue(now: number, limits?: { readonly mostResults: number }): QueueState;
  /** Processes that work on jobs, and have been heard of lately. */
  workers(now: number): number;
};

export type QueueState = {
  readonly waitingJobs: number;
  readonly runningJobs: number;
  readonly waitingResults: number;
  readonly runningResults: number;
  /** Of the job that waits longest; null: none waits. */
  readonly oldestQueuedAt: number | null;
};

/** A job that is being made has no owner yet (job-records.ts), and one whose time is over waits for the collector only. */
export const WHOLE_JOB = "owner <> '' and destruction_at > @now";
const NOT_WHOLE_JOB = "(owner = '' or destruction_at <= @now)";

/** By statements that are prepared once. `leaseSeconds`: a worker that was not heard of for so long is dead. */
export function createQueueReader(
  { sqlite }: RecordsDatabase,
  { leaseSeconds }: { readonly leaseSeconds: number },
): QueueReader {
  // By their indices alone: all jobs, and the few that do not count.
  const all = sqlite.prepare<[], InPhase>("select phase, count(*) as jobs from job group by phase");
  const others = sqlite.prepare<[object], InPhase>(
    `select phase, count(*) as jobs from job where ${NOT_WHOLE_JOB} group by phase`,
  );
  const inQueue = sqlite.prepare<[object], Pick<QueueState, "waitingJobs" | "runningJobs" | "oldestQueuedAt">>(
    `select coalesce(sum(phase = 'QUEUED'), 0) as waitingJobs, coalesce(sum(phase = 'EXECUTING'), 0) as runningJobs,
       min(case when phase = 'QUEUED' then queued_at end) as oldestQueuedAt
     from job where phase in ('QUEUED', 'EXECUTING') and ${WHOLE_JOB}`,
  );
  const results = sqlite
    .prepare<[object], number>(
      `select count(*) from (
         select 1 from job cross join job_result r
         where phase in ('QUEUED', 'EXECUTING') and ${WHOLE_JOB} and r.job_id = job.id and r.state = @state limit @most)`,
    )
    .pluck();
  const workers = sqlite
    .prepare<[number], number>(`select count(*) from worker where heartbeat_at > ? and id <> '${COLLECTOR}'`)
    .pluck();

  return {
    phases(now) {
      const counts = new Map(all.all().map(({ phase, jobs }) => [phase, jobs]));
      for (const { phase, jobs } of others.all({ now })) counts.set(phase, (counts.get(phase) ?? 0) - jobs);
      return Object.fromEntries(JOB_PHASES.map((phase) => [phase, counts.get(phase) ?? 0])) as Record<JobPhase, number>;
    },
    queue(now, { mostResults } = ALL_RESULTS) {
      const jobs = inQueue.get({ now }) ?? { waitingJobs: 0, runningJobs: 0, oldestQueuedAt: null };
      const count = (state: string) => results.get({ now, state, most: mostResults }) ?? 0;
      return { ...jobs, waitingResults: count("WAITING"), runningResults: count("RUNNING") };
    },
    workers: (now) => workers.get(now - leaseSeconds * 1000) ?? 0,
  };
}

type InPhase = { readonly phase: JobPhase; readonly jobs: number };

/** SQLite's for no limit. */
const ALL_RESULTS = { mostResults: -1 };
