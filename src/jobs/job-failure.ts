import type { ErrorCode } from "../errors.ts";
import { describeSodaError } from "../ivoa/soda-error.ts";
import type { JobError } from "./job.ts";

/** What a job or a result is told to have failed of. */
export type JobFailure = { readonly code: ErrorCode; readonly message: string };

/** Trying the same again may help. */
const TRANSIENT: readonly string[] = ["source-changed", "unavailable", "canceled", "internal"] satisfies ErrorCode[];

/** In words that name no file of ours. */
export function describeFailure(error: unknown): JobFailure {
  const { code, label, text } = describeSodaError(error);
  return { code, message: `${label}: ${text}` };
}

export function isTransient(code: string): boolean {
  return TRANSIENT.includes(code);
}

/** UWS 1.1, section 2.1.7. */
export function jobErrorOf(code: string | null, message: string | null): JobError | null {
  if (code === null) return null;
  return { kind: isTransient(code) ? "transient" : "fatal", message: message ?? "Error: The service failed" };
}
