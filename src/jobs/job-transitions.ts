import { inTransaction } from "../db/in-transaction.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { ParameterList, JobPhase } from "./job.ts";
import type { JobFailure } from "./job-failure.ts";
import { giveBackReserved } from "./reserved-bytes.ts";

// Every change of phase but those that workers make (claims.ts). Each is one transaction that begins with a guarded
// statement and says whether it found the job as it had to be.

export type UnqueuedJob = {
  readonly id: string;
  readonly from: readonly JobPhase[];
  /** What the recipes were made of. */
  readonly parameters: ParameterList;
};

export type Queueing = UnqueuedJob & {
  /** So many it has been given (`replaceResults`). */
  readonly results: number;
  readonly now: number;
};

/** → QUEUED with the results that it has been given, or COMPLETED where there are none. */
export function queueJob({ sqlite }: RecordsDatabase, { id, from, parameters, results, now }: Queueing): boolean {
  const isEmpty = results === 0;
  const queue = sqlite.prepare(
    `update job set phase = @phase, queued_at = @now, started_at = @ended, ended_at = @ended, error_code = null,
       error_message = null, quote_at = null
     where id = @id and parameters = @parameters and phase in (${listOf(from)})
       and (select count(*) from job_result where job_id = @id) = @results`,
  );
  const { changes } = queue.run({
    ...{ id, results, now, parameters: JSON.stringify(parameters) },
    phase: isEmpty ? "COMPLETED" : "QUEUED",
    ended: isEmpty ? now : null,
  });
  return changes === 1;
}

/** HELD → QUEUED, with the results that it has. */
export function releaseJob({ sqlite }: RecordsDatabase, id: string, now: number): boolean {
  const release = sqlite.prepare(
    "update job set phase = 'QUEUED', queued_at = ?, quote_at = null where id = ? and phase = 'HELD'",
  );
  return release.run(now, id).changes === 1;
}

/** → ERROR, where the parameters that cannot be run are still the same. */
export function failJob(
  { sqlite }: RecordsDatabase,
  { id, from, parameters, now }: UnqueuedJob & { readonly now: number },
  { code, message }: JobFailure,
): boolean {
  const fail = sqlite.prepare(
    `update job set phase = 'ERROR', ended_at = ?, error_code = ?, error_message = ?
     where id = ? and parameters = ? and phase in (${listOf(from)})`,
  );
  return fail.run(now, code, message, id, JSON.stringify(parameters)).changes === 1;
}

const UNFINISHED: readonly JobPhase[] = ["PENDING", "HELD", "QUEUED", "EXECUTING", "SUSPENDED"];
const RERUNNABLE: readonly JobPhase[] = ["COMPLETED", "ERROR", "ABORTED"];

/** → ABORTED; what is worked on is taken from its workers, which notice and leave nothing. */
export function abortJob(
  records: RecordsDatabase,
  { id, now, reason = null }: { readonly id: string; readonly now: number; readonly reason?: JobFailure | null },
): boolean {
  const { sqlite } = records;
  return inTransaction(records, () => {
    const abort = sqlite.prepare(
      `update job set phase = 'ABORTED', ended_at = ?, quote_at = null, error_code = ?, error_message = ?
       where id = ? and phase in (${listOf(UNFINISHED)})`,
    );
    if (abort.run(now, reason?.code ?? null, reason?.message ?? null, id).changes === 0) return false;
    giveBackReserved(records, "r.job_id = @id", { id });
    sqlite
      .prepare(
        `update job_result set state = 'WAITING', worker_id = null, started_at = null, attempts = attempts - 1,
           takeovers = takeovers + 1, reserved_bytes = 0
         where job_id = ? and state = 'RUNNING'`,
      )
      .run(id);
    return true;
  });
}

