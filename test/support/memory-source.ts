import { prepareRead } from "../../src/storage/_checked-read.ts";
import type { RangeSource } from "../../src/storage/range-source.ts";

/** A file in memory. */
export function memorySource(key: string, bytes: Uint8Array, version = "1"): RangeSource {
  return {
    key,
    version,
    byteLength: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- rejects, never throws
    async read(range, options) {
      const target = prepareRead({ key, byteLength: bytes.length }, range, options);
      target.set(bytes.subarray(range.start, range.start + range.length));
      return target;
    },
    close: () => Promise.resolve(),
  };
}
