import { and, asc, count, desc, eq, gt, inArray, ne } from "drizzle-orm";
import type { RecordsDatabase } from "../db/records-database.ts";
import { job, jobResult, jobRow, type JobResultRow, type JobRow } from "../db/records-schema.ts";
import type { CoordinateList, CoordinateRow } from "./coordinate-list.ts";
import type { Recipe } from "./expand-job.ts";
import type { JobFilter, ListedRow } from "./job-service.ts";
import type { JobPhase, JobProgress, JobSummary, ListedResult } from "./job.ts";

// Reads of the records of jobs, and what puts new rows there. Changes of phase are in job-transitions.ts.

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

/** Of these phases; none: of all. */
export function countJobs({ orm }: RecordsDatabase, owner: string, phases: readonly JobPhase[], now: number): number {
  const inPhase = phases.length > 0 ? inArray(job.phase, [...phases]) : undefined;
  const where = and(eq(job.owner, owner), gt(job.destructionAt, now), inPhase);
  return orm.select({ jobs: count() }).from(job).where(where).get()?.jobs ?? 0;
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

export function listResults({ orm }: RecordsDatabase, jobId: string): JobResultRow[] {
  return orm.select().from(jobResult).where(eq(jobResult.jobId, jobId)).orderBy(asc(jobResult.number)).all();
}

/** Prepared by hand: Drizzle takes five times as long to make objects of ten thousand rows. */
export function listFinishedResults({ sqlite }: RecordsDatabase, jobId: string): ListedResult[] {
  return sqlite
    .prepare<[string], ListedResult>(
      `select number, media_type as mediaType, byte_length as byteLength from job_result
       where job_id = ? and state in ('DONE', 'EMPTY', 'FAILED') order by number`,
    )
    .all(jobId);
}

export function findResult({ orm }: RecordsDatabase, jobId: string, number: number): JobResultRow | null {
  const where = and(eq(jobResult.jobId, jobId), eq(jobResult.number, number));
  return orm.select().from(jobResult).where(where).get() ?? null;
}

export function findResultNamed({ orm }: RecordsDatabase, jobId: string, fileName: string): JobResultRow | null {
  const where = and(eq(jobResult.jobId, jobId), eq(jobResult.fileName, fileName), eq(jobResult.state, "DONE"));
  return orm.select().from(jobResult).where(where).get() ?? null;
}

export function listRows({ orm }: RecordsDatabase, jobId: string): ListedRow[] {
  return orm
    .select({ number: jobRow.number, id: jobRow.rowId, columns: jobRow.columns })
    .from(jobRow)
    .where(eq(jobRow.jobId, jobId))
    .orderBy(asc(jobRow.number))
    .all();
}

/** As they were given; null for a job without a list. */
export function readCoordinates({ orm }: RecordsDatabase, jobId: string): CoordinateRow[] | null {
  const rows = orm.select().from(jobRow).where(eq(jobRow.jobId, jobId)).orderBy(asc(jobRow.number)).all();
  if (rows.length === 0) return null;
  return rows.map(({ number, rowId: id, raDegrees, decDegrees, overrides, columns }) => {
    return { number, id, position: { raDegrees, decDegrees }, overrides, columns };
  });
}

/** Within a transaction of the caller. */
export function insertJob({ orm, sqlite }: RecordsDatabase, row: JobRow, list: CoordinateList | null): void {
  orm.insert(job).values(row).run();
  const insert = sqlite.prepare(
    "insert into job_row (job_id, number, row_id, ra_deg, dec_deg, overrides, columns) values (?, ?, ?, ?, ?, ?, ?)",
  );
  for (const { number, id, position, overrides, columns } of list?.rows ?? []) {
    const { raDegrees, decDegrees } = position;
    insert.run(row.id, number, id, raDegrees, decDegrees, JSON.stringify(overrides), JSON.stringify(columns));
  }
}

/** In place of those that the job has; within a transaction of the caller. */
export function insertResults({ sqlite }: RecordsDatabase, jobId: string, recipes: readonly Recipe[]): void {
  sqlite.prepare("delete from job_result where job_id = ?").run(jobId);
  const insert = sqlite.prepare(
    "insert into job_result (job_id, number, row_number, recipe, state) values (?, ?, ?, ?, 'WAITING')",
  );
  for (const [i, { rowNumber, recipe }] of recipes.entries()) {
    insert.run(jobId, i + 1, rowNumber, JSON.stringify(recipe));
  }
}
