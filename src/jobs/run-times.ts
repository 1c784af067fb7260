import type { CutoutCost } from "../cutout/plan.ts";

/** What a cutout is thought to cost: both together, because a plain image has bytes only and a mask almost none. */
export type Work = Pick<CutoutCost, "bytesToRead" | "pixelsToDecode">;

/** One cutout that was made. */
export type RunTime = Work & { readonly seconds: number };

/** Seconds that a cutout takes: so many at least, and so many more for every unit of work. */
export type RunTimeModel = { readonly fixedSeconds: number; readonly secondsPerUnit: number };

/** Before anything has run: test/bench/baseline.md, a first touch on one slow core, files in the page cache. */
export const FIRST_GUESS: RunTimeModel = { fixedSeconds: 0.005, secondsPerUnit: 1e-8 };

/** As much as so many cutouts, the first guess weighs. */
const GUESS_WEIGHT = 5;
/** Of the times seen, this part was faster: an estimate that is too short every other time is no help. */
const QUANTILE = 0.75;
/** Below this, a cutout's time says nothing about the time of its pixels. */
const LEAST_WORK = 1_000_000;

/**
 * From the latest run times. Small cutouts tell the fixed part, large ones the rest, each by the 0.75 quantile, so that a
 * few that met a cold disk or a busy machine do not decide.
 */
export function learnRunTimes(seen: readonly RunTime[]): RunTimeModel {
  const small = seen.filter((run) => unitsOf(run) < LEAST_WORK).map(({ seconds }) => seconds);
  const fixedSeconds = quantile([...small, ...guesses(FIRST_GUESS.fixedSeconds)]);
  const rates = seen
    .filter((run) => unitsOf(run) >= LEAST_WORK)
    .map((run) => Math.max(0, run.seconds - fixedSeconds) / unitsOf(run));
  return { fixedSeconds, secondsPerUnit: quantile([...rates, ...guesses(FIRST_GUESS.secondsPerUnit)]) };
}

export function estimateSeconds({ fixedSeconds, secondsPerUnit }: RunTimeModel, work: Work): number {
  return fixedSeconds + secondsPerUnit * unitsOf(work);
}

function unitsOf({ bytesToRead, pixelsToDecode }: Work): number {
  return bytesToRead + pixelsToDecode;
}

function guesses(value: number): number[] {
  return new Array<number>(GUESS_WEIGHT).fill(value);
}

function quantile(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  return sorted[Math.floor(QUANTILE * (sorted.length - 1))];
}
