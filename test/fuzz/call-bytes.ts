import { formatRequest, type RawRequest } from "../support/raw-http.ts";
import type { HostileCall, Pair } from "./calls.ts";

/** The request as bytes; `halfClose` where it would else be waited for more. */
export function formatCall(
  call: HostileCall,
  replace: (text: string) => string,
): { bytes: Buffer; halfClose: boolean } {
  const { method, query, headers, body, framing } = call;
  const target = replace(call.path) + (query === "" ? "" : `?${query}`);
  const takesBody = body !== null && !["GET", "HEAD"].includes(method);
  const all: Pair[] = [...headers];
  if (!headers.some(([name]) => name.toLowerCase() === "host")) all.unshift(["Host", "localhost"]);
  all.push(["Connection", "close"]);
  const request: RawRequest = { method, target: Buffer.from(target).toString("latin1"), headers: all };
  if (!takesBody) return { bytes: formatRequest(request), halfClose: false };
  if (!headers.some(([name]) => name === "Content-Type")) all.push(["Content-Type", body.type.replace(/[\r\n]/g, "")]);
  const length = body.bytes.length;
  const [lines, bytes] = frame(framing, body.bytes, length);
  return {
    bytes: formatRequest({ ...request, headers: [...all, ...lines], body: bytes }),
    halfClose: HALF_CLOSED.includes(framing),
  };
}

const HALF_CLOSED: readonly string[] = ["too-long", "no-chunks"];

function frame(framing: HostileCall["framing"], bytes: Uint8Array, length: number): [Pair[], Uint8Array] {
  const chunked: Pair = ["Transfer-Encoding", "chunked"];
  switch (framing) {
    case "length":
      return [[["Content-Length", String(length)]], bytes];
    case "too-long":
      return [[["Content-Length", String(length + 1000)]], bytes];
    case "too-short":
      return [[["Content-Length", String(length >> 1)]], bytes];
    case "negative":
      return [[["Content-Length", `-${length}`]], bytes];
    case "twice":
      return [
        [
          ["Content-Length", String(length)],
          ["Content-Length", String(length + 1)],
        ],
        bytes,
      ];
    case "chunked":
      return [[chunked], chunk(bytes)];
    case "both":
      return [[chunked, ["Content-Length", String(length)]], chunk(bytes)];
    case "no-chunks":
      return [[chunked], bytes];
    case "none":
      return [[], bytes];
    default:
      return framing satisfies never;
  }
}

function chunk(bytes: Uint8Array): Uint8Array {
  const half = bytes.length >> 1;
  const pieces = [bytes.subarray(0, half), bytes.subarray(half)].filter(({ length }) => length > 0);
  return Buffer.concat([
    ...pieces.flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]),
    Buffer.from("0\r\n\r\n"),
  ]);
}
