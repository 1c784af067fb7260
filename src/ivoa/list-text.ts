import { ServiceError } from "../errors.ts";
import type { ListSteps } from "./list-table.ts";

/** In the order of a byte order mark's bytes (The Unicode Standard 15, section 23.8). */
const MARKS: readonly (readonly [encoding: string, bytes: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** Files that are no text, by their first bytes. */
const BINARY: readonly (readonly [what: string, start: string])[] = [
  ["a FITS file", "SIMPLE  ="],
  ["packed with gzip", "\x1f\x8b"],
  ["a zip file", "PK\x03\x04"],
  ["a Parquet file", "PAR1"],
];

const FORMATS = "CSV, VOTable and JSON can be read";

const PIECE_BYTES = 256 * 1024;

/** UTF-8, or what a byte order mark or an XML declaration says. "usage" for bytes that are no text of that encoding. */
export function* decodeListText(bytes: Uint8Array): ListSteps<string> {
  const start = String.fromCharCode(...bytes.subarray(0, 200));
  const binary = BINARY.find(([, first]) => start.startsWith(first));
  if (binary !== undefined)
    throw new ServiceError("unsupported", `Cannot use the list: it is ${binary[0]}; ${FORMATS}`);
  const mark = MARKS.find(([, first]) => first.every((byte, i) => bytes[i] === byte));
  const encoding = mark?.[0] ?? /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(start)?.[1] ?? "utf-8";
  try {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const pieces: string[] = [];
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      pieces.push(decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: true }));
      yield;
    }
    pieces.push(decoder.decode());
    return pieces.join("");
  } catch (cause) {
    throw new ServiceError("usage", `Cannot use the list: it is no text in ${encoding}; ${FORMATS}`, { cause });
  }
}
