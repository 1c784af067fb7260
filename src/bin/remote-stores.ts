import { httpStore } from "../storage/http.ts";
import type { RangeStore } from "../storage/range-source.ts";
import type { ReadTally } from "../storage/read-tally.ts";
import { s3Store } from "../storage/s3.ts";
import type { Configuration } from "./configuration.ts";

/** Where files may lie that are not on this machine. */
export function remoteStores(
  configuration: Configuration,
  tally?: ReadTally,
): { http: RangeStore; s3: RangeStore | undefined } {
  const { httpConcurrency, httpRetries, s3Endpoint, s3Region, s3AccessKeyId, s3SecretAccessKey } = configuration;
  const transport = { maxConcurrent: httpConcurrency, retries: httpRetries, tally };
  return {
    http: httpStore(transport),
    s3:
      s3Endpoint === undefined
        ? undefined
        : s3Store({
            ...transport,
            endpoint: s3Endpoint,
            region: s3Region,
            accessKeyId: s3AccessKeyId,
            secretAccessKey: s3SecretAccessKey,
          }),
  };
}
