/** What went wrong, in the terms of the core; `http/error-response.ts` and the command line say it in theirs. */
export type ErrorCode =
  | "usage" // the request makes no sense, or asks for what no service could do
  | "multi-valued" // several values of a parameter that takes one here
  | "unauthenticated"
  | "forbidden"
  | "wrong-phase" // not in this phase of the job
  | "not-found" // no such dataset, job, release, HDU …
  | "over-limit" // larger than the configuration allows
  | "too-many" // as much as one may have at a time; later, or after something else has ended, it is possible
  | "missing-file" // the records name a file that is not there
  | "corrupt-data" // bytes that contradict their own description
  | "unsupported" // valid, but not something this version can do
  | "source-changed" // a file was replaced while it was being read
  | "unavailable" // a source does not answer now; trying again may help
  | "canceled" // the caller went away
  | "internal";

/** The one error class. The message starts with the action, quotes the value, and says what is needed. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ErrorCode;
  /** Of "too-many", where it is known when there will be room again: whole seconds. */
  readonly retryAfterSeconds: number | undefined;
  /** Of "too-many" and "over-limit": the limit's name in `access/limits.ts`, or "guesses" of passwords, where it is one of these. */
  readonly limit: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { cause?: unknown; retryAfterSeconds?: number; limit?: string | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
    this.limit = options?.limit;
  }
}
