import type { RecordsDatabase } from "../db/records-database.ts";
import type { JobFailure } from "./job-failure.ts";
import { inTransaction } from "../db/in-transaction.ts";
import { giveBackReserved } from "./reserved-bytes.ts";
import type { ParameterList, StoredFile } from "./job.ts";

// What workers change in the records: who works on which result, and what became of it. A claim holds as long as its
// worker's heartbeat, and until somebody takes the result away; what a worker says of a claim that it lost changes nothing.

/** One result, to be worked on by one worker. */
export type Claim = {
  readonly resultId: number;
  readonly workerId: string;
  /** Tells this claim from all others of the same result. */
  readonly takeovers: number;
  readonly jobId: string;
  /** User id, of the job. */
  readonly owner: string;
  readonly number: number;
  readonly recipe: ParameterList;
  /** From 1. */
  readonly attempts: number;
  /** Attempts that ended with the death of their worker. */
  readonly crashes: number;
  /** Results of the job. */
  readonly total: number;
};

export type Outcome =
  | {
      readonly state: "DONE";
      readonly file: StoredFile;
      readonly datasets: readonly string[];
      readonly missing: readonly string[];
      readonly cost: { readonly bytesToRead: number; readonly pixelsToDecode: number };
    }
  | { readonly state: "EMPTY" | "FAILED"; readonly failure: JobFailure };

export function registerWorker({ sqlite }: RecordsDatabase, workerId: string, now: number): void {
  sqlite.prepare("insert into worker (id, started_at, heartbeat_at) values (?, ?, ?)").run(workerId, now, now);
}

/** False where the worker was given up by others: it has no claims any more, and must come back under another id. */
export function beatHeart({ sqlite }: RecordsDatabase, workerId: string, now: number): boolean {
  return sqlite.prepare("update worker set heartbeat_at = ? where id = ?").run(now, workerId).changes === 1;
}

export function removeWorker({ sqlite }: RecordsDatabase, workerId: string): void {
  sqlite.prepare("delete from worker where id = ?").run(workerId);
}

/** A result that can be worked on now, of a job that is not over. */
const CLAIMABLE = "r.state = 'WAITING' and (r.retry_at is null or r.retry_at <= @now)";

/** The job whose turn it is: by priority, then the owner whose turn is longest ago, then that owner's oldest. */
const NEXT_JOB = `
  select j.id from job j left join usage u on u.owner = j.owner
  where j.phase in ('QUEUED', 'EXECUTING') and j.destruction_at > @now
    and exists (select 1 from job_result r where r.job_id = j.id and ${CLAIMABLE})
  order by j.priority, coalesce(u.last_turn_at, 0), j.queued_at, j.id limit 1`;

/** null where nothing waits. */
export function claimResult(
  records: RecordsDatabase,
  { workerId, now }: { workerId: string; now: number },
): Claim | null {
  const { sqlite } = records;
  // Workers that have nothing to do ask often: they do not take the one lock for it.
  if (sqlite.prepare(NEXT_JOB).get({ now }) === undefined) return null;
  return inTransaction(records, () => {
    const claimed = sqlite
      .prepare<[object], ClaimedRow>(
        `update job_result set state = 'RUNNING', worker_id = @workerId, attempts = attempts + 1, started_at = @now,
           retry_at = null
         where id = (
           select r.id from job_result r where r.job_id = (${NEXT_JOB}) and ${CLAIMABLE} order by r.number limit 1)
         returning id, job_id, number, recipe, attempts, crashes, takeovers`,
      )
      .get({ workerId, now });
    if (claimed === undefined) return null;
    const { id: resultId, job_id: jobId, number, recipe, attempts, crashes, takeovers } = claimed;
    sqlite
      .prepare("update job set phase = 'EXECUTING', started_at = ? where id = ? and phase = 'QUEUED'")
      .run(now, jobId);
    // Turns are counted up where the clock stands still, or goes back.
    sqlite
      .prepare(
        `insert into usage (owner, last_turn_at) select owner, @now from job where id = @jobId
         on conflict (owner) do update set last_turn_at = max(@now, (select max(last_turn_at) from usage) + 1)`,
      )
      .run({ now, jobId });
    const total = sqlite.prepare("select max(number) from job_result where job_id = ?").pluck().get(jobId) as number;
    const owner = sqlite.prepare("select owner from job where id = ?").pluck().get(jobId) as string;
    const parameters = JSON.parse(recipe) as ParameterList;
    return { resultId, workerId, takeovers, jobId, owner, number, recipe: parameters, attempts, crashes, total };
  });
}

type ClaimedRow = {
  readonly id: number;
  readonly job_id: string;
  readonly number: number;
  readonly recipe: string;
  readonly attempts: number;
  readonly crashes: number;
  readonly takeovers: number;
};

