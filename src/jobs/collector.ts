import * as change from "./collector-records.ts";
import {
  attempt,
  goOn,
  type Collected,
  type CollectOptions,
  type CollectorServices,
  type Pass,
} from "./collector-pass.ts";
import { collectFiles } from "./collector-files.ts";

/** A collector that has not been heard of for so long is dead. */
const LEASE_MILLISECONDS = 60_000;
const BEAT_MILLISECONDS = 5_000;
const HISTORY_BATCH = 1000;

/**
 * One pass over everything that has outlived its use; null where another process is at it. Records go before files, so
 * that a pass that dies anywhere leaves jobs whose time is over, and files that no record knows: the next pass finds those.
 */
export async function collect(services: CollectorServices, options: CollectOptions): Promise<Collected | null> {
  const { records, now } = services;
  if (options.dryRun) return runPass(services, options, () => undefined);
  if (!change.beginCollecting(records, now(), now() - LEASE_MILLISECONDS)) return null;
  let beatAt = now();
  const beat = () => {
    if (now() - beatAt < BEAT_MILLISECONDS) return;
    beatAt = now();
    change.continueCollecting(records, beatAt);
  };
  try {
    return await runPass(services, options, beat);
  } finally {
    change.endCollecting(records);
  }
}

async function runPass(services: CollectorServices, options: CollectOptions, beat: () => void): Promise<Collected> {
  const collected = { ...NOTHING, problems: [] };
  const pass: Pass = { ...services, ...options, collected, removed: new Set(), beat };
  await removeExpired(pass);
  await collectFiles(pass);
  await forget(pass);
  if (pass.thorough) await attempt(pass, "count what users have", () => countUsage(pass));
  return collected;
}

const NOTHING: Omit<Collected, "problems"> = {
  jobs: 0,
  storedBytes: 0,
  folders: 0,
  partialFiles: 0,
  strangers: 0,
  lostFiles: 0,
  history: 0,
  workers: 0,
  correctedUsage: 0,
};

async function removeExpired(pass: Pass): Promise<void> {
  const { records, results, changes, now, dryRun, collected } = pass;
  for (const { id, storedBytes } of change.listExpired(records, now())) {
    if (!(await goOn(pass))) return;
    await attempt(pass, `remove job ${id}`, async () => {
      if (dryRun) pass.removed.add(id);
      else if (!(await change.removeExpired(records, id, now()))) return;
      collected.jobs++;
      collected.storedBytes += storedBytes;
      if (dryRun) return;
      changes.notify(id);
      await results.removeJob(id);
    });
  }
}

/** Old rows of what was asked, and of workers that are long dead. */
async function forget(pass: Pass): Promise<void> {
  const { records, now, limits, dryRun, collected } = pass;
  const before = now() - limits.historySeconds * 1000;
  const deadBefore = now() - limits.workerGraceSeconds * 1000;
  await attempt(pass, "forget old requests", async () => {
    if (dryRun) collected.history = change.countHistory(records, before);
    for (let pruned = HISTORY_BATCH; !dryRun && pruned === HISTORY_BATCH && (await goOn(pass)); ) {
      pruned = change.pruneHistory(records, before, HISTORY_BATCH);
      collected.history += pruned;
    }
  });
  await attempt(pass, "forget dead workers", () => {
    const forgetWorkers = dryRun ? change.countDeadWorkers : change.pruneWorkers;
    collected.workers = forgetWorkers(records, deadBefore);
  });
}

function countUsage({ records, dryRun, collected }: Pass): void {
  collected.correctedUsage = dryRun ? change.listWrongUsage(records).length : change.correctUsage(records);
}
