import type { RecordsDatabase } from "../db/records-database.ts";
import { inSlices } from "./in-slices.ts";
import { removeJob } from "./job-rows.ts";
import { inTransaction } from "../db/in-transaction.ts";
import type { JobPhase } from "./job.ts";
import { LOST_FILE } from "./manifest.ts";

// What the collector reads of the records and changes in them. Each change is one transaction that looks again at what it
// was decided on: a job may have been removed, or run again, since.

export type Expired = { readonly id: string; readonly storedBytes: number };

/** Jobs whose time is over, the earliest first. */
export function listExpired({ sqlite }: RecordsDatabase, now: number): Expired[] {
  return sqlite
    .prepare<[number], Expired>(
      `select id, (select coalesce(sum(byte_length), 0) from job_result where job_id = job.id and state = 'DONE')
         as storedBytes
       from job where destruction_at <= ? order by destruction_at`,
    )
    .all(now);
}

/**
 * Of the records, in slices, with what each counted as its owner's; the files are the caller's. False where its time is
 * not over now, or another removed the last of it.
 */
export async function removeExpired(records: RecordsDatabase, id: string, now: number): Promise<boolean> {
  const isExpired = records.sqlite.prepare("update job set destruction_at = 0 where id = ? and destruction_at <= ?");
  if (isExpired.run(id, now).changes === 0) return false;
  let isRemoved = false;
  await inSlices(
    records,
    removeJob(records, id, () => (isRemoved = true)),
  );
  return isRemoved;
}

/** null where there is no such job. */
export function findPhase({ sqlite }: RecordsDatabase, id: string): JobPhase | null {
  return (sqlite.prepare("select phase from job where id = ?").pluck().get(id) as JobPhase | undefined) ?? null;
}

/** Ids of jobs that are on record with files. */
export function listJobsWithFiles({ sqlite }: RecordsDatabase): string[] {
  const jobs = sqlite.prepare<[], string>(
    "select id from job where exists (select 1 from job_result where job_id = job.id and state = 'DONE')",
  );
  return (jobs.pluck() as unknown as { all(): string[] }).all();
}

export type RecordedFile = { readonly resultId: number; readonly name: string };

export function listRecordedFiles({ sqlite }: RecordsDatabase, jobId: string): RecordedFile[] {
  return sqlite
    .prepare<
      [string],
      RecordedFile
    >("select id as resultId, file_name as name from job_result where job_id = ? and state = 'DONE'")
    .all(jobId);
}

/** Whether a result of the job has its file by this name. */
export function isRecorded({ sqlite }: RecordsDatabase, jobId: string, name: string): boolean {
  const find = sqlite.prepare("select 1 from job_result where job_id = ? and state = 'DONE' and file_name = ?");
  return find.get(jobId, name) !== undefined;
}

/** DONE → FAILED, and no longer counted as its owner's. False where it is not that file any more. */
export function markLost(records: RecordsDatabase, { resultId, name }: RecordedFile): boolean {
  const { sqlite } = records;
  return inTransaction(records, () => {
    const found = sqlite
      .prepare<[number, string], { owner: string; bytes: number }>(
        `select job.owner, byte_length as bytes from job_result join job on job.id = job_result.job_id
         where job_result.id = ? and state = 'DONE' and file_name = ?`,
      )
      .get(resultId, name);
    if (found === undefined) return false;
    sqlite
      .prepare(
        `update job_result set state = 'FAILED', file_name = null, media_type = null, byte_length = null, sha256 = null,
           error_code = 'missing-file', error_message = ? where id = ?`,
      )
      .run(LOST_FILE, resultId);
    sqlite.prepare("update usage set stored_bytes = stored_bytes - ? where owner = ?").run(found.bytes, found.owner);
    return true;
  });
}

/** Users whose stored or reserved bytes are not the sums of their results: there should be none. */
const WRONG_USAGE = `
  select usage.owner, coalesce(sums.stored, 0) as stored, coalesce(sums.reserved, 0) as reserved from usage left join (
    select owner, sum(iif(state = 'DONE', byte_length, 0)) as stored, sum(reserved_bytes) as reserved
    from job_result join job on job.id = job_id group by owner
  ) sums on sums.owner = usage.owner
  where stored_bytes <> coalesce(sums.stored, 0) or reserved_bytes <> coalesce(sums.reserved, 0)`;

export type WrongUsage = {
  readonly owner: string;
  /** What would be right. */
  readonly stored: number;
  readonly reserved: number;
};

export function listWrongUsage({ sqlite }: RecordsDatabase): WrongUsage[] {
  return sqlite.prepare<[], WrongUsage>(WRONG_USAGE).all();
}

/** For how many users. */
export function correctUsage(records: RecordsDatabase): number {
  if (listWrongUsage(records).length === 0) return 0; // without the one lock
  return inTransaction(records, () => {
    const wrong = listWrongUsage(records);
    const correct = records.sqlite.prepare("update usage set stored_bytes = ?, reserved_bytes = ? where owner = ?");
    for (const { owner, stored, reserved } of wrong) correct.run(stored, reserved, owner);
    return wrong.length;
  });
}

export function countHistory({ sqlite }: RecordsDatabase, before: number): number {
  return sqlite.prepare("select count(*) from sync_request where started_at < ?").pluck().get(before) as number;
}

/** At most `most` rows, so that nobody waits long for the lock. How many. */
export function pruneHistory({ sqlite }: RecordsDatabase, before: number, most: number): number {
  return sqlite
    .prepare("delete from sync_request where id in (select id from sync_request where started_at < ? limit ?)")
    .run(before, most).changes;
}

export function countDeadWorkers({ sqlite }: RecordsDatabase, before: number): number {
  return sqlite.prepare("select count(*) from worker where heartbeat_at < ?").pluck().get(before) as number;
}

/** What they held goes back to the queue as soon as a worker looks. */
export function pruneWorkers({ sqlite }: RecordsDatabase, before: number): number {
  return sqlite.prepare("delete from worker where heartbeat_at < ?").run(before).changes;
}

/** The collector is known as a worker of this id while it is at it: one at a time, with a heart that beats. */
export const COLLECTOR = "collector";

/** False where another collector is at it whose heart has beaten since `before`. */
export function beginCollecting({ sqlite }: RecordsDatabase, now: number, before: number): boolean {
  const begin = sqlite.prepare(
    `insert into worker (id, started_at, heartbeat_at) values ('${COLLECTOR}', @now, @now)
     on conflict (id) do update set started_at = @now, heartbeat_at = @now where heartbeat_at < @before`,
  );
  return begin.run({ now, before }).changes === 1;
}

export function continueCollecting({ sqlite }: RecordsDatabase, now: number): void {
  sqlite.prepare(`update worker set heartbeat_at = ? where id = '${COLLECTOR}'`).run(now);
}

export function endCollecting({ sqlite }: RecordsDatabase): void {
  sqlite.prepare(`delete from worker where id = '${COLLECTOR}'`).run();
}
