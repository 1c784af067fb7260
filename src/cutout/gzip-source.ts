import { gunzipReader, isGzip } from "../fits/gunzip.ts";
import type { RangeSource } from "../storage/range-source.ts";
import { shortReadsOf, type ShortReads } from "../storage/short-reads.ts";

/** What tells a gzip file from any other. */
const MAGIC_BYTES = 4;

/**
 * A file that is gzipped as a whole, read through and held in memory: its bytes cannot be reached otherwise.
 * "over-limit" where they are more than `maxBytes`. Any other file as it is. `reader`: who reads on of the same source.
 */
export async function gunzipIfWrapped(
  source: RangeSource,
  maxBytes: number,
  reader: ShortReads = shortReadsOf(source),
): Promise<{ readable: RangeSource; heldBytes: number }> {
  const magic = await reader.read({ start: 0, length: Math.min(MAGIC_BYTES, source.byteLength) });
  if (!isGzip(magic)) return { readable: source, heldBytes: 0 };
  const unzipped = await gunzipReader(source, { maxBytes });
  return {
    readable: {
      key: source.key,
      version: source.version,
      byteLength: unzipped.byteLength,
      async read(range, { signal, into } = {}) {
        const bytes = await unzipped.read(range, { signal });
        if (into === undefined) return bytes;
        into.set(bytes);
        return into;
      },
      close: () => source.close(),
    },
    heldBytes: unzipped.byteLength,
  };
}
