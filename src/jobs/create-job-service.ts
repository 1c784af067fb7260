import { ANONYMOUS, type User } from "../access/user.ts";
import { inTransaction } from "../db/in-transaction.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { JobRow } from "../db/records-schema.ts";
import { ServiceError } from "../errors.ts";
import type { ResultStore } from "../storage/result-store.ts";
import { checkActive, checkSize, checkStored } from "./admit-job.ts";
import type { CoordinateRow } from "./coordinate-list.ts";
import type { Recipe } from "./expand-job.ts";
import type { JobChanges } from "./job-changes.ts";
import { describeFailure, isTransient } from "./job-failure.ts";
import type { JobLimits } from "./job-limits.ts";
import * as find from "./job-records.ts";
import type { JobService, NewJob } from "./job-service.ts";
import * as change from "./job-transitions.ts";
import { viewJob, viewResult } from "./job-view.ts";
import { allowDuration, makeJob, readControls, refuseControls, runIdOf } from "./make-job.ts";
import { FINISHED_PHASES, type Job, type JobPhase, type ParameterList } from "./job.ts";
import { nextTurn } from "./take-turns.ts";
import { waitForPhaseChange, watchJob } from "./watch-job.ts";
import { giveResults, insertWhole, removeWhole } from "./whole-jobs.ts";

export type JobServices = {
  readonly records: RecordsDatabase;
  readonly results: ResultStore;
  readonly changes: JobChanges;
  /** Every combination of the parameters, and of the rows of a coordinate list. */
  readonly expand: (
    parameters: ParameterList,
    rows: readonly CoordinateRow[] | null,
    limits: { readonly maxResults: number },
  ) => Promise<readonly Recipe[]>;
  /** When a job that was just queued will be done: milliseconds since 1970, UTC. */
  readonly quote?: (job: JobRow, recipes: readonly ParameterList[]) => Promise<number>;
  /** Told what went wrong where nobody waits for it. */
  readonly reportFailure?: (failure: { readonly jobId: string; readonly error: unknown }) => void;
  readonly limits: JobLimits;
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
};

/** Less than this is no longer life, and does not cost its owner one of the extensions. */
const LEAST_EXTENSION_MILLISECONDS = 60_000;
/** A job whose end is asked for at once still answers that it heard so. */
const LEAST_LIFE_MILLISECONDS = 1000;
const RUNNABLE: readonly JobPhase[] = ["PENDING", "HELD"];

