import { unref, type JobFollower } from "./job-changes.ts";
import type { WaitOptions } from "./job-service.ts";
import { FINISHED_PHASES, type Job, type JobPhase } from "./job.ts";

/** Several changes within this are told as one. */
const PAUSE_MILLISECONDS = 500;
/** So often a job is looked at though nothing was told: its time may be over. */
const LOOK_MILLISECONDS = 15_000;

/** Resolves when the job's phase is another, the time is over, or the signal fires. Rejects when the job goes. */
export async function waitForPhaseChange(
  { phaseOf, follower }: { readonly phaseOf: () => JobPhase; readonly follower: JobFollower },
  { phase, seconds, signal }: WaitOptions,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  try {
    while (phaseOf() === phase && !signal.aborted) {
      const left = end - performance.now();
      if (left <= 0) return;
      await follower.next({ milliseconds: Math.min(left, LOOK_MILLISECONDS), signal });
    }
  } finally {
    follower.stop();
  }
}

/** The job, and again whenever it is another, to its end: of its work, or of the job. */
export async function* watchJob(
  { findJob, follow }: { readonly findJob: () => Job | null; readonly follow: () => JobFollower },
  signal: AbortSignal,
): AsyncGenerator<Job, void, undefined> {
  const follower = follow();
  let told = "";
  try {
    for (;;) {
      const job = findJob();
      if (job === null) return;
      const text = JSON.stringify({ ...job, quoteAt: job.quoteAt !== null }); // an estimate moves by itself
      if (text !== told) yield job;
      told = text;
      if (FINISHED_PHASES.includes(job.phase) || signal.aborted) return;
      await pause(PAUSE_MILLISECONDS, signal);
      await follower.next({ milliseconds: LOOK_MILLISECONDS, signal });
      if (signal.aborted) return;
    }
  } finally {
    follower.stop();
  }
}

/** Never rejects. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = unref(setTimeout(done, milliseconds));
    signal.addEventListener("abort", done, { once: true });
  });
}
