import { gunzipReader, isGzip } from "../fits/gunzip.ts";
import type { RangeSource } from "../storage/range-source.ts";
import { shortReadsOf } from "../storage/short-reads.ts";

/** What tells a gzip file from any other. */
const MAGIC_BYTES = 4;

/**
 * A file that is gzipped as a whole, read through and held in memory: its bytes cannot be reached otherwise.
 * "over-limit" where they are more than `maxBytes`. Any other file as it is.
 */
export async function gunzipIfWrapped(
  source: RangeSource,
  maxBytes: number,
): Promise<{ readable: RangeSource; heldBytes: number }> {
  const magic = await shortReadsOf(source).read({ start: 0, length: Math.min(MAGIC_BYTES, source.byteLength) });
  if (!isGzip(magic)) return { readable: source, heldBytes: 0 };
  const reader = await gunzipReader(source, { maxBytes });
  return {
    readable: {
      key: source.key,
      version: source.version,
      byteLength: reader.byteLength,
      async read(range, { signal, into } = {}) {
        const bytes = await reader.read(range, { signal });
        if (into === undefined) return bytes;
        into.set(bytes);
        return into;
      },
      close: () => source.close(),
    },
    heldBytes: reader.byteLength,
  };
}
