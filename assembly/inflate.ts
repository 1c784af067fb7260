/**
 * Reads one gzip member (RFC 1952) that holds DEFLATE data (RFC 1951): the form of GZIP_1, GZIP_2 and
 * GZIP_COMPRESSED_DATA (FITS Standard 4.0, section 10.4.2).
 *
 *   1f 8b, method, flags, time (4), XFL, OS; by flag: extra field, name, comment, CRC16; blocks; CRC32, length
 *
 * CRC32 and length are checked where the stream is read to its end: for whole tiles, and windows down to the last pixel of
 * their tile. A window that stops earlier checks neither.
 */
import { CRC_SCRATCH_BYTES, crc32 } from "./crc32";
import { CORRUPT, OK, STOPPED, TRUNCATED, UNSUPPORTED, Status } from "./status";
import { isStopped } from "./stop";
import {
  FULL,
  PATTERN_BYTES,
  SHIFT,
  STATE_BIT_COUNT,
  STATE_BITS,
  STATE_BYTES,
  STATE_INPUT,
  STATE_OUTPUT,
  fillPatterns,
  inflateBlock,
} from "./inflate-block";
import {
  BUILD_SCRATCH_BYTES,
  CODE_LENGTH_BITS,
  CODE_LENGTHS,
  DISTANCE_ENTRIES,
  DISTANCES,
  LITERAL_LENGTH_ENTRIES,
  LITERALS_LENGTHS,
  MAX_DISTANCES,
  MAX_LITERALS_LENGTHS,
  buildTable,
} from "./inflate-table";

const METHOD_DEFLATE: u32 = 8;
const FLAG_HEADER_CRC: u32 = 2;
const FLAG_EXTRA: u32 = 4;
const FLAG_NAME: u32 = 8;
const FLAG_COMMENT: u32 = 16;
const FLAGS_RESERVED: u32 = 0xe0;
const HEADER_BYTES: usize = 10;
const TRAILER_BYTES: usize = 8;

// Scratch.
const STATE: usize = 0;
const PATTERNS: usize = STATE + STATE_BYTES;
const LENGTHS: usize = PATTERNS + PATTERN_BYTES;
const BUILD: usize = LENGTHS + MAX_LITERALS_LENGTHS + MAX_DISTANCES;
const LITERALS_TABLE: usize = BUILD + BUILD_SCRATCH_BYTES;
const DISTANCES_TABLE: usize = LITERALS_TABLE + 4 * LITERAL_LENGTH_ENTRIES;
const TABLES_END: usize = DISTANCES_TABLE + 4 * DISTANCE_ENTRIES;
/** Where the sums are formed: in place of the tables, before they are filled and when they are done with. */
const SUM: usize = (LITERALS_TABLE + 15) & ~15;
const SUM_END: usize = SUM + CRC_SCRATCH_BYTES;
export const INFLATE_SCRATCH_BYTES: u32 = <u32>(SUM_END > TABLES_END ? SUM_END : TABLES_END);

/**
 * Returns the bytes written, or the negative of a Status. It stops when `dstLength` bytes are out, whatever follows but
 * an end; a stream read to its end must have the length and the sum that it names, and one that goes on must not end with
 * `dstLength` as its length. What follows the member is not looked at.
 * STREAM_PADDING readable bytes must follow the stream, and `scratch` holds INFLATE_SCRATCH_BYTES, aligned to 8.
 */
export function inflateGzip(src: usize, srcLength: u32, dst: usize, dstLength: u32, scratch: usize): i32 {
  const end = src + srcLength;
  const state = scratch + STATE;
  store<usize>(state, src, STATE_INPUT);
  let status = skipGzipHeader(state, src, end, scratch + SUM);
  if (status != OK) return -status;

  store<usize>(state, dst, STATE_OUTPUT);
  store<u64>(state, 0, STATE_BITS);
  store<u64>(state, SHIFT, STATE_BIT_COUNT);
  fillPatterns(scratch + PATTERNS);
  status = inflateBlocks(scratch, end, dst, dst + dstLength);
  const written = <u32>(load<usize>(state, STATE_OUTPUT) - dst);
  // A window that stops here leaves the sum unchecked: the bytes that it is of are not all there.
  if (status == FULL) return namesLength(end, written) ? -CORRUPT : written;
  if (status != OK) return -status;

  const trailer = inputPlace(state);
  if (trailer > end || end - trailer < TRAILER_BYTES) return -TRUNCATED;
  if (load<u32>(trailer, 4) != written || load<u32>(trailer) != crc32(dst, written, scratch + SUM)) return -CORRUPT;
  return written;
}

