import type { Context, MiddlewareHandler } from "hono";
import type { Grant } from "../access/identity.ts";
import { createRequestCounter } from "../access/limits/rate-limit.ts";
import { clientKeyOf } from "../access/network/client-key.ts";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import { requestHeader } from "./request-header.ts";

/** Of one address, in a minute: a script whose token has expired may ask a while before somebody sees it. */
const MOST_FAILURES = 300;
const MOST_ADDRESSES = 10_000;

/**
 * To be joined with what identifies requests, and before it: counts those by address whose credentials are wrong, which never get to the
 * limits of users. Right ones are taken from there all the same, and cost nothing here.
 */
export function limitFailures(): MiddlewareHandler<AppEnv> {
  const failures = createRequestCounter({ maxKeys: MOST_ADDRESSES });

  async function watch(c: Context<AppEnv>, next: () => Promise<void>): Promise<void> {
    try {
      return await next();
    } catch (error) {
      const isKnown = (c.get("grant") as Grant | undefined) !== undefined;
      if (isKnown || !(error instanceof ServiceError) || !REFUSED.has(error.code)) throw error;
      const { isAllowed, resetSeconds } = failures.take(clientKeyOf(c.get("clientAddress")), MOST_FAILURES);
      throw isAllowed ? error : tooManyFailures(resetSeconds);
    }
  }

  return (c, next) => (requestHeader(c, "authorization") === undefined ? next() : watch(c, next));
}

const REFUSED: ReadonlySet<string> = new Set(["unauthenticated", "forbidden"]);

function tooManyFailures(retryAfterSeconds: number): ServiceError {
  return new ServiceError(
    "too-many",
    `Cannot answer: ${MOST_FAILURES} requests with a token that is not good came from your address in a minute; ask again in ${retryAfterSeconds} s`,
    { retryAfterSeconds },
  );
}
