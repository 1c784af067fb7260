import type { RecordsDatabase } from "../db/records-database.ts";
import { JOB_PHASES, type JobPhase } from "./job.ts";
import { WHOLE_JOB, type QueueReader, type QueueState } from "./queue-state.ts";

/** What administrators see of everybody's jobs. Reads only; each takes milliseconds with a hundred thousand results. */
export type JobOverview = {
  /** Phases that there are jobs in. */
  phases(): readonly { readonly phase: JobPhase; readonly jobs: number }[];
  /** With the processes that work on it. */
  queue(): QueueState & { readonly workers: number };
  /** Newest first. */
  list(query: OverviewQuery): readonly OverviewJob[];
  find(id: string): OverviewJob | null;
  /** Sums over all owners, and the owners with most. */
  stored(most: number): StoredState;
  /** Newest first: jobs and results that failed, and requests that the service failed. */
  errors(last: number): readonly ErrorRecord[];
};

export type OverviewQuery = {
  readonly phase?: JobPhase | undefined;
  /** User id. */
  readonly owner?: string | undefined;
  /** Jobs made before this one. */
  readonly before?: string | undefined;
  readonly last: number;
};

/** Owner and actor are user ids. Instants are milliseconds since 1970. */
export type OverviewJob = {
  readonly id: string;
  readonly owner: string;
  readonly actor: string | null;
  readonly runId: string | null;
  readonly phase: JobPhase;
  readonly createdAt: number;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly results: number;
  readonly doneResults: number;
  readonly failedResults: number;
  readonly storedBytes: number;
  readonly errorMessage: string | null;
};

export type StoredState = {
  readonly storedBytes: number;
  /** For results under way. */
  readonly reservedBytes: number;
  readonly largest: readonly { readonly owner: string; readonly storedBytes: number }[];
};

export type ErrorRecord = {
  readonly at: number;
  readonly owner: string;
  readonly what: "job" | "result" | "request";
  /** Job id, or the address that was asked for. */
  readonly subject: string;
  readonly message: string;
};

/** The latest rows of long tables, among which errors are looked for. */
const LATEST_ROWS = 20_000;

const JOB_COLUMNS = `id, owner, actor, run_id as runId, phase, created_at as createdAt, queued_at as queuedAt,
  started_at as startedAt, ended_at as endedAt, error_message as errorMessage,
  (select count(*) from job_result where job_id = job.id) as results,
  (select count(*) from job_result where job_id = job.id and state = 'DONE') as doneResults,
  (select count(*) from job_result where job_id = job.id and state = 'FAILED') as failedResults,
  (select coalesce(sum(byte_length), 0) from job_result where job_id = job.id and state = 'DONE') as storedBytes`;

/** `now`: milliseconds since 1970. */
export function createJobOverview(
  { sqlite }: RecordsDatabase,
  { queue, now }: { readonly queue: QueueReader; readonly now: () => number },
): JobOverview {
  const list = sqlite.prepare<[object], OverviewJob>(
    `select ${JOB_COLUMNS} from job
     where ${WHOLE_JOB} and (@phase is null or phase = @phase) and (@owner is null or owner = @owner)
       and (@before is null or (created_at, id) < (select created_at, id from job where id = @before))
     order by created_at desc, id desc limit @last`,
  );
  const find = sqlite.prepare<[object], OverviewJob>(`select ${JOB_COLUMNS} from job where id = @id and ${WHOLE_JOB}`);
  const stored = sqlite.prepare<[], Omit<StoredState, "largest">>(
    `select coalesce(sum(stored_bytes), 0) as storedBytes, coalesce(sum(reserved_bytes), 0) as reservedBytes from usage`,
  );
  const largest = sqlite.prepare<[number], { owner: string; storedBytes: number }>(
    `select owner, stored_bytes as storedBytes from usage where stored_bytes > 0
     order by stored_bytes desc, owner limit ?`,
  );
  const errors = sqlite.prepare<[object], ErrorRecord>(
    `select * from (
       select ended_at as at, owner, 'job' as what, id as subject, coalesce(error_message, 'Error') as message
       from job where phase = 'ERROR' and ended_at is not null and ${WHOLE_JOB} order by ended_at desc limit @last)
     union all select * from (
       select job_result.ended_at, owner, 'result', job_id || '/' || number, coalesce(job_result.error_message, 'Error')
       from job_result join job on job.id = job_id
       where job_result.id > (select coalesce(max(id), 0) from job_result) - ${LATEST_ROWS} and state = 'FAILED'
         and job_result.ended_at is not null and ${WHOLE_JOB} order by job_result.ended_at desc limit @last)
     union all select * from (
       select started_at, owner, 'request', 'status ' || status, coalesce(error, 'Error')
       from sync_request where id > (select coalesce(max(id), 0) from sync_request) - ${LATEST_ROWS} and status >= 500
       order by id desc limit @last)
     order by at desc limit @last`,
  );

  return {
    phases() {
      const jobs = queue.phases(now());
      return JOB_PHASES.filter((phase) => jobs[phase] > 0).map((phase) => ({ phase, jobs: jobs[phase] }));
    },
    queue: () => ({ ...queue.queue(now()), workers: queue.workers(now()) }),
    list: ({ phase = null, owner = null, before = null, last }) => list.all({ phase, owner, before, last, now: now() }),
    find: (id) => find.get({ id, now: now() }) ?? null,
    stored: (most) => ({ storedBytes: 0, reservedBytes: 0, ...stored.get(), largest: largest.all(most) }),
    errors: (last) => errors.all({ last, now: now() }),
  };
}
