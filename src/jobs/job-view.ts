import type { JobResultRow, JobRow } from "../db/records-schema.ts";
import { jobErrorOf } from "./job-failure.ts";
import type { Job, JobProgress, JobResult, StoredFile } from "./job.ts";

/** A job as its owner sees it. */
export function viewJob(row: JobRow, progress: JobProgress, maxExtensions: number): Job {
  const { id, owner, runId, phase, parameters, createdAt, queuedAt, startedAt, endedAt, destructionAt, quoteAt } = row;
  return {
    id,
    owner,
    runId,
    phase,
    parameters,
    createdAt,
    queuedAt,
    startedAt,
    endedAt,
    destructionAt,
    extensionsLeft: Math.max(0, maxExtensions - row.extensions),
    quoteAt,
    executionDurationSeconds: row.executionDurationSeconds,
    error: jobErrorOf(row.errorCode, row.errorMessage),
    progress,
  };
}

export function viewResult(row: JobResultRow): JobResult {
  const { jobId, number, rowNumber, recipe, state, attempts, startedAt, endedAt, errorMessage, datasets, missing } =
    row;
  return {
    jobId,
    number,
    rowNumber,
    recipe,
    state,
    attempts,
    startedAt,
    endedAt,
    file: fileOf(row),
    message: errorMessage,
    datasets: datasets ?? [],
    missing: missing ?? [],
  };
}

function fileOf({ fileName, mediaType, byteLength, sha256 }: JobResultRow): StoredFile | null {
  if (fileName === null || mediaType === null || byteLength === null || sha256 === null) return null;
  return { name: fileName, mediaType, byteLength, sha256 };
}
