import { and, count, desc, eq, gt, inArray, ne } from "drizzle-orm";
import type { RecordsDatabase } from "../db/records-database.ts";
import { job, jobResult, type JobResultRow, type JobRow } from "../db/records-schema.ts";
import type { CoordinateRow } from "./coordinate-list.ts";
import { readPages } from "./in-slices.ts";
import type { JobFilter, ListedRow } from "./job-service.ts";
import type { JobPhase, JobProgress, JobSummary, ListedResult, ParameterList } from "./job.ts";

// Reads of the records of jobs, and what puts new jobs there. Their rows and results are in job-rows.ts, changes of phase are in job-transitions.ts.

/** null where there is none, or its time is over: the collector may not have been there yet. */
export function findJob({ orm }: RecordsDatabase, id: string, now: number): JobRow | null {
  const where = and(eq(job.id, id), gt(job.destructionAt, now));
  return orm.select().from(job).where(where).get() ?? null;
}

/** Newest first. */
export function listJobs({ orm }: RecordsDatabase, owner: string, filter: JobFilter, now: number): JobSummary[] {
  const { phases, after, last } = filter;
  return orm
    .select({ id: job.id, owner: job.owner, runId: job.runId, phase: job.phase, createdAt: job.createdAt })
    .from(job)
    .where(
      and(
        eq(job.owner, owner),
        gt(job.destructionAt, now),
        phases.length > 0 ? inArray(job.phase, [...phases]) : ne(job.phase, "ARCHIVED"),
        after === undefined ? undefined : gt(job.createdAt, after),
      ),
    )
    .orderBy(desc(job.createdAt), desc(job.id))
    .limit(last ?? -1)
    .all();
}

/** Of these phases; none: of all. Where a client is given, only those that came from there. */
export function countJobs(
  { orm }: RecordsDatabase,
  { owner, client }: { readonly owner: string; readonly client?: string | undefined },
  phases: readonly JobPhase[],
  now: number,
): number {
  const inPhase = phases.length > 0 ? inArray(job.phase, [...phases]) : undefined;
  const fromClient = client === undefined ? undefined : eq(job.client, client);
  const where = and(eq(job.owner, owner), gt(job.destructionAt, now), inPhase, fromClient);
  return orm.select({ jobs: count() }).from(job).where(where).get()?.jobs ?? 0;
}

/** When the first of an owner's jobs goes; null where there is none. */
export function nextDestruction({ sqlite }: RecordsDatabase, owner: string, now: number): number | null {
  const find = sqlite.prepare<[string, number], number | null>(
    "select min(destruction_at) from job where owner = ? and destruction_at > ?",
  );
  return find.pluck().get(owner, now) ?? null;
}

export function readProgress({ sqlite }: RecordsDatabase, jobId: string): JobProgress {
  const rows = sqlite
    .prepare<
      [string],
      { state: JobResultRow["state"]; results: number; bytes: number | null }
    >("select state, count(*) as results, sum(byte_length) as bytes from job_result where job_id = ? group by state")
    .all(jobId);
  const of = (state: JobResultRow["state"]) => rows.find((row) => row.state === state)?.results ?? 0;
  return {
    total: rows.reduce((sum, { results }) => sum + results, 0),
    waiting: of("WAITING"),
    running: of("RUNNING"),
    done: of("DONE"),
    empty: of("EMPTY"),
    failed: of("FAILED"),
    storedBytes: rows.find(({ state }) => state === "DONE")?.bytes ?? 0,
  };
}

/** Results that have ended at this instant or later. */
export function countEnded({ sqlite }: RecordsDatabase, jobId: string, since: number): number {
  const ended = sqlite.prepare("select count(*) from job_result where job_id = ? and ended_at >= ?");
  return ended.pluck().get(jobId, since) as number;
}

/** In order. Prepared by hand: Drizzle takes five times as long to make objects of ten thousand rows. */
export function listResults({ sqlite }: RecordsDatabase, jobId: string): Promise<JobResultRow[]> {
  const columns = `id, job_id as jobId, number, row_number as rowNumber, recipe, state, worker_id as workerId, attempts,
    crashes, takeovers, retry_at as retryAt, started_at as startedAt, ended_at as endedAt, file_name as fileName,
    media_type as mediaType, byte_length as byteLength, sha256, error_code as errorCode, error_message as errorMessage,
    datasets, missing, reserved_bytes as reservedBytes, bytes_to_read as bytesToRead, pixels_to_decode as pixelsToDecode`;
  const read = sqlite.prepare<[string, number, number], RawResult>(
    `select ${columns} from job_result where job_id = ? and number > ? order by number limit ?`,
  );
  return readPages((after, most) =>
    read.all(jobId, after, most).map((row) => ({
      ...row,
      recipe: JSON.parse(row.recipe) as ParameterList,
      datasets: row.datasets === null ? null : (JSON.parse(row.datasets) as string[]),
      missing: row.missing === null ? null : (JSON.parse(row.missing) as string[]),
    })),
  );
}

