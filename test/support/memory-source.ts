import { ServiceError } from "../../src/errors.ts";
import type { RangeSource } from "../../src/storage/range-source.ts";

/** A file in memory. */
export function memorySource(key: string, bytes: Uint8Array, version = "1"): RangeSource {
  return {
    key,
    version,
    byteLength: bytes.length,
    async read({ start, length }, { signal, into = new Uint8Array(length) } = {}) {
      signal?.throwIfAborted();
      await Promise.resolve();
      if (!(start >= 0 && length >= 0 && length <= bytes.length - start)) {
        throw new ServiceError(
          "corrupt-data",
          `Cannot read ${length} bytes at ${start} of ${key}: it has ${bytes.length}`,
        );
      }
      into.set(bytes.subarray(start, start + length));
      return into;
    },
    close: () => Promise.resolve(),
  };
}
