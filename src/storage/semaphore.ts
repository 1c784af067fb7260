import { canceled, throwIfCanceled } from "./_checked-read.ts";
import { onAbort } from "./_on-abort.ts";

type Waiter = { readonly start: () => void };

/** Lets `limit` callers in at a time, the others in the order they came. */
export class Semaphore {
  readonly #limit: number;
  readonly #queue: Waiter[] = [];
  #inside = 0;

  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  get idle(): boolean {
    return this.#inside === 0;
  }

  /** Resolves with the function that lets the next one in; calling it twice does no harm. */
  async acquire(signal: AbortSignal | undefined, action: string): Promise<() => void> {
    throwIfCanceled(signal, action);
    if (this.#inside < this.#limit) this.#inside++;
    else await this.#wait(signal, action);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#queue.shift();
      if (next === undefined) this.#inside--;
      else next.start(); // the place passes on: no newcomer slips in between
    };
  }

  #wait(signal: AbortSignal | undefined, action: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        start() {
          stopListening();
          resolve();
        },
      };
      this.#queue.push(waiter);
      const stopListening = onAbort(signal, () => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(canceled(signal as AbortSignal, action)); // only a signal calls this
      });
    });
  }
}
