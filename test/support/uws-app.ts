import type { Hono } from "hono";
import { createStreamSlots } from "../../src/access/limits/stream-slots.ts";
import { ANONYMOUS, type User } from "../../src/access/user.ts";
import { ServiceError } from "../../src/errors.ts";
import type { AppEnv } from "../../src/http/app-env.ts";
import { addAsyncRoutes, type AsyncServices } from "../../src/http/async-routes.ts";
import { readJobRequest, type JobRequestLimits } from "../../src/http/read-job-request.ts";
import { addResultRoutes } from "../../src/http/result-routes.ts";
import { claimResult, finishClaim, registerWorker, type Claim, type Outcome } from "../../src/jobs/claims.ts";
import { expandJob } from "../../src/jobs/expand-job.ts";
import type { JobPhase, ResultState } from "../../src/jobs/job.ts";
import { startWorker } from "../../src/jobs/worker.ts";
import { createImageIndex } from "../../src/surveys/image-index.ts";
import type { OpenResult } from "../../src/storage/result-store.ts";
import { createRegistry } from "../../src/surveys/registry.ts";
import { ANA, BEN, jobServices, LIMITS, memoryResults, type TestLimits } from "./job-services.ts";
import { openEmptyIndex } from "./survey-index.ts";
import { identityOf } from "./users.ts";
import { readXml, type XmlElement } from "./uws-schema.ts";
import { createRoutesApp } from "./service-frame.ts";

export const ORIGIN = "http://localhost";
export const ANAS = { authorization: "Bearer ana" };
export const BENS = { authorization: "Bearer ben" };
/** The service's own faults, which a test may look at. */
export type Fault = { readonly error: unknown };

