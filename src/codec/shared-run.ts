import { JOB_BYTES } from "./layout.ts";
import type { DecoderExports } from "./module.ts";

/** A run of jobs in a job table, all on one plane. */
export type JobRun = { readonly plane: number; readonly jobs: number; readonly count: number };

/** One that several threads work on: each takes the next `step` jobs until none is left. */
export type SharedRun = JobRun & {
  readonly step: number;
  readonly jobBytes: number;
  readonly state: RunState;
};

/** Places of words in the arena: what ends the run when it is not 0, how many jobs are taken, and how many are done. */
export type RunState = { readonly stop: number; readonly taken: number; readonly done: number };

/** The decoder works on four tiles at once. */
const TOGETHER = 4;
/** Whoever begins late, or is held up by other programs, then holds up the rest by no more than a quarter of its share. */
const STEPS = 4;

const STATE_WORDS = 3;
export const STATE_BYTES = 4 * STATE_WORDS;

/** How many jobs are best taken at a time, where so many threads take them. */
export function stepOf(count: number, takers: number): number {
  const share = Math.ceil(count / takers);
  return takers === 1 || share < 2 * TOGETHER ? share : Math.ceil(share / (STEPS * TOGETHER)) * TOGETHER;
}

/** `address`: of STATE_BYTES in the arena, whose `words` these are. */
export function shareRun(run: JobRun, step: number, address: number, words: Uint32Array): SharedRun {
  const stop = address >>> 2;
  words.fill(0, stop, stop + STATE_WORDS);
  return { ...run, step, jobBytes: JOB_BYTES, state: { stop, taken: stop + 1, done: stop + 2 } };
}

type Taker = {
  readonly scratch: number;
  readonly scratchBytes: number;
  /** Asked after each step, so that nobody leaves a run that has no other taker; as always where it is left out. */
  readonly mayGoOn?: () => boolean;
};

/**
 * Does what is left of a run, until nothing is or a job fails. `words`: of the arena. Threads get this as source text: it
 * refers to nothing outside itself.
 */
export function takeJobs(
  decodeTiles: DecoderExports["decodeTiles"],
  words: Uint32Array,
  { plane, jobs, count, step, jobBytes, state }: SharedRun,
  { scratch, scratchBytes, mayGoOn = () => true }: Taker,
): void {
  const { taken, done } = state;
  do {
    const from = Atomics.add(words, taken, step);
    if (from >= count) return;
    const some = Math.min(step, count - from);
    const ended = decodeTiles(plane, jobs + from * jobBytes, some, scratch, scratchBytes, 4 * state.stop);
    Atomics.add(words, done, ended);
    if (ended < some) {
      Atomics.store(words, taken, count); // What is left is of no use; what lies before is taken.
      return;
    }
  } while (mayGoOn());
}
