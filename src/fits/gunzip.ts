import { ServiceError } from "../errors.ts";
import { readerOfBytes, type ByteReader } from "./byte-reader.ts";

/** Pieces in which the wrapped file is read. */
const READ_BYTES = 1024 * 1024;

/** Whether these first bytes are of a gzip file with deflate (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/**
 * The unwrapped file of a .gz, in memory: at most `maxBytes` of it, plus one piece. "over-limit" for a larger one, found
 * out while it is unwrapped, so that a small file that grows without end is stopped; "corrupt-data" where it is damaged.
 */
export async function gunzipReader(
  reader: ByteReader,
  { maxBytes, signal }: { maxBytes: number; signal?: AbortSignal },
): Promise<ByteReader> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const unzipped = wrappedStream(reader, signal).pipeThrough(new DecompressionStream("gzip"));
  try {
    for await (const piece of unzipped as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > maxBytes) {
        throw new ServiceError(
          "over-limit",
          `Cannot unwrap ${reader.key}: it has more than ${maxBytes} bytes unwrapped`,
        );
      }
      pieces.push(piece);
    }
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError("corrupt-data", `Cannot unwrap ${reader.key}: it is no whole gzip file`, { cause });
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces.splice(0)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return readerOfBytes(reader.key, bytes);
}

function wrappedStream(reader: ByteReader, signal: AbortSignal | undefined): ReadableStream<BufferSource> {
  let start = 0;
  return new ReadableStream<BufferSource>(
    {
      async pull(controller) {
        if (signal?.aborted) {
          throw new ServiceError("canceled", `Stopped unwrapping ${reader.key}`, { cause: signal.reason });
        }
        const length = Math.min(READ_BYTES, reader.byteLength - start);
        if (length === 0) {
          controller.close();
          return;
        }
        const bytes = await reader.read({ start, length }, signal === undefined ? {} : { signal });
        start += length;
        controller.enqueue(bytes.slice());
      },
    },
    { highWaterMark: 0 },
  );
}
