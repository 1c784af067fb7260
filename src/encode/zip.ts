import type { ArchiveEntry } from "./archive.ts";
import { gather } from "./byte-stream.ts";
import { crc32 } from "./crc32.ts";
import { exactly } from "./exact-bytes.ts";

// A zip archive (PKWARE APPNOTE 6.3.10) of stored files: cutouts hold noise, or are compressed already, and gain nothing
// by being deflated. Its length is known before anything is read, its sums only after: they stand behind each file, so
// that each is read once. What does not fit into 16 or 32 bits is said as zip64, and only that.
//
//   for each file:  local header, name, the bytes, data descriptor      4.3.7, 4.3.9
//   for each file:  central header, name, zip64 field                   4.3.12, 4.5.3
//   zip64 end and its locator, where needed; end                        4.3.14, 4.3.15, 4.3.16

const LOCAL_BYTES = 30;
const DESCRIPTOR_BYTES = { zip32: 16, zip64: 24 };
/** In a local header: two sizes of eight bytes. */
const LOCAL_ZIP64_BYTES = 20;
const CENTRAL_BYTES = 46;
const END64_BYTES = 56 + 20;
const END_BYTES = 22;

const MOST_32 = 0xffff_ffff;
const MOST_16 = 0xffff;

/** Sizes and sum stand behind the bytes (bit 3); names are UTF-8 (bit 11). */
const FLAGS = (1 << 3) | (1 << 11);
const UNIX = 3 << 8;
/** Of the specification that a reader must know: 4.5 for zip64. */
const VERSION = { zip32: 20, zip64: 45 };
/** A regular file, -rw-r--r--, as Unix keeps it in the upper half. */
const ATTRIBUTES = 0o100644 * 2 ** 16;

export function zipByteLength(entries: readonly ArchiveEntry[]): number {
  const directoryAt = directoryOffset(entries);
  const directory = directoryLength(entries);
  return directoryAt + directory + (needsEnd64(entries, directoryAt, directory) ? END64_BYTES : 0) + END_BYTES;
}

/** The whole archive. One entry is read at a time. */
export function readZip(entries: readonly ArchiveEntry[]): AsyncIterable<Uint8Array> {
  return gather(zipPieces(entries));
}

async function* zipPieces(entries: readonly ArchiveEntry[]): AsyncGenerator<Uint8Array, void, undefined> {
  const sums = new Uint32Array(entries.length);
  for (const [i, entry] of entries.entries()) {
    const { name, byteLength } = entry;
    yield formatLocal(entry);
    for await (const piece of exactly(name, byteLength, entry.read(0, byteLength))) {
      sums[i] = crc32(piece, sums[i]);
      yield piece;
    }
    yield formatDescriptor(sums[i], byteLength);
  }
  let offset = 0;
  for (const [i, entry] of entries.entries()) {
    yield formatCentral(entry, sums[i], offset);
    offset += localLength(entry);
  }
  yield formatEnd(entries, offset);
}

const isLarge = (size: number) => size >= MOST_32;

function nameLength({ name }: ArchiveEntry): number {
  return new TextEncoder().encode(name).length;
}

/** With everything up to the next one. */
function localLength(entry: ArchiveEntry): number {
  const large = isLarge(entry.byteLength);
  const descriptor = large ? DESCRIPTOR_BYTES.zip64 : DESCRIPTOR_BYTES.zip32;
  return LOCAL_BYTES + nameLength(entry) + (large ? LOCAL_ZIP64_BYTES : 0) + entry.byteLength + descriptor;
}

/** Zero bytes, or the field's head and eight for each value. */
function zip64Length(values: number): number {
  return values === 0 ? 0 : 4 + 8 * values;
}

/** Those that do not fit, in the order that the field wants: length, stored length, offset. */
function largeValues({ byteLength }: ArchiveEntry, offset: number): number[] {
  return [byteLength, byteLength, offset].filter(isLarge);
}

function directoryOffset(entries: readonly ArchiveEntry[]): number {
  return entries.reduce((sum, entry) => sum + localLength(entry), 0);
}

