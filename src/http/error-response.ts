import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ServiceError, type ErrorCode } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import { formatChallenges } from "./challenge.ts";

/** Status, and the label that SODA 1.0, section 5.2 asks an error text to begin with. */
const RESPONSES: Record<ErrorCode, readonly [ContentfulStatusCode, string]> = {
  usage: [400, "UsageError"],
  "multi-valued": [400, "MultiValuedParamNotSupported"],
  unauthenticated: [401, "AuthenticationError"],
  forbidden: [403, "AuthorizationError"],
  "not-found": [404, "UsageError"],
  "over-limit": [413, "UsageError"],
  unsupported: [422, "UsageError"],
  "missing-file": [500, "Error"],
  "corrupt-data": [500, "Error"],
  "source-changed": [503, "ServiceUnavailable"],
  unavailable: [503, "ServiceUnavailable"],
  canceled: [503, "ServiceUnavailable"],
  internal: [500, "Error"],
};

export type ErrorBody = { readonly status: ContentfulStatusCode; readonly text: string };

/** What the client gets. Of a fault of ours it gets no detail but the request's id, under which the log has the rest. */
export function describeError(error: unknown, requestId: string): ErrorBody {
  const code = error instanceof ServiceError ? error.code : "internal";
  const [status, label] = RESPONSES[code];
  if (error instanceof ServiceError && status < 500) return { status, text: `${label}: ${error.message}\n` };
  return { status, text: `${label}: ${FAULTS[code] ?? "The service failed"} (request ${requestId})\n` };
}

/** The answer to a request that failed, as text, with what its status asks for beside it. */
export function answerError(c: Context<AppEnv>, error: unknown): ErrorBody & { readonly response: Response } {
  const { status, text } = describeError(error, c.var.requestId);
  if (status === 401) c.header("WWW-Authenticate", challengeOf(c));
  if (status === 503) c.header("Retry-After", "5");
  return { status, text, response: c.text(text, status) };
}

/** Credentials that were sent and refused are called that (RFC 6750, section 3.1); their lack is not. */
function challengeOf(c: Context<AppEnv>): string {
  const challenge = formatChallenges({ publicUrl: c.var.publicUrl });
  return c.req.header("authorization") === undefined ? challenge : `${challenge}, error="invalid_token"`;
}

/** The reason for a 5xx in words that name no file. */
const FAULTS: Partial<Record<ErrorCode, string>> = {
  "missing-file": "The image is on record, and its file cannot be found",
  "corrupt-data": "The image's file is damaged",
  "source-changed": "The image's file was replaced while it was read; try again",
  unavailable: "The images cannot be reached now; try again later",
  canceled: "The request was given up",
};
