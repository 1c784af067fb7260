import { ServiceError } from "../errors.ts";
import { prepareRead, throwIfCanceled } from "./_checked-read.ts";
import type { RangeSource } from "./range-source.ts";
import {
  checkPartial,
  failureOf,
  findValidator,
  parseContentRange,
  pinHeaders,
  type RemoteVersion,
  requireIdentity,
} from "./remote-response.ts";
import type { RemoteFile, Transport } from "./remote-transport.ts";
import { TransientError } from "./retry.ts";

/** Opens a file that is read by HTTP range requests. Every read is pinned to the version found here. */
export async function openRemote(
  transport: Transport,
  file: RemoteFile,
  signal: AbortSignal | undefined,
): Promise<RangeSource> {
  const action = `Open ${file.key}`;
  throwIfCanceled(signal, action);
  const version = await transport.retry(action, signal, () => askVersion(transport, file, signal));
  return remoteSource(transport, file, version);
}

// A range has no other answer than 416, or all of nothing, when there is no first byte. Empty files are all alike.
const EMPTY: RemoteVersion = { byteLength: 0, validator: { header: "etag", value: '""' } };

/**
 * Asks for the first byte, not for HEAD: it shows that ranges work, a URL signed for GET allows it, and Node's fetch
 * closes the connection after each HEAD (20 requests in turn took 11 connections, and take 2).
 */
function askVersion(transport: Transport, file: RemoteFile, signal: AbortSignal | undefined): Promise<RemoteVersion> {
  return transport.send(file, { headers: { range: "bytes=0-0" }, signal }, async (response) => {
    const { status, headers } = response;
    if (status === 416 || (status === 200 && headers.get("content-length") === "0")) return EMPTY;
    if (status === 200)
      throw new ServiceError("unsupported", `Cannot open ${file.key}: the server must serve byte ranges`);
    if (status !== 206) throw failureOf(response, file.key, transport.now());
    requireIdentity(file.key, headers);
    const validator = findValidator(headers);
    const range = parseContentRange(headers.get("content-range"));
    if (validator === undefined || range === undefined) {
      const needs = "the server must tell its length and a strong ETag or a Last-Modified time";
      throw new ServiceError("unsupported", `Cannot open ${file.key}: ${needs}`);
    }
    await receiveBody(file.key, response, { target: new Uint8Array(1), start: 0, done: 0 });
    return { byteLength: range.total, validator };
  });
}

function remoteSource(transport: Transport, remote: RemoteFile, version: RemoteVersion): RangeSource {
  const { byteLength, validator } = version;
  const file = { key: remote.key, byteLength };
  const underWay = new Set<Promise<void>>();
  let closed = false;

  /** A try that fails half way leaves `done` bytes that are right: the next one asks for the rest. */
  async function readRest(rest: Rest, signal: AbortSignal | undefined): Promise<void> {
    const range = { start: rest.start + rest.done, length: rest.target.byteLength - rest.done };
    if (range.length === 0) return; // all had come when the connection broke
    const headers = { range: `bytes=${range.start}-${range.start + range.length - 1}`, ...pinHeaders(validator) };
    await transport.send(remote, { headers, signal }, async (response) => {
      checkPartial(response, { key: file.key, version, range, now: transport.now() });
      await receiveBody(file.key, response, rest);
    });
  }

  return {
    ...file,
    // Two files may carry the same time: the length tells some of them apart.
    version: validator.header === "etag" ? validator.value : `${validator.value} ${byteLength}`,
    async read(range, { signal, into } = {}) {
      if (closed) throw new ServiceError("internal", `Cannot read ${file.key}: it has been closed`);
      const target = prepareRead(file, range, { signal, into });
      if (target.byteLength === 0) return target;
      const rest = { target, start: range.start, done: 0 };
      transport.tally.reads++;
      transport.tally.bytes += target.byteLength;
      const reading = transport.retry(`Read ${file.key}`, signal, () => readRest(rest, signal));
      underWay.add(reading);
      try {
        await reading;
      } finally {
        underWay.delete(reading);
      }
      return target;
    },
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

type Rest = { readonly target: Uint8Array; readonly start: number; done: number };

/** Reads to the end of the stream, not just of the range: only then can the connection be used again. */
async function receiveBody(key: string, response: Response, rest: Rest): Promise<void> {
  const { target } = rest;
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) break;
    if (chunk.value.byteLength > target.byteLength - rest.done) {
      throw new ServiceError("corrupt-data", `Cannot read ${key}: the server sent more bytes than the range has`);
    }
    target.set(chunk.value, rest.done);
    rest.done += chunk.value.byteLength;
  }
  if (rest.done < target.byteLength) {
    throw new TransientError(`the server sent ${rest.done} of ${target.byteLength} bytes`);
  }
}
