import type { Context } from "hono";
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
  c.header("RateLimit-Limit", text);
  c.header("RateLimit-Remaining", String(Math.max(0, limit - used)));
  c.header("RateLimit-Reset", String(resetSeconds));
  c.header("RateLimit-Policy", `${text};w=${windowSeconds}`);
}
