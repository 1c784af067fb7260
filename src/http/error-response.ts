import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ServiceError, type ErrorCode } from "../errors.ts";
import { describeSodaError } from "../ivoa/soda-error.ts";
import type { AppEnv } from "./app-env.ts";
import { challengesOf } from "./challenge.ts";

const STATUSES: Record<ErrorCode, ContentfulStatusCode> = {
  usage: 400,
  "multi-valued": 400,
  unauthenticated: 401,
  forbidden: 403,
  "wrong-phase": 403, // UWS 1.1, section 2.2
  "not-found": 404,
  "over-limit": 413,
  "too-many": 429,
  unsupported: 422,
  "missing-file": 500,
  "corrupt-data": 500,
  "source-changed": 503,
  unavailable: 503,
  canceled: 503,
  internal: 500,
};

export type ErrorBody = { readonly status: ContentfulStatusCode; readonly text: string };

/** What the client gets. Of a fault of ours it gets no detail but the request's id, under which the log has the rest. */
export function describeError(error: unknown, requestId: string): ErrorBody {
  const { code, label, text, isFault } = describeSodaError(error);
  return {
    status: STATUSES[code],
    text: isFault ? `${label}: ${text} (request ${requestId})\n` : `${label}: ${text}\n`,
  };
}

/** The answer to a request that failed, as text, with what its status asks for beside it. */
export function answerError(c: Context<AppEnv>, error: unknown): ErrorBody & { readonly response: Response } {
  const { status, text } = describeError(error, c.var.requestId);
  if (status === 401) c.header("WWW-Authenticate", demandOf(c));
  if (status === 503) c.header("Retry-After", "5");
  if (status === 429) c.header("Retry-After", String(retryAfterOf(error) ?? 30));
  return { status, text, response: c.text(text, status) };
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof ServiceError ? error.retryAfterSeconds : undefined;
}

/** Credentials that were sent and refused are called that (RFC 6750, section 3.1); their lack is not. */
function demandOf(c: Context<AppEnv>): string {
  return challengesOf(c, c.req.header("authorization") === undefined ? {} : { error: "invalid_token" });
}
