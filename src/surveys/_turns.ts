import { ServiceError } from "../errors.ts";

/** How long a search runs before other work of the process gets its turn. */
const SLICE_MILLISECONDS = 10;

/** To be called before each step of a search: a promise where it has to wait, and nothing where it may go on. */
export type Turns = { next(): Promise<void> | undefined };

/** Gives other work its turn when this one's time is up. Throws "canceled" once the signal is aborted. */
export function createTurns(signal: AbortSignal): Turns {
  throwIfAborted(signal);
  let end = performance.now() + SLICE_MILLISECONDS;
  return {
    next() {
      if (performance.now() < end) return undefined;
      return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
        throwIfAborted(signal);
        end = performance.now() + SLICE_MILLISECONDS;
      });
    },
  };
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ServiceError("canceled", "Stopped the search for images", { cause: signal.reason });
}
