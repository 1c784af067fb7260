import type { LimitsOfOwner } from "../access/limits/owner-limits.ts";
import { openCutout, type CutoutServices } from "../cutout/open-cutout.ts";
import type { Cutout } from "../cutout/cutout.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { cutoutRequestOf } from "../http/sync-request.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { parseSodaParameters } from "../ivoa/soda.ts";
import { createJobService } from "../jobs/create-job-service.ts";
import { createEstimator, type Estimator } from "../jobs/estimator.ts";
import { expandJob } from "../jobs/expand-job.ts";
import type { JobChanges } from "../jobs/job-changes.ts";
import type { JobLimits } from "../jobs/job-limits.ts";
import type { JobService } from "../jobs/job-service.ts";
import type { ParameterList } from "../jobs/job.ts";
import { createRealtimeGate, type RealtimeGate } from "../jobs/realtime-gate.ts";
import { startWorker, type JobWorker, type WorkerLogEntry } from "../jobs/worker.ts";
import type { ResultStore } from "../storage/result-store.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { Configuration } from "./configuration.ts";
import type { JobStore } from "./job-store.ts";
import type { Services } from "./services.ts";
import { createReadingRights, type ReadingRights } from "./reading-rights.ts";
import { createRegistryOfOwner } from "./registry-of-owner.ts";
import { createWorkerLog } from "./worker-log.ts";

/** Jobs of this process: of the server and of `recorte work` alike. */
export type JobServices = {
  readonly records: RecordsDatabase;
  readonly results: ResultStore;
  readonly changes: JobChanges;
  /** Who may read what. */
  readonly rights: ReadingRights;
  readonly jobs: JobService;
  readonly estimator: Estimator;
  /** Of results that this process has worked on: how often each kind of end was met. */
  readonly resultEnds: ReadonlyMap<string, number>;
  /** Whatever answers at once enters here, and work on jobs waits. */
  readonly gate: RealtimeGate;
  /** Works on so many results at a time until it is stopped. */
  startWorker(concurrency: number): JobWorker;
};

/** As long as a job waits for synchronous requests before it takes its next step all the same. */
const MAX_GATE_WAIT_MILLISECONDS = 1000;
/** A client that reads at once asks for the next piece of its answer sooner. */
const GATE_LINGER_MILLISECONDS = 5;
/** A disk that is full is waited for: with pauses of up to a minute, some half an hour. */
const STORE_RETRIES = 30;
const FIRST_PAUSE_MILLISECONDS = 1000;
const MAX_PAUSE_MILLISECONDS = 60_000;
/** Deaths of the process that a result may meet, whoever's fault they are. */
const MAX_CRASHES = 5;

export function createJobServices(
  configuration: Configuration,
  { cutouts, background }: Pick<Services, "cutouts" | "background">,
  { records, results, changes, users, limitsOfOwner }: JobStore,
): JobServices {
  const gate = createRealtimeGate({
    maxWaitMilliseconds: MAX_GATE_WAIT_MILLISECONDS,
    lingerMilliseconds: GATE_LINGER_MILLISECONDS,
  });
  const limits = jobLimitsOf(configuration, limitsOfOwner);
  const now = () => Date.now();
  const rights = createReadingRights(configuration, cutouts.registry);
  const registryOfOwner = createRegistryOfOwner({
    ...{ registry: cutouts.registry, permissions: rights.permissions, users },
    hasTestUser: configuration.testToken !== undefined,
  });
  const openRecipe = recipeOpener({ limitsOfOwner, registryOfOwner }, { ...cutouts, pixels: background });
  const estimator = createEstimator({
    records,
    costOf: (recipe, signal, owner) => costOf(recipe, openRecipe, signal, owner),
    concurrency: Math.max(1, configuration.jobWorkers),
    now,
  });
  const writeLog = createWorkerLog(configuration.log);
  const resultEnds = new Map<string, number>();
  const log = (entry: WorkerLogEntry) => {
    if (entry.event === "result") resultEnds.set(entry.what, (resultEnds.get(entry.what) ?? 0) + 1);
    writeLog(entry);
  };
  const jobs = createJobService({
    records,
    results,
    changes,
    expand: (parameters, rows, most) => expandJob({ parameters, rows, registry: cutouts.registry, limits: most }),
    quote: ({ id, owner, priority }, recipes) =>
      estimator.quote({ id, owner, priority, recipes }, AbortSignal.timeout(QUOTE_MILLISECONDS)),
    reportFailure: (failure) => log({ event: "quote", what: "failed", ...failure }),
    limits,
    now,
  });
  const retry = {
    maxAttempts: configuration.jobRetries + 1,
    maxStoreAttempts: STORE_RETRIES + 1,
    maxCrashes: MAX_CRASHES,
    firstPauseMilliseconds: FIRST_PAUSE_MILLISECONDS,
    maxPauseMilliseconds: MAX_PAUSE_MILLISECONDS,
  };
  const leaseSeconds = configuration.jobLeaseSeconds;
  const work = { records, results, changes, openRecipe, limitsOfOwner, gate, retry, leaseSeconds, now, log };
  return {
    records,
    results,
    changes,
    rights,
    jobs,
    estimator,
    resultEnds,
    gate,
    startWorker: (concurrency) => startWorker({ ...work, concurrency }),
  };
}

const QUOTE_MILLISECONDS = 10_000;

type OpenRecipe = (recipe: ParameterList, signal: AbortSignal, owner: string) => Promise<Cutout | null>;

type OfOwner = {
  readonly limitsOfOwner: LimitsOfOwner;
  readonly registryOfOwner: (owner: string) => SurveyRegistry;
};

/** A result is the answer to the synchronous request of its recipe, but it may be larger. */
function recipeOpener({ limitsOfOwner, registryOfOwner }: OfOwner, cutouts: CutoutServices): OpenRecipe {
  return async (recipe, signal, owner) => {
    const registry = registryOfOwner(owner); // by the rights of this moment
    const limits = { ...cutouts.limits, maxPixels: limitsOfOwner(owner).jobPixels, pixelLimit: "jobPixels" };
    // Memory for what is sent is given back by who sends; a file has nobody who would.
    const services = { ...cutouts, registry, limits, allocate: undefined };
    const parameters = parseSodaParameters(new Parameters(recipe));
    const cutout = await openCutout(cutoutRequestOf(parameters), services, signal);
    return cutout === null ? null : { ...cutout, mediaType: parameters.mediaType };
  };
}

async function costOf(recipe: ParameterList, openRecipe: OpenRecipe, signal: AbortSignal, owner: string) {
  try {
    const cutout = await openRecipe(recipe, signal, owner);
    cutout?.dispose();
    return cutout?.cost ?? null;
  } catch {
    return null; // it is told when it is tried
  }
}

function jobLimitsOf(configuration: Configuration, of: LimitsOfOwner): JobLimits {
  return {
    of,
    maxActiveAnonymousJobs: configuration.jobMaxActiveAnonymous,
    maxAnonymousJobs: configuration.jobMaxKeptAnonymous,
    lifetimeSeconds: configuration.jobLifetimeSeconds,
    maxExtensions: configuration.jobMaxExtensions,
    executionDurationSeconds: configuration.jobDurationSeconds,
    maxExecutionDurationSeconds: configuration.jobMaxDurationSeconds,
  };
}
