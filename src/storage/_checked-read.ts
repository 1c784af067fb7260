import { ServiceError } from "../errors.ts";
import type { ByteRange, PlacedRanges, ReadOptions } from "./range-source.ts";

/**
 * Checks what every source must check before it reads, and returns the bytes to fill: `into`, or a fresh array.
 * A range outside the file is "corrupt-data": only a file's own offsets lead there.
 */
export function prepareRead(
  file: { readonly key: string; readonly byteLength: number },
  range: ByteRange,
  options: ReadOptions = {},
): Uint8Array {
  throwIfCanceled(options.signal, `Read ${file.key}`);
  requireInFile(file, range);
  const { length } = range;
  if (options.into === undefined) return allocate(file.key, length);
  if (options.into.byteLength !== length) {
    throw new ServiceError(
      "internal",
      `Cannot read ${length} bytes of ${file.key} into ${options.into.byteLength}: both lengths must be the same`,
    );
  }
  return options.into;
}

/** "corrupt-data" for a range that is not in the file. */
export function requireInFile(
  file: { readonly key: string; readonly byteLength: number },
  { start, length }: ByteRange,
): void {
  const sane = Number.isSafeInteger(start) && Number.isSafeInteger(length) && start >= 0 && length >= 0;
  if (!sane || start > file.byteLength || length > file.byteLength - start) {
    throw new ServiceError(
      "corrupt-data",
      `Cannot read ${length} bytes at ${start} of ${file.key}: it has ${file.byteLength} bytes`,
    );
  }
}

/** The same of many. */
export function requireAllInFile(
  file: { readonly key: string; readonly byteLength: number },
  { count, starts, lengths }: PlacedRanges,
): void {
  for (let i = 0; i < count; i++) {
    const start = starts[i];
    const length = lengths[i];
    // False for NaN too: what is wrong is told by the check of one.
    if (!(start >= 0 && length >= 0 && start + length <= file.byteLength)) requireInFile(file, { start, length });
  }
}

/** Rejects what the caller no longer waits for. `action` is what was under way: `Read /a/b.fits`. */
export function throwIfCanceled(signal: AbortSignal | undefined, action: string): void {
  if (signal?.aborted === true) throw canceled(signal, action);
}

export function canceled(signal: AbortSignal, action: string): ServiceError {
  return new ServiceError("canceled", `${action}: canceled by the caller`, { cause: signal.reason });
}

export function sourceChanged(key: string, how: string): ServiceError {
  return new ServiceError("source-changed", `Cannot read ${key}: ${how} since it was opened`);
}

function allocate(key: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new ServiceError("over-limit", `Cannot read ${length} bytes of ${key} at once: no memory for them`, {
      cause,
    });
  }
}