/** Whether the last bytes of the stream, where its length is as a rule, say that all of it is out. */
function namesLength(end: usize, length: u32): bool {
  return load<u32>(end - 4) == length;
}

/** Moves STATE_INPUT behind the header (RFC 1952, section 2.3). */
function skipGzipHeader(state: usize, src: usize, end: usize, sumScratch: usize): Status {
  if (end - src < HEADER_BYTES) return TRUNCATED;
  if (load<u8>(src) != 0x1f || load<u8>(src, 1) != 0x8b) return CORRUPT;
  if (load<u8>(src, 2) != METHOD_DEFLATE) return UNSUPPORTED;
  const flags = <u32>load<u8>(src, 3);
  if (flags & FLAGS_RESERVED) return UNSUPPORTED;
  let at = src + HEADER_BYTES;
  if (flags & FLAG_EXTRA) {
    if (end - at < 2) return TRUNCATED;
    const length = <usize>load<u16>(at);
    at += 2;
    if (end - at < length) return TRUNCATED;
    at += length;
  }
  if (flags & FLAG_NAME) {
    while (at < end && load<u8>(at) != 0) at++;
    if (at == end) return TRUNCATED;
    at++;
  }
  if (flags & FLAG_COMMENT) {
    while (at < end && load<u8>(at) != 0) at++;
    if (at == end) return TRUNCATED;
    at++;
  }
  if (flags & FLAG_HEADER_CRC) {
    if (end - at < 2) return TRUNCATED;
    if (<u32>load<u16>(at) != (crc32(src, at - src, sumScratch) & 0xffff)) return CORRUPT;
    at += 2;
  }
  store<usize>(state, at, STATE_INPUT);
  return OK;
}

/** Blocks up to the last (OK), or until the output is FULL. */
function inflateBlocks(scratch: usize, inputEnd: usize, start: usize, end: usize): Status {
  const state = scratch + STATE;
  while (true) {
    if (isStopped()) return STOPPED;
    refill(state);
    const header = takeBits(state, 3);
    let status: Status;
    if (header >> 1 == 0) {
      status = copyStored(state, inputEnd, end);
    } else if (header >> 1 == 3) {
      status = inputPlace(state) > inputEnd ? TRUNCATED : CORRUPT;
    } else {
      status = header >> 1 == 1 ? buildFixed(scratch) : readDynamic(scratch, inputEnd);
      if (status == OK) {
        status = inflateBlock(
          state,
          inputEnd,
          start,
          end,
          scratch + LITERALS_TABLE,
          scratch + DISTANCES_TABLE,
          scratch + PATTERNS,
        );
      }
    }
    // What was decoded from beyond the end says nothing.
    if (inputPlace(state) > inputEnd) return TRUNCATED;
    if (status != OK || header & 1) return status;
  }
}

/** RFC 1951, section 3.2.4. */
function copyStored(state: usize, inputEnd: usize, end: usize): Status {
  let input = inputPlace(state);
  if (input > inputEnd || inputEnd - input < 4) return TRUNCATED;
  const length = <usize>load<u16>(input);
  if ((length ^ <usize>load<u16>(input, 2)) != 0xffff) return CORRUPT;
  input += 4;
  const output = load<usize>(state, STATE_OUTPUT);
  const count = min(length, end - output);
  if (inputEnd - input < count) return TRUNCATED;
  memory.copy(output, input, count);
  store<usize>(state, output + count, STATE_OUTPUT);
  store<usize>(state, input + count, STATE_INPUT);
  store<u64>(state, 0, STATE_BITS);
  store<u64>(state, SHIFT, STATE_BIT_COUNT);
  return count < length ? FULL : OK;
}

/** RFC 1951, section 3.2.6. */
function buildFixed(scratch: usize): Status {
  const lengths = scratch + LENGTHS;
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  memory.fill(lengths + 288, 5, 32);
  return buildTables(scratch, MAX_LITERALS_LENGTHS, MAX_DISTANCES);
}

