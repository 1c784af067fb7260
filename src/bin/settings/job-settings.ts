import { availableParallelism } from "node:os";
import { integer, seconds } from "../setting-types.ts";
import { required } from "./setting.ts";

const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 366 * DAY_SECONDS;

/** Of jobs, their results and what becomes of them. */
export const JOB_SETTINGS = {
  jobWorkers: required({
    variable: "RECORTE_JOB_WORKERS",
    parse: integer(0, 256),
    fallback: String(Math.min(4, Math.max(1, availableParallelism() - 1))),
    explanation:
      "Results of jobs worked on at a time; 0 leaves them to `recorte work`. Default: the cores less one, 1 to 4",
  }),
  jobLeaseSeconds: required({
    variable: "RECORTE_JOB_LEASE",
    parse: seconds(0.5, 3600),
    fallback: "30",
    explanation: "Seconds after which a worker that is not heard of is dead, and its work goes to others",
  }),
  jobMaxResults: required({
    variable: "RECORTE_JOB_MAX_RESULTS",
    parse: integer(1, 1_000_000),
    fallback: "10000",
    explanation: "Results of one job",
  }),
  jobMaxPixels: required({
    variable: "RECORTE_JOB_MAX_PIXELS",
    parse: integer(1, 2 ** 40),
    fallback: "1000000000",
    explanation: "Pixels of one result of a job, over all its images",
  }),
  jobMaxActive: required({
    variable: "RECORTE_JOB_MAX_ACTIVE",
    parse: integer(1, 1_000_000),
    fallback: "10",
    explanation: "Jobs of one user that wait or run",
  }),
  jobMaxActiveAnonymous: required({
    variable: "RECORTE_JOB_MAX_ACTIVE_ANONYMOUS",
    parse: integer(0, 1_000_000),
    fallback: "20",
    explanation: "Jobs that wait or run of all together who have not signed in; 0: they have none",
  }),
  jobMaxKept: required({
    variable: "RECORTE_JOB_MAX_KEPT",
    parse: integer(1, 1_000_000),
    fallback: "1000",
    explanation: "Jobs of one user that are kept, in whatever phase",
  }),
  jobMaxKeptAnonymous: required({
    variable: "RECORTE_JOB_MAX_KEPT_ANONYMOUS",
    parse: integer(0, 1_000_000),
    fallback: "2000",
    explanation: "Jobs that are kept of all together who have not signed in",
  }),
  jobLifetimeSeconds: required({
    variable: "RECORTE_JOB_LIFETIME",
    parse: integer(1, 10 * YEAR_SECONDS),
    fallback: String(14 * DAY_SECONDS),
    explanation: "Seconds that a job and its results are kept, and that its owner may put off its end by",
  }),
  jobMaxExtensions: required({
    variable: "RECORTE_JOB_EXTENSIONS",
    parse: integer(0, 1000),
    fallback: "2",
    explanation: "How often the owner of a job may put off its end",
  }),
  jobDurationSeconds: required({
    variable: "RECORTE_JOB_DURATION",
    parse: integer(0, YEAR_SECONDS),
    fallback: "0",
    explanation: "Seconds that a job may run where its owner does not say; 0: as long as it takes",
  }),
  jobMaxDurationSeconds: required({
    variable: "RECORTE_JOB_MAX_DURATION",
    parse: integer(0, YEAR_SECONDS),
    fallback: "0",
    explanation: "Seconds that its owner may let a job run; 0: as long as it takes",
  }),
  jobRetries: required({
    variable: "RECORTE_JOB_RETRIES",
    parse: integer(0, 100),
    fallback: "4",
    explanation: "Further tries of a result that failed of what may pass",
  }),
  collectEverySeconds: required({
    variable: "RECORTE_GC_INTERVAL",
    parse: integer(0, DAY_SECONDS),
    fallback: "300",
    explanation: "Seconds between two looks of the server for what has outlived its use; 0 leaves it to `recorte gc`",
  }),
};
