import { ServiceError } from "../errors.ts";
import { paddedLength } from "../fits/byte-reader.ts";
import type { CardImages } from "../fits/card-images.ts";
import { CHECKSUM_CARDS_BYTES, headerWithChecksums, writeHeaderWithChecksums } from "../fits/checksum.ts";
import { addSums, Datasum, datasumOf, turnedSum } from "../fits/datasum.ts";
import { formatHeader, headerByteLength } from "../fits/header.ts";

/** An HDU to be written. */
export type FitsPart = {
  /** Without END, CHECKSUM and DATASUM. */
  readonly cards: readonly CardImages[];
  /** Of the data, without padding; 0 for a header alone. */
  readonly byteLength: number;
  /**
   * The data, in pieces of any length, each used up before the next is asked for: their memory may be used again. As a
   * function, it gives the same bytes each time that it is called; `into` is memory for all of them: pieces that lie there
   * already, in their places, are not copied.
   */
  readonly rows: FitsRows | ((into?: Uint8Array) => FitsRows);
};

/** Those that are in memory already may be given without waiting. */
export type FitsRows = AsyncIterable<FitsRow> | Iterable<FitsRow>;
/** Of `PixelRows`, what counts here. */
export type FitsRow = { readonly bytes: Uint8Array };

/** How a stream ended, and how many bytes it gave until then. Told once, when nothing is read any more. */
export type StreamEnd = {
  readonly outcome: "whole" | "canceled" | "failed";
  readonly byteLength: number;
  readonly error?: unknown;
};

export type EncodeOptions = {
  /** See `startFits`. */
  readonly bufferBytes?: number;
  readonly onEnd?: (end: StreamEnd) => void;
  /** Memory for the pieces, of any content. The stream does not look at a piece again that it gave. */
  readonly allocate?: Allocate | undefined;
  /** Sums bytes as `datasumOf` does, where it can do so faster; null where it cannot. */
  readonly sumBytes?: SumBytes | undefined;
};

type Allocate = (byteLength: number) => Uint8Array<ArrayBuffer>;
/** Memory for a file that is one piece, where there is some that rows can be made in; null: there is none now. */
export type Lend<Bytes extends Uint8Array> = (byteLength: number) => Bytes | null;
type SumBytes = (bytes: Uint8Array) => number | null;
const allocateNew: Allocate = (byteLength) => new Uint8Array(byteLength);

/** What is summed in memory rather than in two passes: 512 × 512 pixels of 4 bytes. */
const BUFFER_BYTES = 1024 * 1024;

/** Up to the last byte of padding: known before anything is read. */
export function fitsByteLength(parts: readonly FitsPart[], { bufferBytes = BUFFER_BYTES } = {}): number {
  let byteLength = 0;
  for (const part of parts) {
    byteLength += headerLengthOf(part, hasChecksums(part, bufferBytes)) + paddedLength(part.byteLength);
  }
  return byteLength;
}

/**
 * The parts as one FITS file, made as it is read. An HDU that gets fewer or more bytes than it declares breaks the stream
 * off with an error, so that no short file looks whole. Canceling the stream ends the rows that are being read.
 *
 * CHECKSUM and DATASUM stand before the data they sum up, and nothing after the data of an image may make up for them:
 * padding is zeros, and an image has no heap (FITS Standard 4.0, sections 3.3.2 and 7.1). So
 *   - data of up to `bufferBytes` are collected first: one HDU's worth of memory, and no first byte is late for it;
 *   - larger data are made twice where `rows` is a function, summed the first time and sent the second;
 *   - larger data that can be had only once go without the two keywords, which the standard leaves optional.
 * Whoever streams a large cutout thus chooses between checksums and an early first byte.
 *
 * The first piece, a header or a whole small HDU, is made at once: what is wrong with that rejects here, while an error can
 * still be told otherwise than by breaking off; `onEnd` is not called then. A file that is one piece is given as it is: a
 * server sends it at a fraction of what a stream costs.
 */
export async function startFits<Lent extends Uint8Array = never>(
  parts: readonly FitsPart[],
  options: EncodeOptions & { readonly lend?: Lend<Lent> | undefined } = {},
): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Lent> {
  const { bufferBytes = BUFFER_BYTES, onEnd = () => undefined, allocate = allocateNew, lend, sumBytes } = options;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && only.byteLength <= bufferBytes) {
    const hdu = await wholeHdu<Uint8Array<ArrayBuffer> | Lent>(
      only,
      (byteLength) => lend?.(byteLength) ?? allocate(byteLength),
      sumBytes,
    );
    onEnd({ outcome: "whole", byteLength: hdu.byteLength });
    return hdu;
  }
  const chunks = fitsChunks(parts, bufferBytes, { allocate, sumBytes });
  return streamOf(chunks, onEnd, await chunks.next());
}

type Memory = Pick<EncodeOptions, "sumBytes"> & { readonly allocate: Allocate };
type Chunks = ReturnType<typeof fitsChunks>;

