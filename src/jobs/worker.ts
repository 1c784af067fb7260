import {
  beatHeart,
  claimResult,
  listHeld,
  registerWorker,
  releaseClaim,
  removeWorker,
  takeFromDead,
  type Claim,
} from "./claims.ts";
import { describeFailure } from "./job-failure.ts";
import { unref, type JobChanges } from "./job-changes.ts";
import { abortJob, listOverdueJobs } from "./job-transitions.ts";
import { runResult, type ResultServices, type RunEnd, type StopReason } from "./run-result.ts";
import { ServiceError } from "../errors.ts";
import { pause } from "./watch-job.ts";

export type WorkerOptions = ResultServices & {
  readonly changes: JobChanges;
  /** Results that are worked on at a time. */
  readonly concurrency: number;
  /** A worker that has not been heard of for so long is dead. */
  readonly leaseSeconds: number;
  readonly log: (entry: WorkerLogEntry) => void;
};

export type WorkerLogEntry = {
  readonly event: "result" | "worker" | "quote";
  readonly what: RunEnd["event"] | "started" | "stopped" | "took-over" | "lost-lease" | "overdue" | "failed";
  readonly jobId?: string;
  readonly number?: number;
  readonly milliseconds?: number;
  readonly error?: unknown;
};

export type JobWorker = {
  /** Gives back what it works on and resolves when nothing is left under way. */
  stop(): Promise<void>;
  /** Results under way. */
  readonly running: number;
};

/** So soon at the latest it is noticed that a job was aborted or deleted by another process, and that there is work. */
const TICK_MILLISECONDS = 400;

/**
 * Works on results, some at a time, until it is stopped. Any number of workers may work on the same records. Its heart
 * beats three times a lease; what others held whose heart has stopped goes back to the queue.
 */
export function startWorker(options: WorkerOptions): JobWorker {
  const { records, changes, concurrency, leaseSeconds, retry, now, log } = options;
  const leaseMilliseconds = leaseSeconds * 1000;
  const running = new Map<Claim, AbortController>();
  const stopping = new AbortController();
  const tasks = new Set<Promise<void>>();
  /** null while it is not known as a worker: at the start, and after others gave it up. */
  let workerId: string | null = null;
  let beatAt = now();
  /** After the disk of the results failed, nothing new is begun for so long: twice as long each time it fails again. */
  let storePause = 0;
  let storePausedUntil = 0;
  let pumpQueued = false;

  /** Begins what there is a place for. */
  function pump(): void {
    if (workerId === null || stopping.signal.aborted || now() < storePausedUntil) return;
    while (running.size < concurrency) {
      const claim = claimResult(records, { workerId, now: now() });
      if (claim === null) return;
      const task = run(claim).finally(() => tasks.delete(task));
      tasks.add(task);
      changes.notify(claim.jobId);
    }
  }

  async function run(claim: Claim): Promise<void> {
    const { jobId, number } = claim;
    const controller = new AbortController();
    running.set(claim, controller);
    const started = performance.now();
    const tell = (what: WorkerLogEntry["what"], error?: unknown) =>
      log({ event: "result", what, jobId, number, milliseconds: performance.now() - started, error });
    try {
      const { event, error, storeFailed = false } = await runResult(claim, options, controller.signal);
      noteStore(event, storeFailed);
      tell(event, error);
    } catch (error) {
      tell("failed", error); // the records could not be written: it is given back when they can be
    } finally {
      running.delete(claim);
    }
    changes.notify(jobId);
    schedulePump();
  }

  function noteStore(event: RunEnd["event"], failed: boolean): void {
    if (event === "DONE") storePause = 0;
    if (!failed) return;
    storePause = Math.min(retry.maxPauseMilliseconds, Math.max(retry.firstPauseMilliseconds, storePause * 2));
    storePausedUntil = now() + storePause;
  }

  /** Soon, and once, however many ask; never from within a listener. */
  function schedulePump(): void {
    if (pumpQueued || stopping.signal.aborted) return;
    pumpQueued = true;
    queueMicrotask(() => {
      pumpQueued = false;
      guarded(pump);
    });
  }

  /** Ends what is no longer ours: aborted, deleted, or taken because we were thought to be dead. */
  function dropLost(): void {
    const id = workerId ?? "";
    const held = listHeld(records, id, now());
    for (const [claim, controller] of running) {
      const isHeld = claim.workerId === id && held.get(claim.resultId) === claim.takeovers;
      held.delete(claim.resultId);
      if (!isHeld && !controller.signal.aborted) controller.abort("taken" satisfies StopReason);
    }
    // Ours in the records, and nobody works on it: what became of it could not be written.
    const retryAt = now() + retry.firstPauseMilliseconds;
    for (const [resultId, takeovers] of held) {
      releaseClaim(records, { resultId, workerId: id, takeovers }, { retryAt, counts: true });
    }
  }

  /** Also when the clock was put back. Claims go with the id: one that others gave up never comes back. */
  function beat(): void {
    if (workerId !== null && Math.abs(now() - beatAt) >= leaseMilliseconds / 3) {
      beatAt = now();
      if (beatHeart(records, workerId, beatAt)) return;
      log({ event: "worker", what: "lost-lease" });
      workerId = null;
    }
    if (workerId !== null) return;
    const id = crypto.randomUUID();
    beatAt = now();
    registerWorker(records, id, beatAt);
    workerId = id;
  }

  function reclaim(): void {
    const dead = { before: now() - leaseMilliseconds, pauseMilliseconds: leaseMilliseconds / 5, now: now() };
    for (const jobId of takeFromDead(records, { ...dead, maxCrashes: retry.maxCrashes })) {
      log({ event: "worker", what: "took-over", jobId });
      changes.notify(jobId);
    }
  }

  function endOverdue(): void {
    for (const { id, seconds } of listOverdueJobs(records, now())) {
      const error = new ServiceError("over-limit", `Cannot finish the job within its ${seconds} seconds`);
      if (!abortJob(records, { id, now: now(), reason: describeFailure(error) })) continue;
      log({ event: "worker", what: "overdue", jobId: id });
      changes.notify(id);
    }
  }

  /** The records may be busy for longer than one waits for them: the next tick tries again. */
  function guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      log({ event: "worker", what: "failed", error });
    }
  }

  const tick = () => [beat, reclaim, endOverdue, dropLost, pump].forEach(guarded);
  const unsubscribe = changes.subscribe(null, () => {
    guarded(dropLost);
    schedulePump();
  });
  const timer = unref(setInterval(tick, Math.min(TICK_MILLISECONDS, leaseMilliseconds / 3)));
  log({ event: "worker", what: "started" });
  tick();

  return {
    async stop() {
      clearInterval(timer);
      unsubscribe();
      stopping.abort();
      for (const controller of running.values()) controller.abort("stop" satisfies StopReason);
      // What does not end in time is taken over when the lease is.
      await Promise.race([Promise.all(tasks), pause(leaseMilliseconds, new AbortController().signal)]);
      guarded(() => removeWorker(records, workerId ?? ""));
      log({ event: "worker", what: "stopped" });
    },
    get running() {
      return running.size;
    },
  };
}
