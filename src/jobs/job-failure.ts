import { ServiceError, type ErrorCode } from "../errors.ts";
import type { JobError } from "./job.ts";

/** What a job or a result is told to have failed of. */
export type JobFailure = { readonly code: ErrorCode; readonly message: string };

/** The label that SODA 1.0, section 5.2 asks a text to begin with, and what may be said where the fault is ours. */
const LABELS: Record<ErrorCode, readonly [label: string, fault: string | null]> = {
  usage: ["UsageError", null],
  "multi-valued": ["MultiValuedParamNotSupported", null],
  unauthenticated: ["AuthenticationError", null],
  forbidden: ["AuthorizationError", null],
  "not-found": ["UsageError", null],
  "over-limit": ["UsageError", null],
  unsupported: ["UsageError", null],
  "missing-file": ["Error", "The image is on record, and its file cannot be found"],
  "corrupt-data": ["Error", "The image's file is damaged"],
  "source-changed": ["ServiceUnavailable", "The image's file was replaced while it was read"],
  unavailable: ["ServiceUnavailable", "The images, or the disk of the results, could not be reached"],
  canceled: ["ServiceUnavailable", "The work was given up"],
  internal: ["Error", "The service failed"],
};

/** Trying the same again may help. */
const TRANSIENT: readonly string[] = ["source-changed", "unavailable", "canceled", "internal"] satisfies ErrorCode[];

/** In words that name no file of ours. */
export function describeFailure(error: unknown): JobFailure {
  const code = error instanceof ServiceError ? error.code : "internal";
  const [label, fault] = LABELS[code];
  return { code, message: `${label}: ${fault ?? (error as ServiceError).message}` };
}

export function isTransient(code: string): boolean {
  return TRANSIENT.includes(code);
}

/** UWS 1.1, section 2.1.7. */
export function jobErrorOf(code: string | null, message: string | null): JobError | null {
  if (code === null) return null;
  return { kind: isTransient(code) ? "transient" : "fatal", message: message ?? "Error: The service failed" };
}
