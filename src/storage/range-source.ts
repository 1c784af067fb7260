/** Bytes [start, start + length) of a file. */
export type ByteRange = { readonly start: number; readonly length: number };

/**
 * Ranges as columns of numbers, the first `count` of them: a request has hundreds, and an object for each would cost more
 * than to read some of them. `offsets`: where the first byte of each goes in the target.
 */
export type PlacedRanges = {
  readonly count: number;
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
  readonly offsets: readonly number[];
};

/** One range, that goes to the start of the target. */
export function placedRange({ start, length }: ByteRange): PlacedRanges {
  return { count: 1, starts: [start], lengths: [length], offsets: [0] };
}

export type ReadOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Where the bytes go, `length` of it exactly; without it the source allocates. May lie in shared memory. */
  readonly into?: Uint8Array | undefined;
};

/**
 * One version of one file. `read` resolves with exactly the bytes asked for or rejects:
 * "source-changed" when the file is no longer the version that was opened, "corrupt-data" for a range beyond its end,
 * "unavailable" when the store does not answer after its retries, "canceled" when the signal fired.
 */
export interface RangeSource {
  /** Names the file in messages and cache keys: no credentials in it. */
  readonly key: string;
  /** Changes whenever the bytes do: size and mtime in nanoseconds, or a strong ETag. */
  readonly version: string;
  readonly byteLength: number;
  /** `into`, filled, when it was given; else a fresh array. */
  read(range: ByteRange, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * Fills `target` with as many of `ranges`, from the first, as can be had without waiting, and returns how many these
   * are: the others are for `read`. Throws as `read` rejects. Only sources have it that know what is in memory.
   */
  readNow?(ranges: PlacedRanges, target: Uint8Array): number;
  close(): Promise<void>;
}

/** Opens files of one kind of place. Rejects with "missing-file" when there is none. */
export interface RangeStore {
  /**
   * Whether a source of this store is still what its location leads to, where that can be told without waiting; where
   * it cannot, false: `open` tells.
   */
  isCurrent?(source: { readonly key: string; readonly version: string }): boolean;
  open(location: string, options?: { signal?: AbortSignal | undefined }): Promise<RangeSource>;
}
