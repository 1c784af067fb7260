import type { Context } from "hono";
import { setAnswerHeader } from "./answer-header.ts";
import type { AppEnv } from "./app-env.ts";

/** A quota over a stretch of time, and what is left of it. */
export type QuotaState = {
  readonly limit: number;
  readonly used: number;
  /** Until there is more again. */
  readonly resetSeconds: number;
  readonly windowSeconds: number;
};

/**
 * What is left of what a client may have, in the fields of draft-ietf-httpapi-ratelimit-headers (up to its version 07,
 * which clients know): limit, remaining and seconds to wait, and the limit with its window.
 */
export function setQuotaHeaders(c: Context<AppEnv>, { limit, used, resetSeconds, windowSeconds }: QuotaState): void {
  const text = String(limit);
  setAnswerHeader(c, "RateLimit-Limit", text);
  setAnswerHeader(c, "RateLimit-Remaining", String(Math.max(0, limit - used)));
  setAnswerHeader(c, "RateLimit-Reset", String(resetSeconds));
  setAnswerHeader(c, "RateLimit-Policy", `${text};w=${windowSeconds}`);
}
