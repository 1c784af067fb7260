import { availableParallelism } from "node:os";
import { anyText, bytes, integer, listOf, path, url } from "../setting-types.ts";
import { optional, required } from "./setting.ts";

const MiB = 2 ** 20;

/** Of reading images: where they may lie, how much of them is kept, who decodes. */
export const IMAGE_SETTINGS = {
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
    explanation:
      "Bytes that one tile may have when decoded; each thread takes as much, for GZIP_2 twice, for HCOMPRESS_1 four times",
  }),
  maxGzipBytes: required({
    variable: "RECORTE_MAX_GZIP",
    parse: bytes(MiB),
    fallback: "512MiB",
    explanation: "Bytes that a .gz file may have when uncompressed: it is held in memory whole",
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
};
