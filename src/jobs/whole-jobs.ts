import { inTransaction } from "../db/in-transaction.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { JobRow } from "../db/records-schema.ts";
import { ServiceError } from "../errors.ts";
import type { CoordinateRow } from "./coordinate-list.ts";
import type { Recipe } from "./expand-job.ts";
import { inSlices } from "./in-slices.ts";
import { insertHidden, insertJob, showHidden } from "./job-records.ts";
import { insertRows, MOST_ROWS_AT_ONCE, removeJob, replaceResults, takeAll } from "./job-rows.ts";
import { endJob, type UnqueuedJob } from "./job-transitions.ts";

// Jobs appear, get their results and go with all that they have: in one transaction where that is little, else in many
// small ones with turns for others between, and nobody sees half of it.

/** A job that is being made is not found so long; what is left of one whose making was broken off goes after that. */
const HIDDEN_MILLISECONDS = 3600_000;

/** A PENDING job with its rows and results, and what `complete` does to it: all or nothing. */
export async function insertWhole(
  { records, now }: { readonly records: RecordsDatabase; readonly now: () => number },
  job: { readonly row: JobRow; readonly rows: readonly CoordinateRow[]; readonly recipes: readonly Recipe[] },
  complete: () => void,
): Promise<void> {
  const { row, rows, recipes } = job;
  const { id, parameters } = row;
  const steps = () => [
    insertRows(records, id, rows),
    replaceResults(records, { id, from: ["PENDING"], parameters }, recipes),
  ];
  if (rows.length + recipes.length <= MOST_ROWS_AT_ONCE) {
    return inTransaction(records, () => {
      insertJob(records, row);
      steps().forEach(takeAll);
      complete();
    });
  }
  insertHidden(records, row, now() + HIDDEN_MILLISECONDS);
  try {
    for (const step of steps()) await inSlices(records, step);
    inTransaction(records, () => {
      if (!showHidden(records, row)) throw new ServiceError("unavailable", "Cannot make the job: it took too long");
      complete();
    });
  } catch (error) {
    await removeWhole(records, id).catch(() => undefined); // else the collector does
    throw error;
  }
}

/** These results in place of those that the job has, and `queue`, whose answer it gives; neither where that throws. */
export async function giveResults(
  records: RecordsDatabase,
  { recipes, ...job }: UnqueuedJob & { readonly recipes: readonly Recipe[] },
  queue: () => boolean,
): Promise<boolean> {
  const isLarge = recipes.length > MOST_ROWS_AT_ONCE;
  const step = replaceResults(records, job, recipes);
  if (isLarge) await inSlices(records, step);
  try {
    return inTransaction(records, () => {
      if (!isLarge) takeAll(step);
      return queue();
    });
  } catch (error) {
    if (isLarge) await inSlices(records, replaceResults(records, job, [])).catch(() => undefined); // run replaces them
    throw error;
  }
}

/** It is gone for everybody at once, and its records with the last slice. */
export async function removeWhole(records: RecordsDatabase, id: string): Promise<void> {
  endJob(records, id);
  await inSlices(
    records,
    removeJob(records, id, () => undefined),
  );
}
