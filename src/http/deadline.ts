import { unref } from "../jobs/job-changes.ts";

/** One signal for all that ends a request's work: the client goes away, or the time is up. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #open: Set<Deadline>;
  #stoppedBy: "client" | "time" | null = null;
  readonly seconds: number;
  /** By `performance.now()`. */
  readonly endsAt: number;

  /** It is one of `open` until it has ended. */
  constructor(open: Set<Deadline>, seconds: number) {
    this.#open = open;
    this.seconds = seconds;
    this.endsAt = performance.now() + seconds * 1000;
    open.add(this);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What came first; null where the work was done before. */
  get stoppedBy(): "client" | "time" | null {
    return this.#stoppedBy;
  }

  stop(by: "client" | "time", reason?: Error): void {
    if (!this.#open.delete(this)) return;
    this.#stoppedBy = by;
    this.#controller.abort(reason);
  }

  /** To be called when the work is done: nothing stops it any more. */
  end(): void {
    this.#open.delete(this);
  }
}

/**
 * What starts deadlines that are so many seconds away. One timer looks after all of them: at 2,000 requests a second each
 * would otherwise set and clear its own.
 */
export function createDeadlines(seconds: number): () => Deadline {
  const open = new Set<Deadline>(); // in the order of their ends
  let timer: unknown;

  function check(): void {
    const now = performance.now();
    for (const deadline of open) {
      if (deadline.endsAt > now) return wait(deadline.endsAt - now);
      deadline.stop("time", new Error(`${seconds} seconds are over`));
    }
    timer = undefined; // not before: whoever is stopped may start another
  }

  function wait(milliseconds: number): void {
    timer = unref(setTimeout(check, milliseconds)); // it runs on where nothing waits for it any more
  }

  return () => {
    if (timer === undefined) wait(seconds * 1000);
    return new Deadline(open, seconds);
  };
}
