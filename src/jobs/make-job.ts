import { clientKeyOf } from "../access/network/client-key.ts";
import type { Role, User } from "../access/user.ts";
import type { JobRow } from "../db/records-schema.ts";
import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { parseRunId } from "../ivoa/soda-values.ts";
import { parseExecutionDuration, parseInstant } from "../ivoa/uws-values.ts";
import type { JobLimits } from "./job-limits.ts";
import type { ParameterList } from "./job.ts";

/** Lower goes first. */
const PRIORITIES: Record<Role, number> = { admin: 10, priority: 10, user: 20, anonymous: 30 };

/** A PENDING job with an id that nobody guesses. */
export function makeJob({
  owner,
  actor,
  client,
  parameters,
  executionDurationSeconds,
  limits,
  now,
}: {
  readonly owner: User;
  /** User id of the service that asks in the owner's name. */
  readonly actor?: string | null | undefined;
  /** Address of who has not signed in. */
  readonly client: string | null;
  readonly parameters: ParameterList;
  /** Asked for; undefined: as the configuration has it. */
  readonly executionDurationSeconds: number | undefined;
  readonly limits: JobLimits;
  readonly now: number;
}): JobRow {
  return {
    id: makeJobId(),
    owner: owner.id,
    actor: actor ?? null,
    client: owner.role === "anonymous" && client !== null ? clientKeyOf(client) : null,
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
    executionDurationSeconds: allowDuration(executionDurationSeconds ?? limits.executionDurationSeconds, limits),
    errorCode: null,
    errorMessage: null,
  };
}

/** 130 random bits in base 32 (RFC 4648, section 6), lower case. */
function makeJobId(): string {
  const random = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(random, (byte) => "abcdefghijklmnopqrstuvwxyz234567"[byte & 31]).join("");
}

/** 0, which is no limit, is the longest that may be asked for. */
export function allowDuration(seconds: number, { maxExecutionDurationSeconds: most }: JobLimits): number {
  return most === 0 ? seconds : seconds === 0 ? most : Math.min(seconds, most);
}

const CONTROLS: readonly string[] = ["DESTRUCTION", "EXECUTIONDURATION"];

/** "usage" where one of them is to be a parameter of a job: each has an address of its own there. */
export function refuseControls(parameters: ParameterList): void {
  const control = parameters.map(([name]) => name.toUpperCase()).find((name) => CONTROLS.includes(name));
  if (control === undefined) return;
  throw new ServiceError(
    "usage",
    `Cannot set ${control} as a parameter: it belongs to the job's /${control.toLowerCase()}`,
  );
}

/** What a request that makes a job says of the job itself, apart from what it says of the cutouts. */
export function readControls(sent: ParameterList): {
  readonly parameters: ParameterList;
  /** Milliseconds since 1970, UTC. */
  readonly destructionAt: number | undefined;
  readonly executionDurationSeconds: number | undefined;
} {
  const given = new Parameters(sent);
  const [end, duration] = [given.single("DESTRUCTION"), given.single("EXECUTIONDURATION")];
  return {
    parameters: sent.filter(([name]) => !CONTROLS.includes(name.toUpperCase())),
    destructionAt: end === undefined ? undefined : parseInstant(end, "DESTRUCTION"),
    executionDurationSeconds: duration === undefined ? undefined : parseExecutionDuration(duration),
  };
}

/** The last one that is given. */
export function runIdOf(parameters: ParameterList): string | null {
  const runId = parameters.findLast(([name]) => name.toUpperCase() === "RUNID")?.[1].trim() ?? "";
  return runId === "" ? null : parseRunId(runId);
}
