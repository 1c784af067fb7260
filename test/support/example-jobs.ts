import { UWS_PHASES } from "../../src/ivoa/uws-values.ts";
import type { UwsJob, UwsJobReference } from "../../src/ivoa/uws-document.ts";

const CREATED = Date.UTC(2026, 10, 22, 1, 30);
const URL_OF_JOB = "https://cutout.example.org/async/k3j5";

/** A job in every phase, with what belongs to it there. */
export function exampleJobs(): UwsJob[] {
  return UWS_PHASES.map((phase) => {
    const waits = phase === "PENDING" || phase === "QUEUED" || phase === "HELD";
    const ended = ["COMPLETED", "ERROR", "ABORTED", "ARCHIVED"].includes(phase);
    return {
      id: "k3j5",
      runId: phase === "PENDING" ? null : `run "1" <&> 'two'`,
      owner: phase === "PENDING" ? null : "maria@example.org",
      phase,
      quoteAt: phase === "QUEUED" ? CREATED + 60_500 : null,
      createdAt: CREATED,
      startedAt: waits ? null : CREATED + 1001,
      endedAt: ended ? CREATED + 5_000 : null,
      executionDurationSeconds: phase === "HELD" ? 0 : 3600,
      destructionAt: phase === "UNKNOWN" ? null : CREATED + 14 * 86_400_000,
      parameters: [
        { name: "ID", value: "des_dr2", byReference: false },
        { name: "POS", value: "CIRCLE 36.3 -10.2 0.01", byReference: false },
        { name: "POS", value: "a < b & c ]]> \u0001 \uD800", byReference: false },
        { name: "UPLOAD", value: `${URL_OF_JOB}/parameters/UPLOAD`, byReference: true },
      ],
      results: waits
        ? []
        : [
            { id: "result-1", url: `${URL_OF_JOB}/results/result-1`, mediaType: "application/fits", byteLength: 2880 },
            {
              id: "result-2",
              url: `${URL_OF_JOB}/results/result-2?a=1&b=2`,
              mediaType: "text/plain",
              byteLength: null,
            },
          ],
      error: phase === "ERROR" ? { kind: "fatal", message: 'UsageError: Cannot read CIRCLE "<"' } : null,
      info: { progress: { total: 3, done: 2 }, links: { events: `${URL_OF_JOB}/events` } },
    };
  });
}

export function exampleReferences(): UwsJobReference[] {
  return exampleJobs().map(({ phase, runId, owner, createdAt }, i) => ({
    id: `job-${i}`,
    url: `https://cutout.example.org/async/job-${i}`,
    phase,
    runId,
    owner,
    createdAt,
  }));
}
