/** A file that can be read in ranges: the part of `RangeSource` that FITS needs. */
export type ByteReader = {
  /** Names the file in messages. */
  readonly key: string;
  readonly byteLength: number;
  /** Exactly `length` bytes from `start`, or a rejection. */
  read(range: { start: number; length: number }, options?: { signal?: AbortSignal }): Promise<Uint8Array>;
};

/** Headers and data come in whole blocks of this many bytes (FITS Standard 4.0, section 3.1). */
export const BLOCK_BYTES = 2880;

/** The bytes that `length` bytes of data take on disk. */
export function paddedLength(length: number): number {
  return Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Reads of bytes in memory, for wrapped files and for tests. */
export function readerOfBytes(key: string, bytes: Uint8Array): ByteReader {
  return {
    key,
    byteLength: bytes.length,
    read: ({ start, length }) =>
      start >= 0 && length >= 0 && length <= bytes.length - start
        ? Promise.resolve(bytes.subarray(start, start + length))
        : Promise.reject(new RangeError(`Cannot read ${length} bytes at ${start} of ${key}: it has ${bytes.length}`)),
  };
}
