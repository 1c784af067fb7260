import { constants } from "node:fs";
import { access } from "node:fs/promises";
import type { IndexDatabase } from "../db/index-database.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { checkPart, type ServiceHealth } from "../http/health.ts";
import type { QueueReader } from "../jobs/queue-state.ts";

export type HealthSources = {
  readonly index: IndexDatabase;
  readonly records: RecordsDatabase;
  /** Folder of jobs' results; made with the first of them. */
  readonly resultsFolder: string;
  /** Folders on local disks that images lie in. */
  readonly archiveFolders: () => readonly string[];
  readonly queue: Pick<QueueReader, "workers">;
  /** Fires when the process is to end. */
  readonly stopping: AbortSignal;
};

/** Asks each part that cutouts and jobs need. What exactly is wrong with one is for the log, not for clients. */
export async function checkHealth(sources: HealthSources): Promise<ServiceHealth> {
  const { index, records, resultsFolder, archiveFolders, queue, stopping } = sources;
  const parts = await Promise.all([
    checkPart("image index", "does not answer", () => index.sqlite.prepare("select 1 from release").get(), IS_NEEDED),
    checkPart("job records", "do not answer", () => records.sqlite.prepare("select 1 from job").get(), IS_NEEDED),
    checkPart("results of jobs", "cannot be written", () => access(resultsFolder, constants.W_OK).catch(ignoreMissing)),
    checkPart("archive", "is not there in part", () => Promise.all(archiveFolders().map((folder) => access(folder)))),
    checkPart("workers on jobs", "none is at work", () => findLivingWorker(queue)),
  ]);
  return { draining: stopping.aborted, parts };
}

const IS_NEEDED = { isNeeded: true };

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function findLivingWorker(queue: HealthSources["queue"]): void {
  if (queue.workers(Date.now()) === 0) throw new Error("No worker has been heard of");
}
