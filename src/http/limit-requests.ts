import type { Context, MiddlewareHandler } from "hono";
import { countedAs } from "../access/limits/counted-as.ts";
import type { LimitsOf } from "../access/limits/limits.ts";
import type { RequestCounter } from "../access/limits/rate-limit.ts";
import type { StreamSlots } from "../access/limits/stream-slots.ts";
import type { Traffic } from "../access/limits/traffic.ts";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import { setQuotaHeaders } from "./limit-headers.ts";
import { sentAnswerIn, whenEnded } from "./sent-answer.ts";

export type RequestLimits = {
  readonly limitsOf: LimitsOf;
  readonly requests: RequestCounter;
  readonly streams: StreamSlots;
  readonly traffic: Traffic;
};

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

/**
 * Holds users, and addresses of who has not signed in, to requests a minute, answers at a time and bytes a day. An answer
 * counts from its request until its connection has taken, or lost, the last of it.
 */
export function limitRequests({ limitsOf, requests, streams, traffic }: RequestLimits): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    const { isFree, mayWait } = c.get("rule");
    if (isFree) return next();
    const user = c.get("user"); // `c.var` copies all there is, at each request
    const limits = limitsOf(user);
    const key = countedAs(user, c.get("clientAddress"));

    const { requestsPerMinute } = limits;
    const { isAllowed, used, resetSeconds } = requests.take(key, requestsPerMinute);
    if (requestsPerMinute !== Infinity) {
      setQuotaHeaders(c, { limit: requestsPerMinute, used, resetSeconds, windowSeconds: MINUTE_SECONDS });
      if (!isAllowed) throw tooManyRequests(requestsPerMinute, resetSeconds);
    }

    c.set("reserveBytes", (byteLength) => {
      try {
        return traffic.reserve(key, byteLength, limits.bytesPerDay);
      } catch (error) {
        if (error instanceof ServiceError && error.retryAfterSeconds !== undefined) {
          const { retryAfterSeconds: reset } = error;
          const [limit, of] = [limits.bytesPerDay, traffic.used(key)];
          setQuotaHeaders(c, { limit, used: of, resetSeconds: reset, windowSeconds: DAY_SECONDS });
        }
        throw error;
      }
    });

    if (mayWait) return next();
    const release = streams.take(key, limits.streams);
    if (release === null) throw tooManyStreams(limits.streams);
    const sent = sentAnswerIn(c.env);
    if (sent === null) return holdUntilEnded(c, next, release);
    sent.onceEnded(release);
    return next();
  };
}

/** Without a server below that tells; where it fails before there is an answer, no longer than that. */
async function holdUntilEnded(c: Context<AppEnv>, next: () => Promise<void>, release: () => void): Promise<void> {
  try {
    return await next();
  } finally {
    if (c.finalized) whenEnded(c, release);
    else release();
  }
}

function tooManyRequests(limit: number, retryAfterSeconds: number): ServiceError {
  return new ServiceError(
    "too-many",
    `Cannot answer: ${limit} requests a minute are allowed, and as many came; ask again in ${retryAfterSeconds} s`,
    { retryAfterSeconds, limit: "requestsPerMinute" },
  );
}

/** Nobody knows when one ends. */
const STREAM_RETRY_SECONDS = 1;

function tooManyStreams(limit: number): ServiceError {
  return new ServiceError(
    "too-many",
    `Cannot answer: ${limit} answers at a time are allowed, and as many are being sent; ask again when one has ended`,
    { retryAfterSeconds: STREAM_RETRY_SECONDS, limit: "streams" },
  );
}