/** A finished job → QUEUED, for what is not done. False where it is not finished, or nothing is left to do. */
export function requeueJob(records: RecordsDatabase, id: string, now: number): boolean {
  const { sqlite } = records;
  return inTransaction(records, () => {
    const requeue = sqlite.prepare(
      `update job set phase = 'QUEUED', queued_at = @now, started_at = null, ended_at = null, quote_at = null,
         error_code = null, error_message = null
       where id = @id and phase in (${listOf(RERUNNABLE)})
         and exists (select 1 from job_result where job_id = @id and state in ('WAITING', 'FAILED'))`,
    );
    if (requeue.run({ id, now }).changes === 0) return false;
    sqlite
      .prepare(
        `update job_result set state = 'WAITING', attempts = 0, crashes = 0, retry_at = null, started_at = null,
           ended_at = null, error_code = null, error_message = null, missing = null
         where job_id = ? and state in ('WAITING', 'FAILED')`,
      )
      .run(id);
    return true;
  });
}

/** Its time is over: nobody finds it any more, and what is left of it is the collector's if it is nobody else's. */
export function endJob({ sqlite }: RecordsDatabase, id: string): boolean {
  return sqlite.prepare("update job set destruction_at = 0 where id = ?").run(id).changes === 1;
}

/** Of a PENDING job, where nobody changed them meanwhile. */
export function replaceParameters(
  { sqlite }: RecordsDatabase,
  change: {
    readonly id: string;
    readonly before: ParameterList;
    readonly after: ParameterList;
    readonly runId: string | null;
  },
): boolean {
  const update = sqlite.prepare(
    "update job set parameters = ?, run_id = ? where id = ? and phase = 'PENDING' and parameters = ?",
  );
  const { id, before, after, runId } = change;
  return update.run(JSON.stringify(after), runId, id, JSON.stringify(before)).changes === 1;
}

/**
 * A job has been granted its lifetime from its creation on, and as much again with each extension: any end up to that is
 * free, also when it was given up before. One that is clearly later takes an extension, where one is left.
 */
export function setDestruction(
  { sqlite }: RecordsDatabase,
  change: {
    readonly id: string;
    readonly at: number;
    /** Milliseconds. */
    readonly lifetime: number;
    readonly maxExtensions: number;
    /** Milliseconds. */
    readonly leastExtension: number;
    readonly now: number;
  },
): boolean {
  // The configuration may have granted more once than it does now.
  const granted = "max(destruction_at, created_at + @lifetime * (1 + extensions))";
  const isExtended = `(extensions < @maxExtensions and @at >= ${granted} + @leastExtension)`;
  const update = sqlite.prepare(
    `update job set
       destruction_at = min(@at, max(${granted}, created_at + @lifetime * (1 + extensions + ${isExtended}))),
       extensions = extensions + ${isExtended}
     where id = @id and destruction_at > @now`,
  );
  return update.run(change).changes === 1;
}

/** Of a job that runs, or may run again. */
export function setExecutionDuration({ sqlite }: RecordsDatabase, id: string, seconds: number): boolean {
  const update = sqlite.prepare(
    `update job set execution_duration_s = ? where id = ? and phase in (${listOf([...UNFINISHED, ...RERUNNABLE])})`,
  );
  return update.run(seconds, id).changes === 1;
}

/** Where it was not queued again since. */
export function setQuote(
  { sqlite }: RecordsDatabase,
  { id, queuedAt, at }: { readonly id: string; readonly queuedAt: number | null; readonly at: number },
): boolean {
  const update = sqlite.prepare(
    "update job set quote_at = ? where id = ? and queued_at is ? and phase in ('QUEUED', 'EXECUTING')",
  );
  return update.run(Math.round(at), id, queuedAt).changes === 1;
}

/** Jobs that run longer than they may. */
export function listOverdueJobs({ sqlite }: RecordsDatabase, now: number): { id: string; seconds: number }[] {
  return sqlite
    .prepare<[number], { id: string; seconds: number }>(
      `select id, execution_duration_s as seconds from job
       where phase = 'EXECUTING' and execution_duration_s > 0 and started_at + execution_duration_s * 1000 <= ?`,
    )
    .all(now);
}

/** Words of ours, as SQL writes them. */
export function listOf(phases: readonly JobPhase[]): string {
  return phases.map((phase) => `'${phase}'`).join(", ");
}
