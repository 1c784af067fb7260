import type { Hono } from "hono";
import { makeArchive, makeManifest, type MadeFile } from "../jobs/job-archive.ts";
import type { JobService } from "../jobs/job-service.ts";
import type { Job } from "../jobs/job.ts";
import type { JobContents } from "../jobs/manifest.ts";
import type { ResultStore } from "../storage/result-store.ts";
import type { AppEnv } from "./app-env.ts";
import { jobIdOf, type AsyncContext } from "./async-resource.ts";
import { respondWithFile, type ServedFile } from "./file-response.ts";
import { addResource } from "./resource.ts";

type ArchiveServices = { readonly jobs: JobService; readonly results: ResultStore };

type Kind = {
  readonly mediaType: string;
  readonly suffix: string;
  readonly ranges: ServedFile["ranges"];
  readonly disposition: ServedFile["disposition"];
  make(contents: JobContents, store: ResultStore): Promise<MadeFile>;
};

/** What can be had of a job as a whole. A zip's sums are known only when it has been read, so no part of it is. */
const KINDS: Readonly<Record<string, Kind>> = {
  "/async/:id/results/all.zip": {
    mediaType: "application/zip",
    suffix: ".zip",
    ranges: "none",
    disposition: "attachment",
    make: (contents, store) => makeArchive(contents, "zip", store),
  },
  "/async/:id/results/all.tar": {
    mediaType: "application/x-tar",
    suffix: ".tar",
    ranges: "bytes",
    disposition: "attachment",
    make: (contents, store) => makeArchive(contents, "tar", store),
  },
  "/async/:id/manifest.json": {
    mediaType: "application/json",
    suffix: "_manifest.json",
    ranges: "bytes",
    disposition: "inline",
    make: (contents) => makeManifest(contents, "json"),
  },
  "/async/:id/manifest.csv": {
    mediaType: "text/csv; charset=utf-8; header=present",
    suffix: "_manifest.csv",
    ranges: "bytes",
    disposition: "inline",
    make: (contents) => makeManifest(contents, "csv"),
  },
};

/** Archives and manifests of what is there so far, which the manifest says. To come before the routes of single results. */
export function addArchiveRoutes(app: Hono<AppEnv>, services: ArchiveServices): void {
  for (const [path, kind] of Object.entries(KINDS)) {
    addResource(app, path, { GET: (c) => handleMade(c, kind, services) });
  }
}

async function handleMade(c: AsyncContext, kind: Kind, services: ArchiveServices): Promise<Response> {
  const contents = await readContents(c, services);
  const { byteLength, digest, modifiedAt, read } = await kind.make(contents, services.results);
  return respondWithFile(c, {
    mediaType: kind.mediaType,
    fileName: `${nameOf(contents.job)}${kind.suffix}`,
    disposition: kind.disposition,
    byteLength,
    etag: `"${digest}${kind.suffix}"`,
    modifiedAt,
    ranges: kind.ranges,
    open: () => Promise.resolve({ read, close: () => Promise.resolve() }),
  });
}

async function readContents(c: AsyncContext, { jobs, results: store }: ArchiveServices): Promise<JobContents> {
  const { user } = c.var;
  const job = await jobs.get(jobIdOf(c), user);
  const [results, rows] = [await jobs.results(job.id, user), await jobs.rows(job.id, user)];
  const files = await store.listFiles(job.id);
  return { job, results, rows, present: new Set(files.map(({ name }) => name)) };
}

/** What its owner called it, as far as every file system takes that. */
function nameOf({ id, runId }: Job): string {
  const words = (runId ?? "").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+|[.-]+$/g, "");
  return `recorte_${words === "" ? id.slice(0, 8) : words}`;
}
