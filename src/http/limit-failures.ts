import type { Context, MiddlewareHandler } from "hono";
import type { Grant } from "../access/authenticate.ts";
import { createRequestCounter } from "../access/limits/rate-limit.ts";
import { clientKeyOf } from "../access/network/client-key.ts";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

/** Of one address, in a minute: a script whose token has expired may ask a while before somebody sees it. */
const MOST_FAILURES = 300;
const MOST_ADDRESSES = 10_000;

/**
 * To be used before requests are identified: counts those by address whose credentials are wrong, which never get to the
 * limits of users. Right ones are taken from there all the same, and cost nothing here.
 */
export function limitFailures(): MiddlewareHandler<AppEnv> {
  const failures = createRequestCounter({ maxKeys: MOST_ADDRESSES });

  async function watch(c: Context<AppEnv>, next: () => Promise<void>): Promise<void> {
    await next();
    const grant = c.get("grant") as Grant | undefined;
    if (c.error === undefined || grant !== undefined) return; // it was identified
    if (!(c.error instanceof ServiceError) || !REFUSED.has(c.error.code)) return;
    const { isAllowed, resetSeconds } = failures.take(clientKeyOf(c.get("clientAddress")), MOST_FAILURES);
    if (isAllowed) return;
    c.header("WWW-Authenticate", undefined); // of the answer that this one takes the place of
    throw tooManyFailures(resetSeconds);
  }

  return (c, next) => (c.req.header("authorization") === undefined ? next() : watch(c, next));
}

const REFUSED: ReadonlySet<string> = new Set(["unauthenticated", "forbidden"]);

function tooManyFailures(retryAfterSeconds: number): ServiceError {
  return new ServiceError(
    "too-many",
    `Cannot answer: ${MOST_FAILURES} requests with a token that is not good came from your address in a minute; ask again in ${retryAfterSeconds} s`,
    { retryAfterSeconds },
  );
}
