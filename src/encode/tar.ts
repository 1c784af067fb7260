import type { ArchiveEntry } from "./archive.ts";
import { gather } from "./byte-stream.ts";
import { exactly } from "./exact-bytes.ts";

// A tar archive as pax writes it (POSIX.1-2017, pax: ustar interchange format, and pax header blocks). It is laid out
// before anything is read, so that any part of it can be asked for again, and is the same each time.

const BLOCK_BYTES = 512;
/** Two blocks of zeros. */
const END_BYTES = 2 * BLOCK_BYTES;
/** What eleven octal digits hold. */
const MAX_SIZE = 8 ** 11 - 1;
const NAME_BYTES = 100;
const FILE = "0";
const PAX_HEADER = "x";

export function tarByteLength(entries: Iterable<ArchiveEntry>): number {
  let length = END_BYTES;
  for (const entry of entries) length += headLength(entry) + padded(entry.byteLength);
  return length;
}

/** Bytes [start, end) of the archive. One entry is read at a time; those outside are not. */
export function readTar(entries: Iterable<ArchiveEntry>, start: number, end: number): AsyncIterable<Uint8Array> {
  return gather(tarPieces(entries, start, end));
}

async function* tarPieces(entries: Iterable<ArchiveEntry>, start: number, end: number) {
  let at = 0;
  const clip = (bytes: Uint8Array) => bytes.subarray(Math.max(0, start - at), Math.max(0, end - at));
  for (const entry of entries) {
    if (at >= end) return;
    const { name, byteLength } = entry;
    const [head, body] = [headLength(entry), padded(byteLength)];
    if (at + head + body <= start) {
      at += head + body;
      continue;
    }
    yield clip(formatHead(entry));
    at += head;
    const [from, to] = [Math.max(0, start - at), Math.min(byteLength, end - at)];
    if (from < to) yield* exactly(name, to - from, entry.read(from, to));
    at += byteLength;
    yield clip(new Uint8Array(body - byteLength));
    at += body - byteLength;
  }
  yield clip(new Uint8Array(END_BYTES));
}

function padded(length: number): number {
  return Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES;
}

function headLength(entry: ArchiveEntry): number {
  const { length } = formatPaxRecords(entry);
  return BLOCK_BYTES + (length === 0 ? 0 : BLOCK_BYTES + padded(length));
}

function formatHead(entry: ArchiveEntry): Uint8Array {
  const { name, byteLength, modifiedAt } = entry;
  const records = formatPaxRecords(entry);
  const head = new Uint8Array(headLength(entry));
  const mtime = Math.max(0, Math.floor(modifiedAt / 1000));
  if (records.length > 0) {
    head.set(formatBlock({ name: `PaxHeaders/${name}`, size: records.length, mtime, type: PAX_HEADER }));
    head.set(records, BLOCK_BYTES);
  }
  const size = byteLength > MAX_SIZE ? 0 : byteLength; // the pax header has it then
  head.set(formatBlock({ name, size, mtime, type: FILE }), head.length - BLOCK_BYTES);
  return head;
}

type Block = { readonly name: string; readonly size: number; readonly mtime: number; readonly type: string };

/**
 *   0 name  100 mode  108 uid  116 gid  124 size  136 mtime  148 checksum  156 type  257 magic and version  265 …
 *
 * Numbers are octal digits and a NUL. The checksum is the sum of all bytes, with blanks in its own place. Files belong to
 * whoever unpacks them: the archive names nobody.
 */
function formatBlock({ name, size, mtime, type }: Block): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => block.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  block.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES));
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(size, 11));
  put(136, octal(mtime, 11));
  put(148, "        ");
  put(156, type);
  put(257, "ustar\0" + "00");
  put(
    148,
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0`,
  );
  return block;
}

/** What a block has no room for: `length keyword=value\n`, where the length counts its own digits. */
function formatPaxRecords({ name, byteLength }: ArchiveEntry): Uint8Array {
  const encoder = new TextEncoder();
  const isPlain = /^[\x20-\x7e]*$/.test(name) && name.length <= NAME_BYTES;
  const values = [isPlain ? "" : ` path=${name}\n`, byteLength <= MAX_SIZE ? "" : ` size=${byteLength}\n`];
  return encoder.encode(
    values
      .filter((text) => text !== "")
      .map((text) => withLength(text))
      .join(""),
  );

  function withLength(text: string): string {
    const rest = encoder.encode(text).length;
    let length = rest + 1;
    while (rest + String(length).length !== length) length = rest + String(length).length;
    return `${length}${text}`;
  }
}
