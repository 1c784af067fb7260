import type { JobResultRow, JobRow } from "../db/records-schema.ts";
import { jobErrorOf } from "./job-failure.ts";
import type { Job, JobProgress, JobResult, StoredFile } from "./job.ts";

export type JobViewing = {
  /** Results that have ended since the job was started. */
  readonly ended: number;
  readonly maxExtensions: number;
  readonly now: number;
};

/** A job as its owner sees it. */
export function viewJob(row: JobRow, progress: JobProgress, viewing: JobViewing): Job {
  const { id, owner, actor, runId, phase, parameters, createdAt, queuedAt, startedAt, endedAt, destructionAt } = row;
  return {
    id,
    owner,
    actor,
    runId,
    phase,
    parameters,
    createdAt,
    queuedAt,
    startedAt,
    endedAt,
    destructionAt,
    extensionsLeft: Math.max(0, viewing.maxExtensions - row.extensions),
    quoteAt: quoteOf(row, progress, viewing),
    executionDurationSeconds: row.executionDurationSeconds,
    error: jobErrorOf(row.errorCode, row.errorMessage),
    progress,
  };
}

/** Once some of it is done, as fast as until now; before, as was thought when it was queued. Never in the past. */
function quoteOf(
  { phase, startedAt, quoteAt }: JobRow,
  { waiting, running }: JobProgress,
  { ended, now }: JobViewing,
): number | null {
  if (phase === "EXECUTING" && startedAt !== null && ended > 0) {
    return now + Math.ceil((waiting + running) * (Math.max(0, now - startedAt) / ended));
  }
  const isUnderWay = phase === "QUEUED" || phase === "EXECUTING";
  return quoteAt !== null && isUnderWay ? Math.max(quoteAt, now) : quoteAt;
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
