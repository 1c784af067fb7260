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