function streamOf(chunks: Chunks, onEnd: (end: StreamEnd) => void, started: Awaited<ReturnType<Chunks["next"]>>) {
  let first: typeof started | undefined = started;
  let byteLength = 0;
  let canceled = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = first ?? (await chunks.next());
          first = undefined;
          if (canceled) return; // while this piece was being made
          if (done) {
            onEnd({ outcome: "whole", byteLength });
            controller.close();
          } else {
            byteLength += value.byteLength;
            controller.enqueue(value);
          }
        } catch (error) {
          if (canceled) return;
          onEnd({ outcome: "failed", byteLength, error });
          throw error;
        }
      },
      async cancel() {
        canceled = true;
        try {
          await chunks.return();
        } finally {
          onEnd({ outcome: "canceled", byteLength });
        }
      },
    },
    { highWaterMark: 0 },
  );
}

async function* fitsChunks(
  parts: readonly FitsPart[],
  bufferBytes: number,
  { allocate, sumBytes }: Memory,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (const part of parts) {
    if (!hasChecksums(part, bufferBytes)) {
      yield formatHeader(part.cards);
      for await (const { bytes } of exactRows(part)) yield copyOf(bytes, allocate);
    } else if (part.byteLength <= bufferBytes) {
      yield await wholeHdu(part, allocate, sumBytes);
      continue;
    } else {
      const announced = new Datasum();
      for await (const { bytes } of exactRows(part)) announced.update(bytes);
      yield headerWithChecksums(part.cards, announced.value);
      const sent = new Datasum();
      for await (const { bytes } of exactRows(part)) {
        sent.update(bytes);
        yield copyOf(bytes, allocate);
      }
      if (sent.value !== announced.value) {
        throw new ServiceError("source-changed", "Cannot finish a FITS file: its pixels changed while it was written");
      }
    }
    const padding = paddedLength(part.byteLength) - part.byteLength;
    if (padding > 0) yield new Uint8Array(padding);
  }
}

/** One piece: a small cutout is one write to the socket, not one for each of its rows. */
async function wholeHdu<Bytes extends Uint8Array>(
  part: FitsPart,
  allocate: (byteLength: number) => Bytes,
  sumBytes: SumBytes | undefined,
): Promise<Bytes> {
  const { cards, byteLength } = part;
  const headerLength = headerLengthOf(part, true);
  const end = headerLength + byteLength;
  const hdu = allocate(headerLength + paddedLength(byteLength));
  let at = headerLength;
  let sum = 0;
  const add = ({ bytes }: FitsRow) => {
    if (bytes.length > end - at) throw tooLong(byteLength);
    if (bytes.byteOffset !== hdu.byteOffset + at || bytes.buffer !== hdu.buffer) hdu.set(bytes, at);
    // Where it was: there it can be summed in SIMD, and it is still in the processor's cache.
    const partial = sumBytes?.(bytes) ?? datasumOf(bytes);
    sum = addSums(sum, turnedSum(partial, at - headerLength));
    at += bytes.length;
  };
  const rows = rowsOf(part, hdu.subarray(headerLength, end));
  if (Symbol.iterator in rows) for (const row of rows) add(row);
  else for await (const row of rows) add(row);
  if (at < end) throw tooShort(byteLength, end - at);
  hdu.fill(0, end);
  writeHeaderWithChecksums(cards, sum, hdu, headerLength);
  return hdu;
}

function rowsOf({ rows }: FitsPart, into?: Uint8Array): FitsRows {
  return typeof rows === "function" ? rows(into) : rows;
}

function copyOf(row: Uint8Array, allocate: Allocate): Uint8Array<ArrayBuffer> {
  const copy = allocate(row.length);
  copy.set(row);
  return copy;
}

function hasChecksums(part: FitsPart, bufferBytes: number): boolean {
  return part.byteLength <= bufferBytes || typeof part.rows === "function";
}

function headerLengthOf({ cards }: FitsPart, withChecksums: boolean): number {
  return headerByteLength(cards, withChecksums ? CHECKSUM_CARDS_BYTES : 0);
}

/** The rows of a part; fails before the first byte too many, and at the end if some are missing. */
async function* exactRows(part: FitsPart): AsyncGenerator<FitsRow, void, undefined> {
  let left = part.byteLength;
  for await (const row of rowsOf(part)) {
    const { length } = row.bytes;
    if (length > left) throw tooLong(part.byteLength);
    left -= length;
    if (length > 0) yield row;
  }
  if (left > 0) throw tooShort(part.byteLength, left);
}

function tooLong(declared: number): ServiceError {
  return new ServiceError("internal", `Cannot write an HDU: its rows have more than the declared ${declared} bytes`);
}

function tooShort(declared: number, missing: number): ServiceError {
  return new ServiceError(
    "internal",
    `Cannot write an HDU: its rows are ${missing} short of the declared ${declared} bytes`,
  );
}