/** RFC 1951, section 3.2.7. */
function readDynamic(scratch: usize, inputEnd: usize): Status {
  const state = scratch + STATE;
  refill(state);
  const literals: u32 = 257 + takeBits(state, 5);
  const distances: u32 = 1 + takeBits(state, 5);
  const codes: u32 = 4 + takeBits(state, 4);
  if (literals > 286 || distances > 30) return CORRUPT;

  const lengths = scratch + LENGTHS;
  memory.fill(lengths, 0, 19);
  for (let i: u32 = 0; i < codes; i++) {
    refill(state);
    store<u8>(lengths + codeLengthSymbol(i), takeBits(state, 3));
  }
  const table = scratch + LITERALS_TABLE;
  let status = buildTable(lengths, 19, CODE_LENGTHS, table, scratch + BUILD);
  if (status != OK) return status;

  // The state in locals: this loop and the tables are a tenth of the time of a 40 kB tile.
  let input = load<usize>(state, STATE_INPUT);
  let bits = load<u64>(state, STATE_BITS);
  let bitCount = load<u64>(state, STATE_BIT_COUNT);
  const count = literals + distances;
  let filled: u32 = 0;
  let previous: u32 = 0;
  while (filled < count && status == OK) {
    if (input - <usize>(((bitCount - SHIFT) & 63) >> 3) > inputEnd) return TRUNCATED;
    bits |= load<u64>(input) << bitCount;
    input += <usize>(((bitCount ^ 63) & 63) >> 3);
    bitCount |= 56;
    // A refill is good for three codes and their extra bits, 42 bits.
    for (let codes = 3; codes > 0 && filled < count; codes--) {
      const entry = load<u32>(table + (<usize>bits & (((1 << CODE_LENGTH_BITS) - 1) << SHIFT)));
      bits >>= entry & 63;
      bitCount -= entry & 63;
      const symbol = (entry >> 16) & 31;
      if (symbol < 16) {
        store<u8>(lengths + filled, symbol);
        filled += 1;
        previous = symbol;
        continue;
      }
      if (symbol != 16) previous = 0;
      const extra: u64 = symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
      const repeat: u32 = (symbol == 18 ? 11 : 3) + (<u32>(bits >> SHIFT) & ((1 << <u32>extra) - 1));
      bits >>= extra;
      bitCount -= extra;
      if (repeat > count - filled || (symbol == 16 && filled == 0)) {
        status = CORRUPT;
        break;
      }
      memory.fill(lengths + filled, <u8>previous, repeat);
      filled += repeat;
    }
  }
  store<usize>(state, input, STATE_INPUT);
  store<u64>(state, bits, STATE_BITS);
  store<u64>(state, bitCount, STATE_BIT_COUNT);
  if (status != OK) return status;
  if (load<u8>(lengths, 256) == 0) return CORRUPT;
  return buildTables(scratch, literals, distances);
}

/** The lengths of the distance codes follow those of the literals and lengths. */
function buildTables(scratch: usize, literals: u32, distances: u32): Status {
  const lengths = scratch + LENGTHS;
  const work = scratch + BUILD;
  const status = buildTable(lengths, literals, LITERALS_LENGTHS, scratch + LITERALS_TABLE, work);
  if (status != OK) return status;
  return buildTable(lengths + literals, distances, DISTANCES, scratch + DISTANCES_TABLE, work);
}

/** 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15: after the 0 it swings around 8. */
// @ts-ignore: decorator
@inline
function codeLengthSymbol(i: u32): u32 {
  if (i < 3) return 16 + i;
  if (i == 3) return 0;
  return i & 1 ? 8 - ((i - 3) >> 1) : 8 + ((i - 4) >> 1);
}

/** The address of the byte that holds no bit taken so far. */
// @ts-ignore: decorator
@inline
function inputPlace(state: usize): usize {
  return load<usize>(state, STATE_INPUT) - <usize>(((load<u64>(state, STATE_BIT_COUNT) - SHIFT) & 63) >> 3);
}

function refill(state: usize): void {
  const input = load<usize>(state, STATE_INPUT);
  const bitCount = load<u64>(state, STATE_BIT_COUNT);
  store<u64>(state, load<u64>(state, STATE_BITS) | (load<u64>(input) << bitCount), STATE_BITS);
  store<usize>(state, input + <usize>(((bitCount ^ 63) & 63) >> 3), STATE_INPUT);
  store<u64>(state, bitCount | 56, STATE_BIT_COUNT);
}

/** At most 31 bits, and no more than `refill` left. */
function takeBits(state: usize, count: u32): u32 {
  const bits = load<u64>(state, STATE_BITS);
  store<u64>(state, bits >> count, STATE_BITS);
  store<u64>(state, load<u64>(state, STATE_BIT_COUNT) - count, STATE_BIT_COUNT);
  return <u32>(bits >> SHIFT) & ((1 << count) - 1);
}
