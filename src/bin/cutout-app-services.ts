import { createGrantCheck } from "../access/grant-check.ts";
import { LentBlocks } from "../codec/lent-blocks.ts";
import type { CutoutAppServices } from "../http/cutout-app.ts";
import { readJobRequest } from "../http/read-job-request.ts";
import { openSyncCutout, type UserCutouts } from "../http/sync-limits.ts";
import { cutoutRequestOf } from "../http/sync-request.ts";
import type { SyncServices } from "../http/sync-routes.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { parseSodaParameters } from "../ivoa/soda.ts";
import { guardJobs } from "../jobs/guard-jobs.ts";
import { findJob } from "../jobs/job-records.ts";
import { createQueueReader } from "../jobs/queue-state.ts";
import { createSyncHistory, type SyncHistory } from "../jobs/sync-history.ts";
import { isAddress } from "../surveys/archive-files.ts";
import { createObservationFinder } from "../surveys/observation-finder.ts";
import type { Configuration } from "./configuration.ts";
import { resultsFolder } from "./data-files.ts";
import { readDocsAsset } from "./docs-assets.ts";
import type { JobServices } from "./job-services.ts";
import { addCutoutMetrics } from "./metrics/cutout-metrics.ts";
import { addRecordsMetrics, createSnapshotReader, keepSnapshot } from "./metrics/records-metrics.ts";
import { createServiceFrame } from "./service-frame.ts";
import type { Services } from "./services.ts";
import { checkHealth } from "./service-health.ts";
import type { SharedServices } from "./shared-services.ts";
import { SOFTWARE } from "./version.ts";

/** Rows of the history are written together, so long after the first of them. */
const HISTORY_MILLISECONDS = 200;

/** Small files that are made in the decoder's memory and on their way to their clients: some fifty, and slow clients. */
const LENT_BYTES = 16 * 1024 * 1024;
/** Proxies cut a connection that says nothing for a minute. */
const KEEP_ALIVE_SECONDS = 15;
const HEALTH_SECONDS = 2;
/** Images that /examples looks at for one whose file is there. */
const EXAMPLE_CANDIDATES = 20;
/** Of /links: identifiers of one request, and those whose files are opened to tell their size. */
const MAX_LINK_IDS = 500;
const MAX_MEASURED_LINK_IDS = 20;
/** Of /query: values of one parameter. */
const MAX_QUERY_VALUES = 1000;
const MAX_FORM_BYTES = 1024 * 1024;
/** Of a list; cells, some 50 bytes each, are what it takes in memory. */
const MAX_LIST_ROWS = 1_000_000;
const MAX_LIST_COLUMNS = 1000;
const MAX_LIST_CELLS = 2_000_000;
/** Rows of a list that an error names one by one. */
const MAX_REPORTED_ROWS = 100;

export type CutoutAppParts = {
  readonly services: CutoutAppServices;
  readonly history: SyncHistory;
  /** From now on the service says that it takes no more, and lets those go who wait for something to happen. */
  readonly drain: () => void;
};