function directoryLength(entries: readonly ArchiveEntry[]): number {
  let [offset, length] = [0, 0];
  for (const entry of entries) {
    length += CENTRAL_BYTES + nameLength(entry) + zip64Length(largeValues(entry, offset).length);
    offset += localLength(entry);
  }
  return length;
}

function needsEnd64(entries: readonly ArchiveEntry[], directoryAt: number, directory: number): boolean {
  return entries.length >= MOST_16 || isLarge(directoryAt) || isLarge(directory);
}

function formatLocal(entry: ArchiveEntry): Uint8Array {
  const large = isLarge(entry.byteLength);
  const out = new Writer(LOCAL_BYTES + nameLength(entry) + (large ? LOCAL_ZIP64_BYTES : 0));
  out.u32(0x04034b50).u16(large ? VERSION.zip64 : VERSION.zip32);
  out.u16(FLAGS).u16(0).dosTime(entry.modifiedAt);
  out
    .u32(0)
    .u32(large ? MOST_32 : 0)
    .u32(large ? MOST_32 : 0);
  out.u16(nameLength(entry)).u16(large ? LOCAL_ZIP64_BYTES : 0);
  out.text(entry.name);
  if (large) out.u16(1).u16(16).u64(0).u64(0);
  return out.bytes;
}

function formatDescriptor(sum: number, byteLength: number): Uint8Array {
  const large = isLarge(byteLength);
  const out = new Writer(large ? DESCRIPTOR_BYTES.zip64 : DESCRIPTOR_BYTES.zip32);
  out.u32(0x08074b50).u32(sum);
  if (large) return out.u64(byteLength).u64(byteLength).bytes;
  return out.u32(byteLength).u32(byteLength).bytes;
}

function formatCentral(entry: ArchiveEntry, sum: number, offset: number): Uint8Array {
  const large = largeValues(entry, offset);
  const extra = zip64Length(large.length);
  const version = large.length > 0 ? VERSION.zip64 : VERSION.zip32;
  const size = Math.min(entry.byteLength, MOST_32);
  const out = new Writer(CENTRAL_BYTES + nameLength(entry) + extra);
  out.u32(0x02014b50).u16(UNIX | version).u16(version); // prettier-ignore
  out.u16(FLAGS).u16(0).dosTime(entry.modifiedAt);
  out.u32(sum).u32(size).u32(size);
  out.u16(nameLength(entry)).u16(extra);
  out.u16(0).u16(0).u16(0).u32(ATTRIBUTES); // no comment, first disk, not known to be text
  out.u32(Math.min(offset, MOST_32)).text(entry.name);
  if (extra > 0) out.u16(1).u16(extra - 4);
  for (const value of large) out.u64(value);
  return out.bytes;
}

function formatEnd(entries: readonly ArchiveEntry[], directoryAt: number): Uint8Array {
  const directory = directoryLength(entries);
  const large = needsEnd64(entries, directoryAt, directory);
  const out = new Writer((large ? END64_BYTES : 0) + END_BYTES);
  const count = entries.length;
  if (large) {
    out.u32(0x06064b50).u64(44).u16(UNIX | VERSION.zip64).u16(VERSION.zip64).u32(0).u32(0); // prettier-ignore
    out.u64(count).u64(count).u64(directory).u64(directoryAt);
    out.u32(0x07064b50).u32(0).u64(directoryAt + directory).u32(1); // prettier-ignore
  }
  out.u32(0x06054b50).u16(0).u16(0);
  out.u16(Math.min(count, MOST_16)).u16(Math.min(count, MOST_16));
  out.u32(Math.min(directory, MOST_32)).u32(Math.min(directoryAt, MOST_32)).u16(0);
  return out.bytes;
}

/** Numbers one after another, low byte first. */
class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: number): this {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
    return this;
  }

  text(text: string): this {
    this.#at += new TextEncoder().encodeInto(text, this.bytes.subarray(this.#at)).written;
    return this;
  }

  /** Time, then date (4.4.6): of no zone, in steps of two seconds, from 1980 to 2107. UTC here: the same everywhere. */
  dosTime(instant: number): this {
    const at = new Date(Math.min(Math.max(instant, Date.UTC(1980, 0, 1)), Date.UTC(2107, 11, 31, 23, 59, 58)));
    this.u16((at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1));
    return this.u16(((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate());
  }
}
