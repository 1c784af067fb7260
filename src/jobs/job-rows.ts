import type { RecordsDatabase } from "../db/records-database.ts";
import type { CoordinateRow } from "./coordinate-list.ts";
import type { Recipe } from "./expand-job.ts";
import type { Step } from "./in-slices.ts";
import { listOf, type UnqueuedJob } from "./job-transitions.ts";

// What makes and removes the many rows of a job, in steps that can be one transaction or many (in-slices.ts).

/** More rows than this are not written in one transaction. */
export const MOST_ROWS_AT_ONCE = 500;
const STEP_ROWS = 50;

export function insertRows({ sqlite }: RecordsDatabase, jobId: string, rows: readonly CoordinateRow[]): Step {
  const insert = sqlite.prepare(
    "insert into job_row (job_id, number, row_id, ra_deg, dec_deg, overrides, columns) values (?, ?, ?, ?, ?, ?, ?)",
  );
  return stepsOver(rows, ({ number, id, position, overrides, columns }) => {
    const { raDegrees, decDegrees } = position;
    insert.run(jobId, number, id, raDegrees, decDegrees, JSON.stringify(overrides), JSON.stringify(columns));
  });
}

/**
 * Results in place of those that the job has. Ends early when the job is no longer as it was; `queueJob` counts what is
 * there. Several that do it at once write the same, since the parameters are.
 */
export function replaceResults(
  { sqlite }: RecordsDatabase,
  { id, from, parameters }: UnqueuedJob,
  recipes: readonly Recipe[],
): Step {
  const find = sqlite.prepare(`select 1 from job where id = ? and parameters = ? and phase in (${listOf(from)})`);
  const remove = sqlite.prepare(`delete from job_result where id in (${SOME_RESULTS})`);
  const insert = sqlite.prepare(
    "insert or ignore into job_result (job_id, number, row_number, recipe, state) values (?, ?, ?, ?, 'WAITING')",
  );
  const text = JSON.stringify(parameters);
  let isEmpty = false;
  const insertSome = stepsOver(recipes, ({ rowNumber, recipe }, i) => {
    insert.run(id, i + 1, rowNumber, JSON.stringify(recipe));
  });
  return () => {
    if (find.get(id, text) === undefined) return false;
    isEmpty ||= remove.run({ id }).changes === 0;
    return isEmpty ? insertSome() : true;
  };
}

/** The job with everything that it has; what its files took is no longer counted. `onEnd` when this removed the last of it. */
export function removeJob({ sqlite }: RecordsDatabase, id: string, onEnd: () => void): Step {
  const settle = sqlite.prepare(
    `update usage set
       stored_bytes = stored_bytes - (
         select coalesce(sum(byte_length), 0) from job_result where state = 'DONE' and id in (${SOME_RESULTS})),
       reserved_bytes = reserved_bytes - (
         select coalesce(sum(reserved_bytes), 0) from job_result where id in (${SOME_RESULTS}))
     where owner = (select owner from job where id = @id)`,
  );
  const removeResults = sqlite.prepare(`delete from job_result where id in (${SOME_RESULTS})`);
  const removeRows = sqlite.prepare(
    `delete from job_row where rowid in (select rowid from job_row where job_id = @id limit ${STEP_ROWS})`,
  );
  const remove = sqlite.prepare("delete from job where id = @id");
  return () => {
    settle.run({ id });
    if (removeResults.run({ id }).changes > 0 || removeRows.run({ id }).changes > 0) return true;
    if (remove.run({ id }).changes === 1) onEnd();
    return false;
  };
}

/** The same ones to every statement of a step. */
const SOME_RESULTS = `select id from job_result where job_id = @id order by number limit ${STEP_ROWS}`;

function stepsOver<T>(items: readonly T[], action: (item: T, index: number) => void): Step {
  let next = 0;
  return () => {
    const end = Math.min(items.length, next + STEP_ROWS);
    for (; next < end; next++) action(items[next], next);
    return next < items.length;
  };
}

/** All steps at once, within a transaction of the caller. */
export function takeAll(step: Step): void {
  while (step());
}
