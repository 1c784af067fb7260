import { availableParallelism } from "node:os";
import { ServiceError } from "../errors.ts";
import { nearestName } from "./nearest-name.ts";
import {
  anyText,
  authorityName,
  bytes,
  hostName,
  integer,
  listOf,
  oneOf,
  path,
  seconds,
  token,
  url,
} from "./setting-types.ts";
import type { ParseSetting } from "./setting-types.ts";

type Setting<T> = {
  readonly variable: string;
  readonly parse: ParseSetting<T>;
  /** As one would write it in the environment; null where there is none, and the value may be undefined. */
  readonly fallback: string | null;
  readonly explanation: string;
  /** Its value is never printed. */
  readonly secret?: boolean;
};

const required = <T>(setting: Setting<T> & { fallback: string }) => setting;
const optional = <T>(setting: Omit<Setting<T>, "fallback">) => ({ ...setting, fallback: null });

const MiB = 2 ** 20;
const DAY_SECONDS = 86_400;
const YEAR_SECONDS = 366 * DAY_SECONDS;

/** Every setting there is. `recorte serve --help` prints this table; nothing else reads the environment. */
const SETTINGS = {
  port: required({
    variable: "PORT",
    parse: integer(0, 65535),
    fallback: "8080",
    explanation: "TCP port to listen on; 0 takes a free one",
  }),
  host: required({
    variable: "HOST",
    parse: anyText,
    fallback: "127.0.0.1",
    explanation: "Address to listen on; 0.0.0.0 for every interface",
  }),
  dataDirectory: required({
    variable: "RECORTE_DATA",
    parse: path,
    fallback: "./data",
    explanation: "Folder of the databases and results; made if it is not there",
  }),
  domain: required({
    variable: "RECORTE_DOMAIN",
    parse: hostName,
    fallback: "localhost",
    explanation: "The services answer as cutout.<domain>, dsa110.<domain>, …",
  }),
  authority: required({
    variable: "RECORTE_AUTHORITY",
    parse: authorityName,
    fallback: "localhost",
    explanation: "IVOA authority that publishes the images: identifiers are ivo://<authority>/<release>?<image>",
  }),
  services: required({
    variable: "RECORTE_SERVICES",
    parse: listOf(oneOf(["cutout"])),
    fallback: "cutout",
    explanation: "Services of this process, apart by commas",
  }),
  publicUrl: optional({
    variable: "RECORTE_PUBLIC_URL",
    parse: url,
    explanation: "Address of the cutout service as clients see it, for links in answers; else taken from the request",
  }),
  testToken: optional({
    variable: "RECORTE_TEST_TOKEN",
    parse: token,
    explanation: "Lets in one user, test, who sends `Authorization: Bearer` and this; for trying things out",
    secret: true,
  }),
  archiveRoots: required({
    variable: "RECORTE_ARCHIVE_ROOTS",
    parse: listOf(path),
    fallback: "",
    explanation: "Folders that images may lie in, apart by commas; empty: wherever `recorte ingest` found them",
  }),
  planeCacheBytes: required({
    variable: "RECORTE_PLANE_CACHE",
    parse: bytes(0),
    fallback: "512MiB",
    explanation: "Bytes of compressed planes kept in memory",
  }),
  seekIndexCacheBytes: required({
    variable: "RECORTE_SEEK_INDEX_CACHE",
    parse: bytes(0),
    fallback: "256MiB",
    explanation: "Bytes of seek indexes kept in memory",
  }),
  seekIndexDiskBytes: required({
    variable: "RECORTE_SEEK_INDEX_DISK",
    parse: bytes(0),
    fallback: "16GiB",
    explanation:
      "Bytes of seek indexes kept in RECORTE_DATA, so that a restart is warm: about 6 MiB a plane of a DES tile",
  }),
  decodeWorkers: required({
    variable: "RECORTE_DECODE_WORKERS",
    parse: integer(0, 256),
    fallback: String(Math.max(1, availableParallelism() - 1)),
    explanation: "Threads that decode; 0 decodes in the main thread. Default: the cores less one, at least 1",
  }),
  maxTileBytes: required({
    variable: "RECORTE_MAX_TILE",
    parse: bytes(MiB),
    fallback: "256MiB",
    explanation: "Bytes that one compressed tile may have when decoded",
  }),
  maxGzipBytes: required({
    variable: "RECORTE_MAX_GZIP",
    parse: bytes(MiB),
    fallback: "512MiB",
    explanation: "Bytes that a .gz file may have when uncompressed: it is held in memory whole",
  }),
  syncMaxPixels: required({
    variable: "RECORTE_SYNC_MAX_PIXELS",
    parse: integer(1, 2 ** 40),
    fallback: "100000000",
    explanation: "Pixels of one synchronous cutout, over all its images",
  }),
  syncTimeoutSeconds: required({
    variable: "RECORTE_SYNC_TIMEOUT",
    parse: seconds(0.1, 86400),
    fallback: "300",
    explanation: "Seconds that one synchronous cutout may take",
  }),
  syncMaxSeconds: required({
    variable: "RECORTE_SYNC_MAX_SECONDS",
    parse: seconds(0.1, 86400),
    fallback: "60",
    explanation: "Seconds that a synchronous cutout may be expected to take; what takes longer is asked for as a job",
  }),
  queryDefaultRecords: required({
    variable: "RECORTE_QUERY_RECORDS",
    parse: integer(1, 10_000_000),
    fallback: "10000",
    explanation: "Rows of an answer of /query where MAXREC does not say",
  }),
  queryMaxRecords: required({
    variable: "RECORTE_QUERY_MAX_RECORDS",
    parse: integer(1, 10_000_000),
    fallback: "100000",
    explanation: "Rows that MAXREC may ask for",
  }),
  queryTimeoutSeconds: required({
    variable: "RECORTE_QUERY_TIMEOUT",
    parse: seconds(0.1, 86400),
    fallback: "30",
    explanation: "Seconds that a search may take until its first row",
  }),
  waitMaxSeconds: required({
    variable: "RECORTE_WAIT_MAX",
    parse: integer(1, 3600),
    fallback: "60",
    explanation: "Seconds that a job's WAIT may hold a request; clients ask again",
  }),
  waitMaxRequests: required({
    variable: "RECORTE_WAIT_REQUESTS",
    parse: integer(1, 1_000_000),
    fallback: "200",
    explanation: "Requests of one user that wait for a job or follow its events; nobody's count as one user's",
  }),
  listMaxBytes: required({
    variable: "RECORTE_LIST_MAX",
    parse: bytes(1024),
    fallback: "32MiB",
    explanation: "Bytes of a list of positions",
  }),
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
    explanation: "The same, of all together who have not signed in",
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
  historyDays: required({
    variable: "RECORTE_HISTORY",
    parse: integer(1, 36_500),
    fallback: "90",
    explanation: "Days that synchronous requests are kept on record",
  }),
  collectEverySeconds: required({
    variable: "RECORTE_GC_INTERVAL",
    parse: integer(0, DAY_SECONDS),
    fallback: "300",
    explanation: "Seconds between two looks of the server for what has outlived its use; 0 leaves it to `recorte gc`",
  }),
  httpConcurrency: required({
    variable: "RECORTE_HTTP_CONCURRENCY",
    parse: integer(1, 1024),
    fallback: "8",
    explanation: "Requests at a time to one remote store of images",
  }),
  httpRetries: required({
    variable: "RECORTE_HTTP_RETRIES",
    parse: integer(0, 20),
    fallback: "3",
    explanation: "Further tries when a remote store does not answer",
  }),
  s3Endpoint: optional({
    variable: "RECORTE_S3_ENDPOINT",
    parse: url,
    explanation: "Object storage for s3://bucket/key locations, such as https://minio.example.org:9000",
  }),
  s3Region: required({
    variable: "RECORTE_S3_REGION",
    parse: anyText,
    fallback: "us-east-1",
    explanation: "Region that requests to the object storage are signed for",
  }),
  s3AccessKeyId: optional({
    variable: "RECORTE_S3_ACCESS_KEY_ID",
    parse: anyText,
    explanation: "Access key of the object storage; without one, requests are not signed",
  }),
  s3SecretAccessKey: optional({
    variable: "RECORTE_S3_SECRET_ACCESS_KEY",
    parse: anyText,
    explanation: "Secret key of the object storage",
    secret: true,
  }),
  requestTimeoutSeconds: required({
    variable: "RECORTE_REQUEST_TIMEOUT",
    parse: seconds(0.5, 3600),
    fallback: "60",
    explanation: "Seconds that a request may take to come in, with the list or form in its body",
  }),
  shutdownTimeoutSeconds: required({
    variable: "RECORTE_SHUTDOWN_TIMEOUT",
    parse: seconds(0, 3600),
    fallback: "30",
    explanation: "Seconds that open requests get to end after SIGTERM",
  }),
  log: required({
    variable: "RECORTE_LOG",
    parse: oneOf(["none", "error", "info", "debug"]),
    fallback: "info",
    explanation: "How much is logged, as lines of JSON on stderr: none, error, info or debug",
  }),
  debug: required({
    variable: "RECORTE_DEBUG",
    parse: (text) => text !== "" && text !== "0",
    fallback: "",
    explanation: "1 prints the stack of an error on the command line",
  }),
};

