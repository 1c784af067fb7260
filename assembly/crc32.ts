/**
 * CRC-32 as gzip has it (RFC 1952, section 8): the remainder of the bytes, lowest bit first, by
 * P = x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1.
 *
 * WebAssembly cannot multiply without carries, and tables cost 0.35 ns a byte; this takes 0.04, and a microsecond. P divides
 * x^300 + x^155 + x^117 + x^89 + 1, so also its squares, the same polynomial of x^(8 u) for u = 1, 2, 4, 8, 16. To add a
 * multiple of it does not change the remainder: a byte may be taken away from its place if it is added 145 u, 183 u, 211 u
 * and 300 u bytes further on. Vectors at once, that shortens any message to some 300 bytes, which are left to tables.
 */

// Exponents of the polynomial. A test checks sums of all lengths against node:zlib.
const LOW: usize = 89;
const MIDDLE: usize = 117;
const HIGH: usize = 155;
const SPAN: usize = 300;

/** The largest unit: a vector, so that all loads are aligned where the bytes are. */
const UNIT: usize = 16;
const WINDOW: usize = SPAN * UNIT;
/** What is folded before the window is moved back to the front of the scratch region. */
const CHUNK: usize = 8192;

// Scratch.
const TABLES: usize = 0;
const TABLE_BYTES: usize = 1024;
const BUFFER: usize = TABLES + 4 * TABLE_BYTES;
export const CRC_SCRATCH_BYTES: usize = BUFFER + WINDOW + CHUNK;

/** `scratch`: CRC_SCRATCH_BYTES, aligned to 16. */
export function crc32(at: usize, length: usize, scratch: usize): u32 {
  const tables = scratch + TABLES;
  fillTables(tables);
  if (length < SPAN + UNIT) return ~addBytes(~0, at, length, tables);

  // The initial value is the same as other first bytes.
  const buffer = scratch + BUFFER;
  let rest = length;
  if (length < WINDOW + UNIT) {
    memory.copy(buffer, at, length);
    store<u32>(buffer, ~load<u32>(buffer));
  } else {
    rest = foldToWindow(at, length, buffer);
  }
  let start = buffer;
  for (let unit: usize = UNIT / 2; unit > 0; unit >>= 1) {
    if (rest < SPAN * unit + UNIT) continue;
    const count = (rest - SPAN * unit) & ~(UNIT - 1);
    foldInPlace(start, count, unit);
    start += count;
    rest -= count;
  }
  return ~addBytes(0, start, rest, tables);
}

/** Leaves a message of the same remainder in `buffer`, and returns its length: WINDOW to WINDOW + 15. */
function foldToWindow(at: usize, length: usize, buffer: usize): usize {
  // What was folded last: nothing yet, but what turns the first four bytes over.
  memory.fill(buffer, 0, WINDOW);
  store<u32>(buffer, ~0);
  let left = (length - WINDOW) & ~(UNIT - 1);
  while (left > 0) {
    const count = min(left, CHUNK);
    fold(at, count, buffer);
    memory.copy(buffer, buffer + count, WINDOW);
    at += count;
    left -= count;
  }
  // The last ones are not folded on: they take from the window, and nothing from one another.
  memory.fill(buffer + WINDOW, 0, WINDOW);
  for (let i: usize = 0; i < WINDOW; i += UNIT) v128.store(buffer + i, folded(buffer + i, at + i));
  const rest = (length & (UNIT - 1)) + WINDOW;
  memory.copy(buffer + WINDOW, at + WINDOW, rest - WINDOW);
  return rest;
}

/** `count` bytes, a multiple of 16. */
function fold(at: usize, count: usize, window: usize): void {
  const end = at + count;
  for (const quads = at + (count & ~(4 * UNIT - 1)); at < quads; at += 4 * UNIT, window += 4 * UNIT) {
    v128.store(window, folded(window, at), WINDOW);
    v128.store(window + UNIT, folded(window + UNIT, at + UNIT), WINDOW);
    v128.store(window + 2 * UNIT, folded(window + 2 * UNIT, at + 2 * UNIT), WINDOW);
    v128.store(window + 3 * UNIT, folded(window + 3 * UNIT, at + 3 * UNIT), WINDOW);
  }
  for (; at < end; at += UNIT, window += UNIT) v128.store(window, folded(window, at), WINDOW);
}

/** The vector at `at`, and all that was folded on to it. */
// @ts-ignore: decorator
@inline
function folded(window: usize, at: usize): v128 {
  const far = v128.xor(v128.load(window), v128.load(window, LOW * UNIT));
  const near = v128.xor(v128.load(window, MIDDLE * UNIT), v128.load(window, HIGH * UNIT));
  return v128.xor(v128.load(at), v128.xor(far, near));
}

/** The first `count` bytes, a multiple of 16, are added to those that follow. */
function foldInPlace(start: usize, count: usize, unit: usize): void {
  for (const end = start + count; start < end; start += UNIT) {
    const vector = v128.load(start);
    add(start + (SPAN - HIGH) * unit, vector);
    add(start + (SPAN - MIDDLE) * unit, vector);
    add(start + (SPAN - LOW) * unit, vector);
    add(start + SPAN * unit, vector);
  }
}

// @ts-ignore: decorator
@inline
function add(at: usize, vector: v128): void {
  v128.store(at, v128.xor(v128.load(at), vector));
}

/** Four bytes a step, by the tables. */
function addBytes(crc: u32, at: usize, length: usize, tables: usize): u32 {
  const end = at + length;
  for (const words = at + (length & ~3); at < words; at += 4) {
    crc ^= load<u32>(at);
    crc =
      entryOf(tables + 3 * TABLE_BYTES, crc) ^
      entryOf(tables + 2 * TABLE_BYTES, crc >> 8) ^
      entryOf(tables + TABLE_BYTES, crc >> 16) ^
      entryOf(tables, crc >> 24);
  }
  for (; at < end; at++) crc = (crc >> 8) ^ entryOf(tables, crc ^ load<u8>(at));
  return crc;
}

// @ts-ignore: decorator
@inline
function entryOf(table: usize, index: u32): u32 {
  return load<u32>(table + (<usize>(index & 255) << 2));
}

/**
 * Of a byte and 0 to 3 zero bytes after it. They are linear: those of 128, 64 … 1 are x^32, x^33 …, and the others sums of them, so that filling all four takes less than 0.2 µs.
 */
function fillTables(tables: usize): void {
  let power: u32 = 1; // x^31
  for (let table = tables; table < tables + 4 * TABLE_BYTES; table += TABLE_BYTES) {
    store<u32>(table, 0);
    for (let bytes: usize = TABLE_BYTES / 2; bytes >= 4; bytes >>= 1) {
      power = (power >> 1) ^ (0xedb88320 & (0 - (power & 1)));
      store<u32>(table + bytes, power);
    }
    for (let bytes: usize = 4; bytes < TABLE_BYTES; bytes <<= 1) {
      const first = load<u32>(table + bytes);
      if (bytes < 16) {
        for (let i: usize = 4; i < bytes; i += 4) store<u32>(table + bytes + i, load<u32>(table + i) ^ first);
      } else {
        const firsts = i32x4.splat(first);
        for (let i: usize = 0; i < bytes; i += 16) v128.store(table + bytes + i, v128.xor(v128.load(table + i), firsts));
      }
    }
  }
}