/** The result, what its owner has stored, and the end of the job where this was its last, all or nothing. False: it was lost. */
export function finishClaim(records: RecordsDatabase, claim: Claim, outcome: Outcome, now: number): boolean {
  const { sqlite } = records;
  const { resultId, workerId, takeovers, jobId } = claim;
  const done = outcome.state === "DONE" ? outcome : null;
  const failure = outcome.state === "DONE" ? null : outcome.failure;
  return inTransaction(records, () => {
    const reserved = sqlite
      .prepare<[object], number>(`select reserved_bytes from job_result where id = @resultId and ${HELD}`)
      .pluck()
      .get({ resultId, workerId, takeovers });
    if (reserved === undefined) return false;
    const finish = sqlite.prepare(
      `update job_result set state = @state, worker_id = null, ended_at = @now, file_name = @name, media_type = @mediaType,
         byte_length = @byteLength, sha256 = @sha256, error_code = @code, error_message = @message, datasets = @datasets,
         missing = @missing, bytes_to_read = @bytesToRead, pixels_to_decode = @pixelsToDecode, reserved_bytes = 0
       where id = @resultId and ${HELD}`,
    );
    finish.run({
      ...{ resultId, workerId, takeovers, now, state: outcome.state },
      name: done?.file.name ?? null,
      mediaType: done?.file.mediaType ?? null,
      byteLength: done?.file.byteLength ?? null,
      sha256: done?.file.sha256 ?? null,
      datasets: done === null ? null : JSON.stringify(done.datasets),
      missing: done === null ? null : JSON.stringify(done.missing),
      bytesToRead: done?.cost.bytesToRead ?? null,
      pixelsToDecode: done?.cost.pixelsToDecode ?? null,
      code: failure?.code ?? null,
      message: failure?.message ?? null,
    });
    const bytes = done?.file.byteLength ?? 0;
    if (bytes > 0 || reserved > 0) {
      sqlite
        .prepare(
          `insert into usage (owner, stored_bytes) select owner, @bytes from job where id = @jobId
           on conflict (owner) do update set stored_bytes = stored_bytes + @bytes, reserved_bytes = reserved_bytes - @reserved`,
        )
        .run({ jobId, bytes, reserved });
    }
    completeJob(records, jobId, now);
    return true;
  });
}

/** The claim is still what it was when it was made. */
export const HELD = "state = 'RUNNING' and worker_id = @workerId and takeovers = @takeovers";

/** EXECUTING → COMPLETED, where nothing is left to do. */
function completeJob({ sqlite }: RecordsDatabase, jobId: string, now: number): void {
  sqlite
    .prepare(
      `update job set phase = 'COMPLETED', ended_at = @now, quote_at = null where id = @jobId and phase = 'EXECUTING'
         and not exists (select 1 from job_result where job_id = @jobId and state in ('WAITING', 'RUNNING'))`,
    )
    .run({ jobId, now });
}

/** Gives a result back, to be tried again, not before `retryAt`. An attempt that was the worker's to give up is none. */
export function releaseClaim(
  records: RecordsDatabase,
  claim: Pick<Claim, "resultId" | "workerId" | "takeovers">,
  { retryAt, counts }: { readonly retryAt: number | null; readonly counts: boolean },
): boolean {
  const { resultId, workerId, takeovers } = claim;
  return inTransaction(records, () => {
    giveBackReserved(records, `r.id = @resultId and ${HELD}`, { resultId, workerId, takeovers });
    const release = records.sqlite.prepare(
      `update job_result set state = 'WAITING', worker_id = null, started_at = null, retry_at = @retryAt,
         attempts = attempts - @given, reserved_bytes = 0
       where id = @resultId and ${HELD}`,
    );
    return release.run({ resultId, workerId, takeovers, retryAt, given: counts ? 0 : 1 }).changes === 1;
  });
}

/** The claims of a worker that hold, of jobs whose time is not over: result ids and their takeovers. */
export function listHeld({ sqlite }: RecordsDatabase, workerId: string, now: number): Map<number, number> {
  const rows = sqlite
    .prepare<[string, number], { id: number; takeovers: number }>(
      `select r.id, r.takeovers from job_result r join job j on j.id = r.job_id
       where r.worker_id = ? and j.phase = 'EXECUTING' and j.destruction_at > ?`,
    )
    .all(workerId, now);
  return new Map(rows.map(({ id, takeovers }) => [id, takeovers]));
}

export type DeadWorkers = {
  /** Of their last heartbeat. */
  readonly before: number;
  /** A result that so many workers died of is given up. */
  readonly maxCrashes: number;
  /** Longer for each crash, and not the same for all: what killed one worker is not to meet the same company again. */
  readonly pauseMilliseconds: number;
  readonly now: number;
};

/** Takes from workers whose heart has stopped what they held. The ids of the jobs. */
export function takeFromDead(
  records: RecordsDatabase,
  { before, maxCrashes, pauseMilliseconds, now }: DeadWorkers,
): string[] {
  const { sqlite } = records;
  // `> ''` rather than `is not null`: the index on worker_id serves it.
  const orphaned = "worker_id > '' and worker_id not in (select id from worker where heartbeat_at > @before)";
  // The collector is in the table too, and has a lease of its own.
  const dead = "heartbeat_at <= ? and id <> 'collector'";
  const anyDead = sqlite.prepare(`select 1 from worker where ${dead}`).get(before) !== undefined;
  if (!anyDead && sqlite.prepare(`select 1 from job_result where ${orphaned}`).get({ before }) === undefined) return [];
  return inTransaction(records, () => {
    giveBackReserved(records, orphaned, { before });
    const taken = sqlite
      .prepare<[object], { job_id: string }>(
        `update job_result set worker_id = null, reserved_bytes = 0, crashes = crashes + 1, takeovers = takeovers + 1,
           state = iif(crashes + 1 > @maxCrashes, 'FAILED', 'WAITING'),
           ended_at = iif(crashes + 1 > @maxCrashes, @now, null),
           retry_at = @now + @pauseMilliseconds * (crashes + 1) * (1 + number % 5),
           error_code = iif(crashes + 1 > @maxCrashes, 'internal', null),
           error_message = iif(crashes + 1 > @maxCrashes,
             'Error: The service was stopped ' || (crashes + 1) || ' times while it worked on this, and gave it up', null)
         where ${orphaned}
         returning job_id`,
      )
      .all({ before, maxCrashes, pauseMilliseconds, now });
    sqlite.prepare(`delete from worker where ${dead}`).run(before);
    const jobIds = [...new Set(taken.map(({ job_id }) => job_id))];
    for (const jobId of jobIds) completeJob(records, jobId, now);
    return jobIds;
  });
}
