import type { User } from "../access/user.ts";
import type { Job, JobPhase, JobResult, JobSummary, ListedResult, ParameterList } from "./job.ts";
import type { CoordinateList } from "./coordinate-list.ts";

/**
 * What can be done with jobs. Whoever asks is `user`; a job of somebody else is "not-found" like one that never was. What
 * the phase of a job does not allow is "wrong-phase" (UWS 1.1, section 2.2).
 */
export interface JobService {
  /** "usage" where a parameter is wrong, "over-limit" where the job is too large, "too-many" where the user has too many. */
  create(job: NewJob): Promise<Job>;
  get(id: string, user: User): Promise<Job>;
  /** Newest first. Nobody's jobs (the anonymous user's) are never listed: who knows their address has them. */
  list(user: User, filter: JobFilter): Promise<JobSummary[]>;
  /** Of a PENDING job: replaces the parameters of these names. */
  setParameters(id: string, user: User, parameters: ParameterList): Promise<Job>;
  /** PENDING or HELD → QUEUED, or ERROR where the parameters do not make sense together. */
  run(id: string, user: User): Promise<Job>;
  /** → ABORTED; results that are there stay. Does nothing to a finished job. */
  abort(id: string, user: User, by?: ChangedBy): Promise<Job>;
  /** Queues what FAILED, and what an abort left undone, again; what is done stays. Of a finished job only. */
  rerun(id: string, user: User): Promise<Job>;
  /** Gone, with its results; work on it stops within a second. */
  remove(id: string, user: User, by?: ChangedBy): Promise<void>;
  /** May be answered with another instant: within what the configuration allows, and so many times. */
  setDestruction(id: string, user: User, at: number): Promise<Job>;
  setExecutionDuration(id: string, user: User, seconds: number): Promise<Job>;
  results(id: string, user: User): Promise<JobResult[]>;
  /** Those that are over, in order, and no more of each than a list needs: a job may have many thousands. */
  listResults(id: string, user: User): Promise<ListedResult[]>;
  result(id: string, user: User, number: number): Promise<JobResult>;
  /** The one whose file has this name. */
  resultNamed(id: string, user: User, name: string): Promise<JobResult>;
  /** The rows of the coordinate list, in order; none for a job without one. */
  rows(id: string, user: User): Promise<ListedRow[]>;
  /** Resolves with the job when its phase is no longer `phase`, or after so many seconds, or when the signal fires. */
  waitForPhaseChange(id: string, user: User, options: WaitOptions): Promise<Job>;
  /** The job at once, and again after each change of phase or progress (several in half a second are one), to its end. */
  watch(id: string, user: User, signal: AbortSignal): AsyncIterable<Job>;
}

/** Who does it beside the user, for the log of audit. */
export type ChangedBy = {
  /** The service that asks in the user's name. */
  readonly actor: Pick<User, "id" | "name"> | null;
  /** That it comes from. */
  readonly address: string | null;
};

export type NewJob = {
  readonly owner: User;
  readonly parameters: ParameterList;
  readonly list: CoordinateList | null;
  /** PHASE=RUN came with it. */
  readonly run: boolean;
  /** User id of the service that asks in the owner's name. */
  readonly actor?: string | null | undefined;
  /** Address that it came from: the job counts for that one too where nobody has signed in. */
  readonly client?: string | null | undefined;
};

export type JobFilter = {
  /** Any of them; ARCHIVED jobs only where it is named. Empty: all others. */
  readonly phases: readonly JobPhase[];
  /** Created after this instant. */
  readonly after: number | undefined;
  /** At most so many, the newest. */
  readonly last: number | undefined;
};

export type WaitOptions = { readonly phase: JobPhase; readonly seconds: number; readonly signal: AbortSignal };

export type ListedRow = {
  readonly number: number;
  readonly id: string | null;
  readonly columns: Readonly<Record<string, string>>;
};
