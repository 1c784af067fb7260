import type { Context } from "hono";
import { streamOf } from "../encode/byte-stream.ts";
import type { AppEnv } from "./app-env.ts";
import { formatContentRange, planMultipart, selectRanges, type RangeSelection, type Span } from "./byte-ranges.ts";
import { evaluatePreconditions } from "./conditional.ts";
import { hasConditionForUs } from "./hand-to-proxy.ts";

/** Bytes that are there to be read, any of them. */
export type ServedFile = {
  readonly mediaType: string;
  readonly fileName: string;
  readonly disposition: "inline" | "attachment";
  readonly byteLength: number;
  /** Strong, quoted. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number | undefined;
  readonly sha256?: string;
  /** "none": only as a whole. */
  readonly ranges: "bytes" | "none";
  /** Where the proxy in front of us finds it, which then sends it in our place. */
  readonly proxyPath?: string | undefined;
  /** Rejects where it cannot be read; after that only the disk can fail. */
  open(): Promise<OpenBytes>;
};

export type OpenBytes = {
  /** Bytes [start, end). */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
};

/** 200, 206, 304, 412 or 416 (RFC 9110, sections 13 and 14); HEAD is as GET without Range, and without the body. */
export async function respondWithFile(c: Context<AppEnv>, file: ServedFile): Promise<Response> {
  const { etag, byteLength, modifiedAt, mediaType } = file;
  c.header("ETag", etag);
  c.header("Cache-Control", "private, no-cache"); // to be kept by who asked, and asked for again by its ETag
  if (modifiedAt !== undefined) c.header("Last-Modified", new Date(modifiedAt).toUTCString());
  const verdict = evaluatePreconditions(c.req.raw.headers, etag, modifiedAt);
  if (verdict === "not-modified") return c.body(null, 304);
  if (verdict === "failed") return c.text(`UsageError: The file is now ${etag}, and another was asked for\n`, 412);

  c.header("Accept-Ranges", file.ranges);
  const isGet = c.req.method !== "HEAD";
  const select = isGet && file.ranges === "bytes";
  const selection = select ? selectRanges(c.req.raw.headers, file) : ({ kind: "whole" } as const);
  if (selection.kind === "unsatisfiable") {
    c.header("Content-Range", `bytes */${byteLength}`);
    return c.text(`UsageError: The file has ${byteLength} bytes, and none in the range\n`, 416);
  }
  const length = lengthOf(selection, file);
  const { opened, settle } = await openReserved(c, file, isGet ? length : 0).catch((error: unknown) => {
    for (const name of FILE_HEADERS) c.header(name, undefined); // an error is no version of the file
    throw error;
  });
  let sent = 0;
  const count = (bytes: number) => (sent += bytes);
  const close = () => {
    settle(sent);
    return opened.close();
  };
  c.header("Content-Disposition", `${file.disposition}; filename="${file.fileName}"`);
  c.header("X-Content-Type-Options", "nosniff");
  if (file.sha256 !== undefined) c.header("Repr-Digest", `sha-256=:${base64Of(file.sha256)}:`); // RFC 9530
  if (isGet && file.proxyPath !== undefined && !hasConditionForUs(c.req.raw)) {
    await opened.close(); // it is there, and whole
    settle(length); // as far as is known here
    c.header("Content-Type", mediaType);
    c.header("Accept-Ranges", undefined); // parts are the proxy's to make, and to speak of
    c.header("X-Accel-Redirect", file.proxyPath);
    return c.body(null, 200);
  }
  const [first, ...more] = selection.kind === "whole" ? [{ start: 0, end: byteLength }] : selection.parts;
  if (more.length > 0) {
    const multipart = planMultipart([first, ...more], file);
    c.header("Content-Type", multipart.mediaType);
    c.header("Content-Length", String(multipart.byteLength));
    return c.body(streamOf(counted(multipartPieces(opened, [first, ...more], multipart), count), close), 206);
  }
  c.header("Content-Type", mediaType);
  c.header("Content-Length", String(first.end - first.start));
  if (selection.kind === "parts") c.header("Content-Range", formatContentRange(first, byteLength));
  if (!isGet) {
    await close();
    return c.body(null, 200);
  }
  return c.body(
    streamOf(counted(opened.read(first.start, first.end), count), close),
    selection.kind === "parts" ? 206 : 200,
  );
}

/** Counted as some of the day's bytes before it is opened. */
async function openReserved(
  c: Context<AppEnv>,
  file: ServedFile,
  byteLength: number,
): Promise<{ readonly opened: OpenBytes; readonly settle: (sent: number) => void }> {
  const reservation = byteLength === 0 ? undefined : c.var.reserveBytes?.(byteLength);
  try {
    return { opened: await file.open(), settle: (sent) => reservation?.settle(sent) };
  } catch (error) {
    reservation?.settle(0);
    throw error;
  }
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
}

const FILE_HEADERS = ["ETag", "Cache-Control", "Last-Modified", "Accept-Ranges"];

/** Of the body. */
function lengthOf(selection: RangeSelection, file: ServedFile): number {
  if (selection.kind !== "parts") return file.byteLength;
  const [first, ...more] = selection.parts;
  return more.length > 0 ? planMultipart(selection.parts, file).byteLength : first.end - first.start;
}

async function* multipartPieces(
  opened: OpenBytes,
  parts: readonly Span[],
  { heads, tail }: { readonly heads: readonly Uint8Array[]; readonly tail: Uint8Array },
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const [i, { start, end }] of parts.entries()) {
    yield heads[i];
    yield* opened.read(start, end);
  }
  yield tail;
}

function base64Of(hexadecimal: string): string {
  const bytes = (hexadecimal.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
  return btoa(String.fromCharCode(...bytes));
}