type Value<S extends Setting<unknown>> = ReturnType<S["parse"]> | (S["fallback"] extends null ? undefined : never);

export type Configuration = { readonly [K in keyof typeof SETTINGS]: Value<(typeof SETTINGS)[K]> };

/** Variables that tests and tools read, not the service. */
const OTHER_VARIABLES = ["RECORTE_TEST_DATA", "RECORTE_BENCH_DATA"];

/** Reads and checks every setting. "usage" names all that is wrong, a line each. An empty variable counts as not set. */
export function readConfiguration(env: Readonly<Record<string, string | undefined>>): Configuration {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const text = env[setting.variable] || setting.fallback; // "": `RECORTE_X= recorte …` asks for the default
    try {
      values[key] = text === null ? undefined : setting.parse(text);
    } catch (error) {
      const value = setting.secret ? "(secret)" : JSON.stringify(text);
      problems.push(`${setting.variable} is ${value}: ${error instanceof Error ? error.message : "unreadable"}`);
    }
  }
  problems.push(...unknownVariables(env), ...contradictions(values));
  if (problems.length > 0) throw new ServiceError("usage", `Cannot use the configuration\n  ${problems.join("\n  ")}`);
  return values as Configuration;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.values<Setting<unknown>>(SETTINGS).map((setting) => setting.variable);
  return Object.keys(env)
    .filter((name) => name.startsWith("RECORTE_") && !known.includes(name) && !OTHER_VARIABLES.includes(name))
    .sort()
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is not a setting${nearest === null ? "" : `: did you mean ${nearest}?`}`;
    });
}

/** What each value allows and the two together do not. */
function contradictions(values: Partial<Configuration>): string[] {
  const problems: string[] = [];
  if ((values.s3AccessKeyId === undefined) !== (values.s3SecretAccessKey === undefined)) {
    problems.push("RECORTE_S3_ACCESS_KEY_ID and RECORTE_S3_SECRET_ACCESS_KEY go together: one of them is not set");
  }
  const { jobDurationSeconds: usual = 0, jobMaxDurationSeconds: most = 0 } = values;
  if (most > 0 && (usual === 0 || usual > most)) {
    problems.push(`RECORTE_JOB_DURATION is ${usual}: it must be 1 to ${most}, which is RECORTE_JOB_MAX_DURATION`);
  }
  return problems;
}

/** Every setting with its default and explanation, for `--help`. */
export function describeConfiguration(): string {
  const settings = Object.values<Setting<unknown>>(SETTINGS);
  const width = Math.max(...settings.map((setting) => setting.variable.length)) + 2;
  return settings
    .map((setting) => {
      const fallback = setting.fallback === null || setting.fallback === "" ? "not set" : setting.fallback;
      return `  ${setting.variable.padEnd(width)}${setting.explanation} [${fallback}]\n`;
    })
    .join("");
}
