import { ServiceError } from "../errors.ts";
import { readerOfBytes, type ByteReader } from "./byte-reader.ts";

/** Pieces in which the wrapped file is read. */
const READ_BYTES = 1024 * 1024;

/** Whether these first bytes are of a gzip file with deflate (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/**
 * The unwrapped file of a .gz, in memory: at most `maxBytes` of it and a few pieces. "over-limit" for a larger one, found
 * out while it is unwrapped, so that a small file that grows without end is stopped; "corrupt-data" where it is damaged.
 */
export async function gunzipReader(
  reader: ByteReader,
  { maxBytes, signal }: { maxBytes: number; signal?: AbortSignal },
): Promise<ByteReader> {
  const { writable, readable } = new DecompressionStream("gzip");
  const feeding = feed(reader, writable.getWriter(), signal);
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of readable as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > maxBytes) {
        throw new ServiceError(
          "over-limit",
          `Cannot unwrap ${reader.key}: it has more than ${maxBytes} bytes unwrapped`,
        );
      }
      pieces.push(piece);
    }
    await feeding;
  } catch (cause) {
    if (cause instanceof SourceError) throw cause.cause;
    if (cause instanceof ServiceError) throw cause;
    throw new ServiceError("corrupt-data", `Cannot unwrap ${reader.key}: it is no whole gzip file`, { cause });
  } finally {
    feeding.catch(() => {}); // it failed as the reading did, or because the reading stopped
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces.splice(0)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return readerOfBytes(reader.key, bytes);
}

/** A failure of the wrapped file, told apart from a failure to unwrap it. */
class SourceError extends Error {}

/** Hands the file over piece by piece, each when the one before has been unwrapped: `pipeThrough` would read ahead. */
async function feed(
  reader: ByteReader,
  writer: WritableStreamDefaultWriter<BufferSource>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let start = 0; start < reader.byteLength; start += READ_BYTES) {
    const length = Math.min(READ_BYTES, reader.byteLength - start);
    let bytes: Uint8Array;
    try {
      if (signal?.aborted) {
        throw new ServiceError("canceled", `Stopped unwrapping ${reader.key}`, { cause: signal.reason });
      }
      bytes = await reader.read({ start, length }, signal === undefined ? {} : { signal });
    } catch (cause) {
      const error = new SourceError("", { cause });
      await writer.abort(error);
      throw error;
    }
    await writer.write(bytes.slice());
  }
  await writer.close();
}
