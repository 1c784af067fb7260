import type { StoredParameters, StoredPhase, StoredResultState } from "../db/records-schema.ts";
import { UWS_PHASES } from "../ivoa/uws-values.ts";

export type JobPhase = StoredPhase;
/** All of them. */
export const JOB_PHASES: readonly JobPhase[] = UWS_PHASES;
export type ResultState = StoredResultState;
/** Names and values, as a client sends them. */
export type ParameterList = StoredParameters;

/** A UWS job as its owner sees it. Instants are milliseconds since 1970, UTC. */
export type Job = {
  readonly id: string;
  /** User id. */
  readonly owner: string;
  /** User id of the service that made it in the owner's name. */
  readonly actor: string | null;
  readonly runId: string | null;
  readonly phase: JobPhase;
  readonly parameters: ParameterList;
  readonly createdAt: number;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly destructionAt: number;
  /** How often the destruction can still be put off. */
  readonly extensionsLeft: number;
  /** Estimate of when it will be done. */
  readonly quoteAt: number | null;
  /** 0: as long as it takes. */
  readonly executionDurationSeconds: number;
  /** Set in phase ERROR, and where it was aborted by the service. */
  readonly error: JobError | null;
  readonly progress: JobProgress;
};

export type JobError = {
  /** Transient: the same job may succeed later. */
  readonly kind: "transient" | "fatal";
  /** Begins with a label of SODA 1.0, section 5.2. */
  readonly message: string;
};

/** Results by state, and bytes of those that are there. */
export type JobProgress = {
  readonly total: number;
  readonly waiting: number;
  readonly running: number;
  readonly done: number;
  readonly empty: number;
  readonly failed: number;
  readonly storedBytes: number;
};

/** What the job list tells. */
export type JobSummary = Pick<Job, "id" | "owner" | "runId" | "phase" | "createdAt">;

/** One combination of a job, and what became of it. */
export type JobResult = {
  readonly jobId: string;
  /** From 1. */
  readonly number: number;
  /** Row of the coordinate list, from 1. */
  readonly rowNumber: number | null;
  /** Parameters of the synchronous request that gives the same file. */
  readonly recipe: ParameterList;
  readonly state: ResultState;
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When DONE. */
  readonly file: StoredFile | null;
  /** When FAILED or EMPTY: a label of SODA 1.0, section 5.2, and text. */
  readonly message: string | null;
  /** Publisher DIDs. */
  readonly datasets: readonly string[];
  readonly missing: readonly string[];
};

/** What the list of results of a job tells of one that is over. */
export type ListedResult = {
  readonly number: number;
  /** null: there is no file, but a text that says why. */
  readonly mediaType: string | null;
  readonly byteLength: number | null;
};

export type StoredFile = {
  readonly name: string;
  readonly mediaType: string;
  readonly byteLength: number;
  /** Hexadecimal. */
  readonly sha256: string;
};

/** The UWS id of a result: unique in its job, and the same for ever. */
export function resultId({ number }: Pick<JobResult, "number">): string {
  return `result-${number}`;
}

/** Nothing more will happen by itself. */
export const FINISHED_PHASES: readonly JobPhase[] = ["COMPLETED", "ERROR", "ABORTED", "ARCHIVED"];
/** A WAIT waits in these (UWS 1.1, section 2.2.1.2). */
export const ACTIVE_PHASES: readonly JobPhase[] = ["PENDING", "QUEUED", "EXECUTING"];
