import { ServiceError } from "../errors.ts";
import { throwIfCanceled } from "./_checked-read.ts";
import { onAbort } from "./_on-abort.ts";

/** Resolves after the time, or rejects when the signal fires. */
export type Delay = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export type RetryOptions = {
  /** Tries after the first one. */
  readonly retries: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly delay: Delay;
};

/** A try failed in a way that another may not. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  /** The server's own wish (Retry-After). */
  readonly retryAfterMilliseconds: number;

  constructor(message: string, options: { cause?: unknown; retryAfterMilliseconds?: number | undefined } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMilliseconds = options.retryAfterMilliseconds ?? 0;
  }
}

const FIRST_WAIT_MILLISECONDS = 200;
const LONGEST_WAIT_MILLISECONDS = 10_000;

/**
 * Tries again what failed with a TransientError, then rejects with "unavailable". Between two tries it waits a random
 * part of a time that doubles, so that many callers who failed together do not come back together.
 */
export async function withRetries<T>(
  action: string,
  options: RetryOptions & { readonly signal?: AbortSignal | undefined },
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      throwIfCanceled(options.signal, action);
      if (!(error instanceof TransientError)) throw error;
      const tooLong = error.retryAfterMilliseconds > LONGEST_WAIT_MILLISECONDS;
      if (tries > options.retries || tooLong) {
        const count = tries === 1 ? "1 try" : `${tries} tries`;
        throw new ServiceError("unavailable", `${action}: ${error.message}, after ${count}`, { cause: error });
      }
      const longest = Math.min(LONGEST_WAIT_MILLISECONDS, FIRST_WAIT_MILLISECONDS * 2 ** (tries - 1));
      await pause(Math.max(options.random() * longest, error.retryAfterMilliseconds), action, options);
    }
  }
}

async function pause(
  milliseconds: number,
  action: string,
  { delay, signal }: { readonly delay: Delay; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  try {
    await delay(milliseconds, signal);
  } catch (error) {
    throwIfCanceled(signal, action);
    throw error;
  }
}

export const delayByTimer: Delay = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopListening();
      resolve();
    }, milliseconds);
    const stopListening = onAbort(signal, () => {
      clearTimeout(timer);
      reject(new DOMException("The delay was aborted", "AbortError"));
    });
  });
