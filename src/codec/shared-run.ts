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

/**
 * Places of words in the arena: what ends the run when it is not 0, how many jobs are taken and how many done, and how many
 * takers may be at work on any.
 */
export type RunState = {
  readonly stop: number;
  readonly taken: number;
  readonly done: number;
  readonly inside: number;
};

/** The decoder works on four tiles at once. */
const TOGETHER = 4;
/** Whoever is held up by other programs then holds up the rest by no more than a quarter of its share. */
const STEPS = 4;

const STATE_WORDS = 4;
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
  return { ...run, step, jobBytes: JOB_BYTES, state: { stop, taken: stop + 1, done: stop + 2, inside: stop + 3 } };
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
  const { taken, done, inside } = state;
  Atomics.add(words, inside, 1);
  do {
    const from = Atomics.add(words, taken, step);
    if (from >= count) break;
    const some = Math.min(step, count - from);
    const ended = decodeTiles(plane, jobs + from * jobBytes, some, scratch, scratchBytes, 4 * state.stop);
    Atomics.add(words, done, ended);
    // What is left is of no use; what lies before is taken.
    if (ended < some) Atomics.store(words, taken, count);
  } while (mayGoOn());
  Atomics.sub(words, inside, 1);
}

/** Whether all jobs are taken: whoever comes now touches none of them. */
export function isTaken(words: Uint32Array, { count, state }: SharedRun): boolean {
  return Atomics.load(words, state.taken) >= count;
}

/** Whether nobody works on any job, or will. */
export function isOver(words: Uint32Array, run: SharedRun): boolean {
  return isTaken(words, run) && Atomics.load(words, run.state.inside) === 0;
}

export function isDone(words: Uint32Array, { count, state }: SharedRun): boolean {
  return Atomics.load(words, state.done) === count;
}

/** Settles when the run is over, at the latest when all of its takers have ended: those that have yet to come do not matter. */
export async function whenOver(words: Uint32Array, run: SharedRun, ends: readonly Promise<void>[]): Promise<void> {
  if (isOver(words, run)) return;
  await new Promise<void>((resolve) => {
    const look = () => {
      if (isOver(words, run)) resolve();
    };
    for (const end of ends) end.then(look, look);
    void Promise.allSettled(ends).then(() => resolve());
  });
}