/** All that the cutout service's routes need, made from the configuration and what can cut and keep jobs. */
export function createCutoutAppServices(
  configuration: Configuration,
  cutting: Services,
  { results, jobs: unguarded, rights, estimator, resultEnds, gate, ...shared }: JobServices & SharedServices,
): CutoutAppParts {
  const { cutouts, registry, index, database } = cutting;
  const { records, limits } = shared;
  const { administration, users } = shared.jobStore;
  const frame = createServiceFrame(configuration, "cutout", shared);
  const { log } = frame;
  const stopping = new AbortController();
  const history = createSyncHistory(records, {
    delayMilliseconds: HISTORY_MILLISECONDS,
    onFailure: (error) => log({ event: "fault", what: "history", error }),
  });
  const maxPixels = configuration.syncMaxPixels;
  const { permissions, readableBy } = rights;
  const now = () => Date.now();
  const jobs = guardJobs(unguarded, {
    permissions,
    ownerOf: (id) => findJob(records, id, now())?.owner ?? null,
    administration,
    audit: shared.access.audit,
  });
  const nameOf = (userId: string) => users.byId(userId)?.name ?? null;
  const sync: SyncServices = {
    cutouts,
    readableBy,
    timeoutSeconds: configuration.syncTimeoutSeconds,
    limitsOf: limits.limitsOf,
    estimateSeconds: (cost) => estimator.secondsOf(cost),
    recordSync: (entry) => history.record(entry),
    enterRealtime: () => gate.enter(),
    lentMemory: new LentBlocks(cutting.pixels.decoder.arena, LENT_BYTES),
  };
  const startedAt = new Date();
  const queue = createQueueReader(records, { leaseSeconds: configuration.jobLeaseSeconds });
  const health = () =>
    checkHealth({
      index: database,
      records,
      resultsFolder: resultsFolder(configuration),
      archiveFolders: () => index.roots().filter((root) => !isAddress(root)),
      queue,
      stopping: stopping.signal,
    });
  addCutoutMetrics(frame.metrics.registry, cutting, { resultEnds });
  const readSnapshot = createSnapshotReader(records, queue);
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  addRecordsMetrics(frame.metrics.registry, keepSnapshot(readSnapshot, clock));
  const services: CutoutAppServices = {
    ...frame,
    health: { software: SOFTWARE, startedAt, checkHealth: health },
    anonymous: permissions.anonymous,
    readableBy,
    usage: limits,
    sync,
    async: {
      jobs,
      nameOf,
      waits: limits.waits,
      mostWaitsOf: (user) => limits.limitsOf(user).waits,
      readJobRequest: (request, user) =>
        readJobRequest(request, {
          registry: readableBy(user),
          limits: {
            list: {
              maxBytes: configuration.listMaxBytes,
              maxRows: Math.min(MAX_LIST_ROWS, limits.limitsOf(user).jobRows),
              maxColumns: MAX_LIST_COLUMNS,
              maxCells: MAX_LIST_CELLS,
              maxReportedRows: MAX_REPORTED_ROWS,
            },
            maxFormBytes: MAX_FORM_BYTES,
          },
        }),
      limits: { maxWaitSeconds: configuration.waitMaxSeconds },
      stopping: stopping.signal,
      keepAliveSeconds: KEEP_ALIVE_SECONDS,
      grantHolds: createGrantCheck(records, { now }),
      logFault: ({ error, requestId }) =>
        log({ event: "fault", what: `events of a job (request ${requestId})`, error }),
    },
    results: { jobs, results, accelRedirect: configuration.accelRedirect },
    links: {
      registry,
      permissions,
      readableBy,
      measureImage: (publisherDid, signal) =>
        measureImage(publisherDid, { cutouts, mostSeconds: configuration.syncMaxSeconds }, signal),
      limits: { maxIds: MAX_LINK_IDS, maxMeasuredIds: MAX_MEASURED_LINK_IDS, maxPixels },
    },
    sia: {
      permissions,
      readableBy,
      observations: createObservationFinder(database, configuration.authority),
      limits: {
        defaultRecords: configuration.queryDefaultRecords,
        maxRecords: configuration.queryMaxRecords,
        maxValues: MAX_QUERY_VALUES,
        timeoutSeconds: configuration.queryTimeoutSeconds,
      },
    },
    vosi: {
      readableBy,
      startedAt,
      checkHealth: health,
      limits: { healthSeconds: HEALTH_SECONDS, exampleCandidates: EXAMPLE_CANDIDATES },
    },
    history: { history, nameOf },
    docs: {
      // With the schemas of all answers, which nothing else needs: loaded when it is asked for.
      async describeApi(publicUrl) {
        const { describeApi } = await import("../http/openapi/describe-api.ts");
        return describeApi({ software: SOFTWARE, publicUrl, anonymous: permissions.anonymous });
      },
      readDocsAsset,
    },
  };
  return { services, history, drain: () => stopping.abort() };
}

/** Bytes of the file that /sync gives for the whole image; rejects where /sync would refuse it by the usual limits. */
async function measureImage(publisherDid: string, usual: UserCutouts, signal: AbortSignal): Promise<number> {
  const request = cutoutRequestOf(parseSodaParameters(new Parameters([["ID", publisherDid]])));
  const cutout = await openSyncCutout(request, usual, signal);
  cutout?.dispose();
  return cutout?.byteLength ?? 0;
}
