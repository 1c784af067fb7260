import type { ResultFile } from "../storage/result-store.ts";
import * as change from "./collector-records.ts";
import { attempt, goOn, type Pass } from "./collector-pass.ts";
import { FINISHED_PHASES } from "./job.ts";

/** Folders and files that no record knows, and records whose files are gone. */
export async function collectFiles(pass: Pass): Promise<void> {
  const { records, thorough, removed, collected } = pass;
  const folders = new Map<string, number>();
  let seenAll = false;
  await attempt(pass, "list the results", async () => void (seenAll = await collectFolders(pass, folders)));
  if (!seenAll) return;
  const withFiles = thorough ? change.listJobsWithFiles(records) : [];
  if (withFiles.length > 0 && folders.size === 0) {
    const count = withFiles.length;
    collected.problems.push(
      `No job has a folder, and ${count} have files on record: is the disk of the results there?`,
    );
    return;
  }
  for (const jobId of new Set([...folders.keys(), ...withFiles])) {
    if (!(await goOn(pass))) return;
    if (removed.has(jobId)) continue;
    await attempt(pass, `look after the files of job ${jobId}`, () => collectFolder(pass, jobId, folders.get(jobId)));
  }
}

/**
 * Removes folders of jobs that are gone; those of jobs that are there go into `known`, with their last change. False where
 * it did not come to the end.
 */
async function collectFolders(pass: Pass, known: Map<string, number>): Promise<boolean> {
  const { records, results, now, limits, dryRun, collected } = pass;
  const before = now() - limits.strangerGraceSeconds * 1000;
  for await (const { jobId, modifiedAt } of results.listJobs()) {
    if (!(await goOn(pass))) return false;
    // After the folder was seen: a job is on record before it has a folder, and its id never comes back.
    if (change.findPhase(records, jobId) !== null) known.set(jobId, modifiedAt);
    else if (modifiedAt < before) {
      await attempt(pass, `remove the folder of job ${jobId}`, async () => {
        if (!dryRun) await results.removeJob(jobId);
        collected.folders++;
      });
    }
  }
  return true;
}

async function collectFolder(pass: Pass, jobId: string, modifiedAt: number | undefined): Promise<void> {
  const { records, results, thorough, now, limits } = pass;
  // Before the files are listed: a file is there before its record says so.
  const recorded = thorough ? change.listRecordedFiles(records, jobId) : [];
  const files = await results.listFiles(jobId);
  await collectPartial(pass, jobId, files);
  if (!thorough) return;
  const whole = new Set(files.filter(({ partial }) => !partial).map(({ name }) => name));
  const lost = recorded.filter(({ name }) => !whole.has(name));
  if (lost.length > 0) collectLost(pass, jobId, lost);

  // Where no file was finished for so long, none can be one whose worker is about to tell of it.
  if (modifiedAt === undefined || modifiedAt >= now() - limits.strangerGraceSeconds * 1000) return;
  for (const { name } of recorded) whole.delete(name);
  for (const name of whole) await collectStranger(pass, jobId, name);
}

async function collectPartial(pass: Pass, jobId: string, files: readonly ResultFile[]): Promise<void> {
  const { results, now, limits, dryRun, collected } = pass;
  const before = now() - limits.partialGraceSeconds * 1000;
  const stale = files.filter(({ partial, modifiedAt }) => partial && (modifiedAt ?? before) < before).length;
  if (stale > 0) collected.partialFiles += dryRun ? stale : await results.removePartial(jobId, before);
}

function collectLost(pass: Pass, jobId: string, lost: readonly change.RecordedFile[]): void {
  const { records, changes, dryRun, collected } = pass;
  for (const file of lost) if (dryRun || change.markLost(records, file)) collected.lostFiles++;
  if (!dryRun) changes.notify(jobId);
}

/** A file that a worker left that was too late, or died: of a finished job only, and if its records still do not name it. */
async function collectStranger(pass: Pass, jobId: string, name: string): Promise<void> {
  const { records, results, dryRun, collected } = pass;
  const phase = change.findPhase(records, jobId);
  if (phase === null || !FINISHED_PHASES.includes(phase) || change.isRecorded(records, jobId, name)) return;
  if (!dryRun) await results.remove(jobId, name);
  collected.strangers++;
}
