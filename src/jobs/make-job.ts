import type { Role, User } from "../access/user.ts";
import type { JobRow } from "../db/records-schema.ts";
import { ServiceError } from "../errors.ts";
import type { JobLimits } from "./job-limits.ts";
import type { ParameterList } from "./job.ts";

/** Lower goes first. */
const PRIORITIES: Record<Role, number> = { admin: 10, priority: 10, user: 20, anonymous: 30 };

const MAX_RUN_ID_LENGTH = 64;

/** A PENDING job with an id that nobody guesses. */
export function makeJob({
  owner,
  parameters,
  limits,
  now,
}: {
  readonly owner: User;
  readonly parameters: ParameterList;
  readonly limits: JobLimits;
  readonly now: number;
}): JobRow {
  return {
    id: makeJobId(),
    owner: owner.id,
    priority: PRIORITIES[owner.role],
    runId: runIdOf(parameters),
    phase: "PENDING",
    parameters,
    createdAt: now,
    queuedAt: null,
    startedAt: null,
    endedAt: null,
    destructionAt: now + limits.lifetimeSeconds * 1000,
    extensions: 0,
    quoteAt: null,
    executionDurationSeconds: limits.executionDurationSeconds,
    errorCode: null,
    errorMessage: null,
  };
}

/** 130 random bits in base 32 (RFC 4648, section 6), lower case. */
function makeJobId(): string {
  const random = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(random, (byte) => "abcdefghijklmnopqrstuvwxyz234567"[byte & 31]).join("");
}

/** The last one that is given. */
export function runIdOf(parameters: ParameterList): string | null {
  const runId = parameters.findLast(([name]) => name.toUpperCase() === "RUNID")?.[1].trim() ?? "";
  if (runId.length <= MAX_RUN_ID_LENGTH) return runId === "" ? null : runId;
  throw new ServiceError(
    "usage",
    `Cannot use RUNID: it has ${runId.length} characters, and may have ${MAX_RUN_ID_LENGTH}`,
  );
}
