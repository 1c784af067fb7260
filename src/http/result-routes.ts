import type { Hono } from "hono";
import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import type { JobService } from "../jobs/job-service.ts";
import { FINISHED_PHASES, type JobResult, type StoredFile } from "../jobs/job.ts";
import type { OpenResult, ResultStore } from "../storage/result-store.ts";
import type { AppEnv } from "./app-env.ts";
import { jobIdOf, type AsyncContext } from "./async-resource.ts";
import { proxyPathOf } from "./hand-to-proxy.ts";
import { addResource } from "./resource.ts";
import { addArchiveRoutes } from "./result-archives.ts";
import { respondWithFile } from "./file-response.ts";

export type ResultServices = {
  readonly jobs: JobService;
  readonly results: ResultStore;
  /** What the proxy in front of us calls the folder of results, which it can read. */
  readonly accelRedirect?: string | undefined;
};

/** The results of jobs: all in one archive, and one by one, by their UWS id and by the name of their file. */
export function addResultRoutes(app: Hono<AppEnv>, services: ResultServices): void {
  addArchiveRoutes(app, services);
  addResource(app, "/async/:id/results/:name", { GET: (c) => handleResult(c, services) });
}

/** `result-12`; a client that knows jobs of one result only asks for `result`. */
const RESULT_ID = /^result(?:-([1-9]\d{0,8}))?$/;

async function handleResult(c: AsyncContext, services: ResultServices): Promise<Response> {
  const result = await findResult(c, services.jobs);
  const { state, file, message, endedAt } = result;
  if (state === "DONE" && file !== null) {
    return respondWithFile(c, {
      mediaType: file.mediaType,
      fileName: file.name,
      disposition: parseDisposition(c),
      byteLength: file.byteLength,
      etag: `"${file.sha256}"`,
      modifiedAt: endedAt ?? undefined,
      sha256: file.sha256,
      ranges: "bytes",
      proxyPath: proxyPathOf(c, services.accelRedirect, { jobId: result.jobId, name: file.name }),
      open: () => openFile(result, file, services.results),
    });
  }
  if (state === "EMPTY" || state === "FAILED") {
    c.header("Cache-Control", "no-store"); // the job may be run again
    return c.text(`${message ?? "Error: There is no file, and nothing is known of why"}\n`, 200);
  }
  const { phase } = await services.jobs.get(result.jobId, c.var.user);
  const why = FINISHED_PHASES.includes(phase) ? "it was not made" : "it is not there yet";
  throw new ServiceError("not-found", `Cannot give result-${result.number}: ${why}; the job is ${phase}`);
}

async function findResult(c: AsyncContext, jobs: JobService): Promise<JobResult> {
  const { user } = c.var;
  const id = jobIdOf(c);
  const name = c.req.param("name") ?? "";
  const [matched, number] = RESULT_ID.exec(name) ?? [];
  if (number !== undefined) return jobs.result(id, user, Number(number));
  if (matched === undefined) return jobs.resultNamed(id, user, name);
  const { progress } = await jobs.get(id, user);
  if (progress.total === 1) return jobs.result(id, user, 1);
  throw new ServiceError("not-found", `Cannot find "${name}": the job has ${progress.total} results, from result-1 on`);
}

/** As of /sync: a browser shows the file, or keeps it. */
function parseDisposition(c: AsyncContext): "inline" | "attachment" {
  const text = new Parameters(new URL(c.req.url).searchParams).single("DISPOSITION") ?? "attachment";
  if (text === "inline" || text === "attachment") return text;
  throw new ServiceError(
    "usage",
    `Cannot use DISPOSITION ${JSON.stringify(text.slice(0, 100))}: it needs inline or attachment`,
  );
}

async function openFile({ jobId, number }: JobResult, file: StoredFile, results: ResultStore): Promise<OpenResult> {
  const gone = (cause?: unknown) =>
    new ServiceError(
      "not-found",
      `Cannot give result-${number}: its file is not there any more; the job can be run again to make it anew`,
      { cause },
    );
  const opened = await results.open(jobId, file.name).catch((error: unknown) => {
    throw error instanceof ServiceError && error.code === "missing-file" ? gone(error) : error;
  });
  if (opened.byteLength === file.byteLength) return opened;
  await opened.close();
  throw gone();
}
