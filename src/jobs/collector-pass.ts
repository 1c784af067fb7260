import type { RecordsDatabase } from "../db/records-database.ts";
import type { ResultStore } from "../storage/result-store.ts";
import type { JobChanges } from "./job-changes.ts";

export type CollectorServices = {
  readonly records: RecordsDatabase;
  readonly results: ResultStore;
  /** Told of jobs that went, or lost a file. */
  readonly changes: Pick<JobChanges, "notify">;
  readonly limits: CollectorLimits;
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
};

export type CollectorLimits = {
  /** Files and folders that no record knows stay for so long: a worker may be about to tell of them. */
  readonly strangerGraceSeconds: number;
  /** Unfinished files that were not written to for so long are nobody's. */
  readonly partialGraceSeconds: number;
  /** Synchronous requests older than this are forgotten. */
  readonly historySeconds: number;
  /** So long after its last heartbeat a worker is forgotten. */
  readonly workerGraceSeconds: number;
};

export type CollectOptions = {
  /** Also compares every file with its record, and what users have with the sum of it; else only what is due. */
  readonly thorough: boolean;
  /** Tells what would be done, and does nothing. */
  readonly dryRun: boolean;
  /** Ends the pass early: what is done is done. */
  readonly signal: AbortSignal;
};

/** What a pass did. */
export type Collected = {
  /** Jobs whose time was over, with their results. */
  jobs: number;
  storedBytes: number;
  /** Of jobs that are gone. */
  folders: number;
  partialFiles: number;
  /** Files in the folder of a job that its records do not name. */
  strangers: number;
  /** Results whose file was gone: FAILED now. */
  lostFiles: number;
  history: number;
  workers: number;
  /** Users whose stored bytes were counted wrongly: a fault of ours where there is any. */
  correctedUsage: number;
  /** What could not be done, and will be tried again; in the words of the operator. */
  readonly problems: string[];
};

/** A pass of the collector that is under way. */
export type Pass = CollectorServices &
  CollectOptions & {
    readonly collected: Collected;
    /** Jobs that a dry run would have removed. */
    readonly removed: Set<string>;
    /** Tells other processes that this one is alive. */
    readonly beat: () => void;
  };

/** Between two steps: lets others have a turn, and tells whether there is to be another. */
export async function goOn({ signal, beat }: Pass): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (signal.aborted) return false;
  beat();
  return true;
}

/** What fails does not keep the rest from being done. */
export async function attempt({ collected }: Pass, what: string, action: () => Promise<void> | void): Promise<void> {
  try {
    await action();
  } catch (error) {
    collected.problems.push(`Cannot ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
