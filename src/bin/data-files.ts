import { join } from "node:path";
import type { Configuration } from "./configuration.ts";

/** The image index: it can be made anew by `recorte ingest`. */
export function indexDatabaseFile(configuration: Configuration): string {
  return join(configuration.dataDirectory, "index.sqlite");
}

/** Seek indices of compressed planes, one file each: a lost one is made again by use. */
export function seekIndexFolder(configuration: Configuration): string {
  return join(configuration.dataDirectory, "seek-index");
}

/** Jobs and what was asked: ours alone, and cannot be made again. */
export function recordsDatabaseFile(configuration: Configuration): string {
  return join(configuration.dataDirectory, "records.sqlite");
}

/** Results of jobs, in a folder a job. */
export function resultsFolder(configuration: Configuration): string {
  return join(configuration.dataDirectory, "results");
}
