import type { Context } from "hono";
import { sentAnswerIn } from "./sent-answer.ts";

/**
 * Calls the listener when the client goes away before its answer is whole; at once where it has. The request's own signal
 * tells the same, at the price of an AbortController, a listener of it, and taking that off again.
 */
export function whenClientGone(c: Context, listener: () => void): void {
  const sent = sentAnswerIn(c.env);
  if (sent === null) return whenAborted(c.req.raw.signal, listener);
  sent.onceEnded(({ isWhole }) => {
    if (!isWhole) listener();
  });
}

/** At once where it has been. */
export function whenAborted(signal: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
}