/** The job routes over the real job service, with its records in memory, and a worker that is the test itself. */
export function createUwsApp(
  limits: Partial<TestLimits & AsyncServices["limits"]> & { readonly maxWaits?: number } = {},
) {
  const index = openEmptyIndex();
  const registry = createRegistry(createImageIndex(index, "localhost"));
  const results = memoryResults();
  const most = { ...LIMITS, maxActiveJobs: 1000, maxActiveAnonymousJobs: 1000, maxJobs: 1000, maxAnonymousJobs: 1000 };
  const services = jobServices({
    results: {
      ...results,
      open(jobId, name): Promise<OpenResult> {
        const bytes = results.files.get(`${jobId}/${name}`);
        if (bytes === undefined) return Promise.reject(new ServiceError("missing-file", "Cannot find the file"));
        async function* read(start: number, end: number) {
          await Promise.resolve();
          yield (bytes as Uint8Array).slice(start, end);
        }
        return Promise.resolve({ byteLength: bytes.length, read, close: () => Promise.resolve() });
      },
    },
    expand: (parameters, rows) => expandJob({ parameters, rows, registry, limits: { maxResults: 1000 } }),
    limits: { ...most, ...limits },
  });
  const { jobs, records, changes, clock } = services;
  const faults: Fault[] = [];
  const stopping = new AbortController();
  registerWorker(records, "worker", clock.value);

  const addRoutes = (app: Hono<AppEnv>) => {
    addResultRoutes(app, { jobs, results: services.results });
    addAsyncRoutes(app, {
      jobs,
      readJobRequest: (request) => readJobRequest(request, { registry, limits: REQUEST_LIMITS }),
      limits: { maxWaitSeconds: 2, ...limits },
      waits: createStreamSlots(),
      mostWaitsOf: () => limits.maxWaits ?? 100,
      stopping: stopping.signal,
      keepAliveSeconds: 15,
      logFault: (fault) => void faults.push(fault),
    });
  };
  const app = createRoutesApp(addRoutes, {
    authenticate: (given) => Promise.resolve(identityOf(identify(given))),
    log: (entry) => void (entry.event === "request" && entry.status >= 500 && faults.push({ error: entry.error })),
  });

  /** As if it had come to that phase by itself. */
  function setPhase(id: string, phase: JobPhase): void {
    const ended = ["COMPLETED", "ERROR", "ABORTED"].includes(phase) ? clock.value : null;
    const started = ["PENDING", "QUEUED", "HELD"].includes(phase) ? null : clock.value;
    const update = records.sqlite.prepare("update job set phase = ?, started_at = ?, ended_at = ? where id = ?");
    update.run(phase, started, ended, id);
    changes.notify(id);
  }

  /** Does what a worker does: takes up the next results, and ends them so. */
  function work(outcomes: readonly ResultState[]): void {
    for (const state of outcomes) {
      const claim = claimResult(records, { workerId: "worker", now: clock.value });
      if (claim === null) throw new Error("Nothing waits");
      if (state !== "RUNNING") finishClaim(records, claim, outcomeOf(claim, state), clock.value);
      changes.notify(claim.jobId);
    }
  }

  /** Does what a worker does when it begins, without taking anything up. */
  async function lookAround(): Promise<void> {
    const worker = startWorker({
      ...{ records, changes, results: services.results, now: services.now, concurrency: 0, leaseSeconds: 30 },
      openRecipe: () => Promise.resolve(null),
      limitsOfOwner: () => ({ storedBytes: Infinity, jobBytes: Infinity }),
      gate: { turn: () => Promise.resolve() },
      retry: { maxAttempts: 1, maxStoreAttempts: 1, maxCrashes: 1, firstPauseMilliseconds: 1, maxPauseMilliseconds: 1 },
      log: () => undefined,
    });
    await worker.stop();
  }

  function outcomeOf({ jobId, number }: Claim, state: ResultState): Outcome {
    if (state === "EMPTY") return { state, failure: { code: "usage", message: "UsageError: No image overlaps" } };
    if (state !== "DONE") {
      return { state: "FAILED", failure: { code: "corrupt-data", message: "Error: The image's file is damaged" } };
    }
    const bytes = new TextEncoder().encode(`file ${number}`);
    const file = {
      name: `cutout_${number}.fits`,
      mediaType: "application/fits",
      byteLength: bytes.length,
      sha256: "00",
    };
    results.files.set(`${jobId}/${file.name}`, bytes);
    return { state, file, datasets: [], missing: [], cost: { bytesToRead: 1, pixelsToDecode: 1 } };
  }

  const send = async (path: string, init: RequestInit = {}): Promise<Response> =>
    app.request(path.startsWith("http") ? path : ORIGIN + path, { redirect: "manual", ...init });
  const post = (path: string, form: string, headers: Record<string, string> = {}) =>
    send(path, {
      method: "POST",
      body: form,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });

  return {
    app,
    jobs,
    records,
    clock,
    changes,
    faults,
    stopping,
    files: results.files,
    setPhase,
    work,
    lookAround,
    send,
    post,
    text: async (path: string, headers: Record<string, string> = {}) => (await send(path, { headers })).text(),
    xml: async (path: string, headers: Record<string, string> = {}) =>
      readXml(await (await send(path, { headers })).text()),
    /** Path of a new job; PENDING unless the form says otherwise. */
    async create(form = CUTOUT, headers: Record<string, string> = {}): Promise<string> {
      const response = await post("/async", form, headers);
      if (response.status !== 303) throw new Error(`${response.status}: ${await response.text()}`);
      return new URL(response.headers.get("location") ?? "").pathname;
    },
    close() {
      services.close();
      index.close();
    },
  };
}

export type UwsApp = ReturnType<typeof createUwsApp>;

/** Two shapes and two bands: four results. */
export const CUTOUT = "ID=des_dr2&CIRCLE=36+-10+0.1&CIRCLE=37+-10+0.1&FILTER=g&FILTER=r&RUNID=mine";

const USERS: Readonly<Record<string, User>> = { "Bearer ana": ANA, "Bearer ben": BEN };

function identify({ authorization }: { readonly authorization: string | undefined }): User {
  if (authorization === undefined) return ANONYMOUS;
  if (Object.hasOwn(USERS, authorization)) return USERS[authorization];
  throw new ServiceError("unauthenticated", "Cannot use the token: it is not known, or has expired");
}

const REQUEST_LIMITS: JobRequestLimits = {
  list: { maxRows: 1000, maxColumns: 50, maxCells: 10_000, maxBytes: 100_000, maxReportedRows: 5 },
  maxFormBytes: 1024 * 1024,
};

/** The one child of this local name; undefined where there is none. */
export function child(element: XmlElement, local: string): XmlElement | undefined {
  return element.children.find(({ name }) => name.endsWith(`}${local}`));
}