type RawResult = Omit<JobResultRow, "recipe" | "datasets" | "missing"> & {
  readonly recipe: string;
  readonly datasets: string | null;
  readonly missing: string | null;
};

/** Recipes of what is to be done, in order. */
export async function listWaiting({ sqlite }: RecordsDatabase, jobId: string): Promise<ParameterList[]> {
  const read = sqlite.prepare<[string, number, number], { number: number; recipe: string }>(
    "select number, recipe from job_result where job_id = ? and state = 'WAITING' and number > ? order by number limit ?",
  );
  const found = await readPages((after, most) =>
    read.all(jobId, after, most).map(({ number, recipe }) => ({ number, recipe: JSON.parse(recipe) as ParameterList })),
  );
  return found.map(({ recipe }) => recipe);
}

/** Those that are over, in order. */
export function listFinishedResults({ sqlite }: RecordsDatabase, jobId: string): Promise<ListedResult[]> {
  const read = sqlite.prepare<[string, number, number], ListedResult>(
    `select number, media_type as mediaType, byte_length as byteLength from job_result
     where job_id = ? and number > ? and +state in ('DONE', 'EMPTY', 'FAILED') order by number limit ?`,
  );
  return readPages((after, most) => read.all(jobId, after, most));
}

export function findResult({ orm }: RecordsDatabase, jobId: string, number: number): JobResultRow | null {
  const where = and(eq(jobResult.jobId, jobId), eq(jobResult.number, number));
  return orm.select().from(jobResult).where(where).get() ?? null;
}

export function findResultNamed({ orm }: RecordsDatabase, jobId: string, fileName: string): JobResultRow | null {
  const where = and(eq(jobResult.jobId, jobId), eq(jobResult.fileName, fileName), eq(jobResult.state, "DONE"));
  return orm.select().from(jobResult).where(where).get() ?? null;
}

/** In order. */
export async function listRows(records: RecordsDatabase, jobId: string): Promise<ListedRow[]> {
  const rows = await readRows(records, jobId);
  return rows.map(({ number, id, columns }) => ({ number, id, columns }));
}

/** As they were given; null for a job without a list. */
export async function readCoordinates(records: RecordsDatabase, jobId: string): Promise<CoordinateRow[] | null> {
  const rows = await readRows(records, jobId);
  return rows.length === 0 ? null : rows;
}

function readRows({ sqlite }: RecordsDatabase, jobId: string): Promise<CoordinateRow[]> {
  const read = sqlite.prepare<[string, number, number], RawRow>(
    `select number, row_id as id, ra_deg as raDegrees, dec_deg as decDegrees, overrides, columns from job_row
     where job_id = ? and number > ? order by number limit ?`,
  );
  return readPages((after, most) =>
    read.all(jobId, after, most).map(({ number, id, raDegrees, decDegrees, overrides, columns }) => ({
      number,
      id,
      position: { raDegrees, decDegrees },
      overrides: JSON.parse(overrides) as ParameterList,
      columns: JSON.parse(columns) as Record<string, string>,
    })),
  );
}

type RawRow = {
  readonly number: number;
  readonly id: string | null;
  readonly raDegrees: number;
  readonly decDegrees: number;
  readonly overrides: string;
  readonly columns: string;
};

export function insertJob({ orm }: RecordsDatabase, row: JobRow): void {
  orm.insert(job).values(row).run();
}

/** No user's: a job that is not whole yet belongs to it. */
const NOBODY_YET = "";

/** A job that nobody finds, and that the collector removes after `until`, where nobody has made it whole. */
export function insertHidden(records: RecordsDatabase, row: JobRow, until: number): void {
  insertJob(records, { ...row, owner: NOBODY_YET, destructionAt: until });
}

/** It is whole, and its owner's. False where it took too long. */
export function showHidden({ sqlite }: RecordsDatabase, { id, owner, destructionAt }: JobRow): boolean {
  const show = sqlite.prepare(
    "update job set owner = ?, destruction_at = ? where id = ? and owner = ? and destruction_at > 0",
  );
  return show.run(owner, destructionAt, id, NOBODY_YET).changes === 1;
}