export function createJobService(services: JobServices): JobService {
  const { records, results, changes, expand, limits, now } = services;

  function getRow(id: string, user: User): JobRow {
    const row = find.findJob(records, id, now());
    // Nobody's jobs are everybody's who knows their address.
    if (row !== null && (row.owner === user.id || row.owner === ANONYMOUS.id)) return row;
    throw new ServiceError("not-found", `Cannot find job ${JSON.stringify(id.slice(0, 64))}`);
  }
  function view(row: JobRow): Job {
    const { id, phase, startedAt } = row;
    const ended = phase === "EXECUTING" && startedAt !== null ? find.countEnded(records, id, startedAt) : 0;
    return viewJob(row, find.readProgress(records, id), { ended, maxExtensions: limits.maxExtensions, now: now() });
  }
  const getJob = (id: string, user: User): Job => view(getRow(id, user));

  /** Tells everybody, and answers with what the job is now. */
  function changed(id: string, user: User): Job {
    changes.notify(id);
    return getJob(id, user);
  }

  /** An estimate is no reason to wait: it comes when it comes. */
  function quoteLater(id: string): void {
    const { quote, reportFailure } = services;
    if (quote === undefined) return;
    const tell = async () => {
      await nextTurn();
      const row = find.findJob(records, id, now());
      const recipes = row === null ? [] : await find.listWaiting(records, id);
      if (row === null || recipes.length === 0) return;
      if (change.setQuote(records, { id, queuedAt: row.queuedAt, at: await quote(row, recipes) })) changes.notify(id);
    };
    tell().catch((error: unknown) => {
      if (records.sqlite.open) reportFailure?.({ jobId: id, error }); // else the service has stopped meanwhile
    });
  }

  /** "over-limit" for more results than one job of this owner may have. */
  async function expandWithin(
    owner: string,
    parameters: ParameterList,
    rows: readonly CoordinateRow[] | null,
  ): Promise<readonly Recipe[]> {
    const { jobRows } = limits.of(owner);
    const recipes = await expand(parameters, rows, { maxResults: jobRows });
    checkSize(recipes, { jobRows });
    return recipes;
  }

  /** Queues a job that has, or had, its parameters only. */
  async function expandAndQueue(row: JobRow, user: User, from: readonly JobPhase[]): Promise<Job> {
    const { id, parameters } = row;
    let recipes: readonly Recipe[];
    try {
      recipes = await expandWithin(row.owner, parameters, await find.readCoordinates(records, id));
    } catch (error) {
      const failure = describeFailure(error);
      if (isTransient(failure.code)) throw error; // the job stays as it is, and can be run later
      if (!change.failJob(records, { id, from, parameters, now: now() }, failure)) return conflict(id, user, "run");
      return changed(id, user);
    }
    const queue = () => {
      const queued = change.queueJob(records, { id, from, parameters, results: recipes.length, now: now() });
      checkActive(services, row);
      return queued;
    };
    if (!(await giveResults(records, { id, from, parameters, recipes }, queue))) return conflict(id, user, "run");
    quoteLater(id);
    return changed(id, user);
  }

  function endAt(id: string, at: number): void {
    change.setDestruction(records, {
      id,
      at: Math.max(at, now() + LEAST_LIFE_MILLISECONDS),
      lifetime: limits.lifetimeSeconds * 1000,
      maxExtensions: limits.maxExtensions,
      leastExtension: LEAST_EXTENSION_MILLISECONDS,
      now: now(),
    });
  }

  /** Somebody else was first, or the phase does not allow it. */
  function conflict(id: string, user: User, what: string): never {
    const { phase } = getRow(id, user);
    throw new ServiceError("wrong-phase", `Cannot ${what} the job: it is ${phase}, or was changed at the same time`);
  }

  return {
    async create({ owner, actor, parameters: sent, list, run, client = null }: NewJob) {
      const { parameters, destructionAt, executionDurationSeconds } = readControls(sent);
      const row = makeJob({ owner, actor, client, parameters, executionDurationSeconds, limits, now: now() });
      const recipes = run ? await expandWithin(owner.id, parameters, list?.rows ?? null) : null;
      await insertWhole(services, { row, rows: list?.rows ?? [], recipes: recipes ?? [] }, () => {
        if (destructionAt !== undefined) endAt(row.id, destructionAt);
        checkStored(services, row);
        if (recipes === null) return;
        const job = { id: row.id, from: ["PENDING"], parameters } as const;
        change.queueJob(records, { ...job, results: recipes.length, now: now() });
        checkActive(services, row);
      });
      if (recipes !== null) quoteLater(row.id);
      return changed(row.id, owner);
    },

    get: async (id, user) => Promise.resolve(getJob(id, user)),

    list: (user, filter) =>
      Promise.resolve(user.id === ANONYMOUS.id ? [] : find.listJobs(records, user.id, filter, now())),

    async setParameters(id, user, parameters) {
      await Promise.resolve();
      const { phase, parameters: before } = getRow(id, user);
      if (phase !== "PENDING") {
        throw new ServiceError(
          "wrong-phase",
          `Cannot set parameters: the job is ${phase}, and only a PENDING one has open ones`,
        );
      }
      refuseControls(parameters);
      const names = new Set(parameters.map(([name]) => name.toUpperCase()));
      const after = [...before.filter(([name]) => !names.has(name.toUpperCase())), ...parameters];
      const done = change.replaceParameters(records, { id, before, after, runId: runIdOf(after) });
      if (!done) return conflict(id, user, "set parameters of");
      return changed(id, user);
    },

    async run(id, user) {
      const row = getRow(id, user);
      if (!RUNNABLE.includes(row.phase)) {
        throw new ServiceError(
          "wrong-phase",
          `Cannot run the job: it is ${row.phase}, and only a PENDING or HELD one can be run`,
        );
      }
      // One that never was queued may have results that were left when something broke off.
      if (row.queuedAt === null) {
        return expandAndQueue(row, user, [row.phase]);
      }
      const released = inTransaction(records, () => {
        const done = change.releaseJob(records, id, now());
        checkActive(services, row);
        return done;
      });
      if (!released) return conflict(id, user, "run");
      quoteLater(id);
      return changed(id, user);
    },

    async abort(id, user) {
      await Promise.resolve();
      getRow(id, user);
      change.abortJob(records, { id, now: now() });
      return changed(id, user);
    },

    async rerun(id, user) {
      const row = getRow(id, user);
      if (!FINISHED_PHASES.includes(row.phase) || row.phase === "ARCHIVED") {
        throw new ServiceError(
          "wrong-phase",
          `Cannot run the job again: it is ${row.phase}, and only a finished one can be`,
        );
      }
      if (row.queuedAt === null && row.phase !== "COMPLETED") return expandAndQueue(row, user, [row.phase]);
      const requeued = inTransaction(records, () => {
        const done = change.requeueJob(records, id, now());
        if (done) checkActive(services, row);
        return done;
      });
      if (requeued) quoteLater(id);
      return changed(id, user);
    },

    async remove(id, user) {
      getRow(id, user);
      change.endJob(records, id);
      changes.notify(id);
      await removeWhole(records, id);
      await results.removeJob(id);
    },

    async setDestruction(id, user, at) {
      await Promise.resolve();
      if (!Number.isSafeInteger(at))
        throw new ServiceError("usage", `Cannot set the destruction to ${at}: it needs an instant`);
      getRow(id, user);
      endAt(id, at);
      return changed(id, user);
    },

    async setExecutionDuration(id, user, seconds) {
      await Promise.resolve();
      if (!Number.isSafeInteger(seconds) || seconds < 0) {
        throw new ServiceError(
          "usage",
          `Cannot set the execution duration to ${seconds}: it needs seconds, or 0 for no limit`,
        );
      }
      const { phase } = getRow(id, user);
      if (!change.setExecutionDuration(records, id, allowDuration(seconds, limits))) {
        throw new ServiceError("wrong-phase", `Cannot set the execution duration: the job is ${phase}`);
      }
      return changed(id, user);
    },

    async results(id, user) {
      getRow(id, user);
      return (await find.listResults(records, id)).map(viewResult);
    },

    async listResults(id, user) {
      getRow(id, user);
      return find.listFinishedResults(records, id);
    },

    async result(id, user, number) {
      await Promise.resolve();
      getRow(id, user);
      const row = find.findResult(records, id, number);
      if (row === null)
        throw new ServiceError("not-found", `Cannot find result ${number}: the job has none of this number`);
      return viewResult(row);
    },

    async resultNamed(id, user, name) {
      await Promise.resolve();
      getRow(id, user);
      const row = find.findResultNamed(records, id, name);
      if (row !== null) return viewResult(row);
      const text = JSON.stringify(name.slice(0, 200));
      throw new ServiceError("not-found", `Cannot find ${text}: the job has no result or file of that name`);
    },

    async rows(id, user) {
      getRow(id, user);
      return find.listRows(records, id);
    },

    async waitForPhaseChange(id, user, options) {
      await waitForPhaseChange({ phaseOf: () => getRow(id, user).phase, follower: changes.follow(id) }, options);
      return getJob(id, user);
    },

    watch(id, user, signal) {
      getRow(id, user);
      const findJob = () => {
        const row = find.findJob(records, id, now());
        return row === null ? null : view(row);
      };
      return watchJob({ findJob, follow: () => changes.follow(id) }, signal);
    },
  };
}
