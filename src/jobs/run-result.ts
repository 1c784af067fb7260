import type { Cutout } from "../cutout/cutout.ts";
import { resultFileName } from "../cutout/file-name.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { FileBody, ResultStore } from "../storage/result-store.ts";
import { finishClaim, releaseClaim, type Claim, type Outcome } from "./claims.ts";
import { describeFailure, isTransient } from "./job-failure.ts";
import type { ParameterList } from "./job.ts";
import { reserveResult, type StorageLimits } from "./reserve-result.ts";

export type ResultServices = {
  readonly records: RecordsDatabase;
  readonly results: ResultStore;
  /** The cutout of one recipe of a job of this owner; null where no image overlaps. */
  readonly openRecipe: (recipe: ParameterList, signal: AbortSignal, owner: string) => Promise<Cutout | null>;
  /** What the owner of a job may have stored. */
  readonly limitsOfOwner: (owner: string) => StorageLimits;
  /** Awaited before each result and each chunk of it: others may go first. */
  readonly gate: { turn(signal: AbortSignal): Promise<void> };
  readonly retry: RetryLimits;
  readonly now: () => number;
};

export type RetryLimits = {
  /** Tries of what may succeed later. */
  readonly maxAttempts: number;
  /** The same, where it is the disk of the results that fails: it may take long, and is nobody's fault. */
  readonly maxStoreAttempts: number;
  /** Deaths of workers. */
  readonly maxCrashes: number;
  /** Before the second try; doubled before each further one. */
  readonly firstPauseMilliseconds: number;
  readonly maxPauseMilliseconds: number;
};

/** What became of a claim. "lost": the result was taken away, and nothing was left. */
export type RunEnd = {
  readonly event: "DONE" | "EMPTY" | "FAILED" | "retry" | "given-back" | "lost";
  readonly error?: unknown;
  /** The disk of the results failed: others will meet the same. */
  readonly storeFailed?: boolean;
};

/** Why a result is no longer worked on. "stop": the worker ends; "taken": it is not the worker's any more. */
export type StopReason = "stop" | "taken";

/** Works on one result to its end, whatever that is; rejects only where the records cannot be written. */
export async function runResult(claim: Claim, services: ResultServices, signal: AbortSignal): Promise<RunEnd> {
  const { records, now } = services;
  const failures = { body: false, store: false };
  try {
    await services.gate.turn(signal);
    const cutout = await services.openRecipe(claim.recipe, signal, claim.owner);
    if (cutout === null) return finish(claim, services, { state: "EMPTY", failure: NOTHING_THERE }, null);
    if (!reserve(claim, cutout, services)) return { event: "lost" };
    const name = fileNameOf(claim, cutout);
    const body = await cutout.open({ signal });
    const watched = watchBody(body, { gate: services.gate, signal, failures });
    const written = await services.results.write(claim.jobId, name, watched, signal).catch((error: unknown) => {
      failures.store = !failures.body && !signal.aborted;
      throw error;
    });
    const { mediaType, datasets, missing, cost } = cutout;
    const file = { name, mediaType, ...written };
    return await finish(claim, services, { state: "DONE", file, datasets, missing, cost }, name);
  } catch (error) {
    if (signal.aborted) {
      const reason = signal.reason as StopReason;
      const back = reason === "stop" && releaseClaim(records, claim, { retryAt: null, counts: false });
      return { event: back ? "given-back" : "lost" };
    }
    const retryAt = now() + pauseBefore(claim, services.retry);
    const most = failures.store ? services.retry.maxStoreAttempts : services.retry.maxAttempts;
    const failure = describeFailure(error);
    const tries = claim.attempts - claim.crashes;
    if (isTransient(failure.code) && tries < most) {
      const back = releaseClaim(records, claim, { retryAt, counts: true });
      return { event: back ? "retry" : "lost", error, storeFailed: failures.store };
    }
    const message = tries > 1 ? `${failure.message} (tried ${tries} times)` : failure.message;
    const end = await finish(claim, services, { state: "FAILED", failure: { ...failure, message } }, null);
    return { ...end, error, storeFailed: failures.store };
  }
}

/** Before a byte is written: what does not fit fails here. */
function reserve(claim: Claim, cutout: Cutout, { records, limitsOfOwner }: ResultServices): boolean {
  let isReserved = false;
  try {
    const limits = limitsOfOwner(claim.owner);
    isReserved = reserveResult(records, claim, { byteLength: cutout.byteLength, limits });
  } finally {
    if (!isReserved) cutout.dispose();
  }
  return isReserved;
}

const NOTHING_THERE = {
  code: "not-found",
  message: "UsageError: No image has a pixel of what was asked for",
} as const;

/** A file of a result that was lost is removed: no row names it. */
async function finish(claim: Claim, services: ResultServices, outcome: Outcome, name: string | null): Promise<RunEnd> {
  if (finishClaim(services.records, claim, outcome, services.now())) return { event: outcome.state };
  if (name !== null) await services.results.remove(claim.jobId, name).catch(() => undefined); // else the collector's
  return { event: "lost" };
}

/**
 * Unique in the job. Once a result was taken from a worker that may still be writing, its file has another name than the
 * one that worker knows: whoever comes too late touches nothing but its own.
 */
function fileNameOf({ number, total, takeovers }: Claim, { fileName }: Cutout): string {
  const name = resultFileName(fileName, number, total);
  return takeovers === 0 ? name : name.replace(/(?:\.fits)?\.\w+$/, `_v${takeovers + 1}$&`);
}

function pauseBefore(
  { attempts, crashes }: Claim,
  { firstPauseMilliseconds, maxPauseMilliseconds }: RetryLimits,
): number {
  return Math.min(maxPauseMilliseconds, firstPauseMilliseconds * 2 ** (attempts - crashes - 1));
}

type Watching = {
  readonly gate: ResultServices["gate"];
  readonly signal: AbortSignal;
  readonly failures: { body: boolean };
};

/** Lets others go first before each chunk, and notes whether it was the body that failed. */
function watchBody(body: FileBody, { gate, signal, failures }: Watching): FileBody {
  if (body instanceof Uint8Array) return body;
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await gate.turn(signal);
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          failures.body = true;
          await reader.cancel(error).catch(() => undefined);
          throw error;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 }, // chunks may be lent until the next is asked for
  );
}
