import { ServiceError, type ErrorCode } from "../errors.ts";

/** The label that SODA 1.0, section 5.2 asks an error text to begin with, and what is said where the fault is ours. */
const LABELS: Record<ErrorCode, readonly [label: string, fault: string | null]> = {
  usage: ["UsageError", null],
  "multi-valued": ["MultiValuedParamNotSupported", null],
  unauthenticated: ["AuthenticationError", null],
  forbidden: ["AuthorizationError", null],
  "wrong-phase": ["UsageError", null], // to sign in would not help
  "not-found": ["UsageError", null],
  "over-limit": ["UsageError", null],
  "too-many": ["UsageError", null],
  unsupported: ["UsageError", null],
  "missing-file": ["Error", "The image is on record, and its file cannot be found"],
  "corrupt-data": ["Error", "The image's file is damaged"],
  "source-changed": ["ServiceUnavailable", "The image's file was replaced while it was read; try again"],
  unavailable: ["ServiceUnavailable", "Something that is needed for this cannot be reached now; try again later"],
  canceled: ["ServiceUnavailable", "The work was given up"],
  internal: ["Error", "The service failed"],
};

export type SodaError = {
  readonly code: ErrorCode;
  readonly label: string;
  /** Where `isFault`, in words that name no file of ours. */
  readonly text: string;
  readonly isFault: boolean;
};

/** What a client may know of an error. */
export function describeSodaError(error: unknown): SodaError {
  const code = error instanceof ServiceError ? error.code : "internal";
  const [label, fault] = LABELS[code];
  return { code, label, text: fault ?? (error as ServiceError).message, isFault: fault !== null };
}
