/**
 * The symbols of one compressed DEFLATE block (RFC 1951, section 3.2.3), by the tables of inflate-table.ts.
 *
 * Bits wait in a u64, the next one at SHIFT: the bits of a table index are then an offset in that table of 4-byte entries
 * (a cycle or two less between one symbol and the next). Only the low six bits of `bitCount`, which counts the SHIFT bits
 * below too, matter, so that a whole table entry, whose lowest bits are a number of bits, can be shifted by and subtracted
 * as it is. A refill makes 54 to 61 bits; the place of the next bit is always input * 8 + SHIFT - (bitCount & 63).
 */
import { CORRUPT, OK, STOPPED, Status } from "./status";
import { isStopped } from "./stop";
import {
  DISTANCE_BITS,
  END_OF_BLOCK,
  LINK,
  LITERAL_LENGTH_BITS,
  LITERAL_LENGTH_OTHER,
  NO_CODE,
} from "./inflate-table";

// The state of the stream between calls: an address, an address, and the bits that wait.
export const STATE_INPUT: usize = 0;
export const STATE_OUTPUT: usize = 4;
export const STATE_BITS: usize = 8;
export const STATE_BIT_COUNT: usize = 16;
export const STATE_BYTES: usize = 24;

export const SHIFT: u32 = 2;

/** The stream goes on, but the output is full. */
export const FULL: Status = -1;

/** Masks and steps that repeat a pattern of 1 to 15 bytes: 16 bytes of i % distance, then 16 steps of one byte. */
const STEPS: usize = 256;
export const PATTERN_BYTES: usize = STEPS + 16;

/** What is written before the host is asked whether to go on. */
const STEP_BYTES: usize = 1 << 20;

/** Three literals and a match of 258 bytes, of which 15 too many may be stored. */
const FAST_OUTPUT: usize = 3 + 258 + 16;

export function fillPatterns(patterns: usize): void {
  for (let distance: u32 = 1; distance < 16; distance++) {
    for (let i: u32 = 0, place: u32 = 0; i < 16; i++) {
      store<u8>(patterns + (distance << 4) + i, place);
      place = place + 1 == distance ? 0 : place + 1;
    }
    store<u8>(patterns + STEPS + distance, 16 - (16 % distance));
  }
}

/**
 * Decodes up to the end of the block (OK) or until [start, end) is FULL, or STOPPED. Reads up to 24 bytes past `inputEnd`, whose
 * symbols may reach the output: the caller must look at the place where the input stands afterwards.
 */
export function inflateBlock(
  state: usize,
  inputEnd: usize,
  start: usize,
  end: usize,
  literalsLengths: usize,
  distances: usize,
  patterns: usize,
): Status {
  for (let output = load<usize>(state, STATE_OUTPUT); end - output > FAST_OUTPUT; ) {
    const step = min(end - output, STEP_BYTES);
    const status = inflateFast(state, inputEnd, start, output + step - FAST_OUTPUT, literalsLengths, distances, patterns);
    if (status != FULL) return status;
    if (isStopped()) return STOPPED;
    if (load<usize>(state, STATE_INPUT) >= inputEnd) break;
    output = load<usize>(state, STATE_OUTPUT);
  }
  return inflateCarefully(state, inputEnd, start, end, literalsLengths, distances);
}

/** Decodes while FAST_OUTPUT bytes may be written without looking, and input is left; then FULL. */
function inflateFast(
  state: usize,
  inputEnd: usize,
  start: usize,
  fastEnd: usize,
  literalsLengths: usize,
  distances: usize,
  patterns: usize,
): Status {
  let input = load<usize>(state, STATE_INPUT);
  let output = load<usize>(state, STATE_OUTPUT);
  let bits = load<u64>(state, STATE_BITS);
  let bitCount = load<u64>(state, STATE_BIT_COUNT);
  let status: Status = FULL;

  while (input < inputEnd && output <= fastEnd) {
    bits |= load<u64>(input) << bitCount;
    input += <usize>(((bitCount ^ 63) & 63) >> 3);
    bitCount |= 56;

    // Up to three literals, 33 bits, leave the 20 bits of the longest length.
    let entry = entryAt(literalsLengths, bits, LITERAL_LENGTH_BITS);
    if (entry < 0) {
      bits >>= entry;
      bitCount -= entry;
      store<u8>(output, entry >> 16);
      entry = entryAt(literalsLengths, bits, LITERAL_LENGTH_BITS);
      if (entry < 0) {
        bits >>= entry;
        bitCount -= entry;
        store<u8>(output, entry >> 16, 1);
        entry = entryAt(literalsLengths, bits, LITERAL_LENGTH_BITS);
        if (entry < 0) {
          bits >>= entry;
          bitCount -= entry;
          store<u8>(output, entry >> 16, 2);
          output += 3;
          entry = entryAt(literalsLengths, bits, LITERAL_LENGTH_BITS);
          if (entry < 0) {
            bits >>= entry;
            bitCount -= entry;
            store<u8>(output, entry >> 16);
            output += 1;
            continue;
          }
        } else {
          output += 2;
        }
      } else {
        output += 1;
      }
    }

    if (entry & LITERAL_LENGTH_OTHER) {
      if (entry & LINK) {
        bits >>= LITERAL_LENGTH_BITS;
        bitCount -= LITERAL_LENGTH_BITS;
        entry = linkedEntry(literalsLengths, bits, entry);
        if (entry < 0) {
          bits >>= entry;
          bitCount -= entry;
          store<u8>(output, entry >> 16);
          output += 1;
          continue;
        }
      }
      if (entry & LITERAL_LENGTH_OTHER) {
        bits >>= entry;
        bitCount -= entry;
        status = entry & END_OF_BLOCK ? OK : CORRUPT;
        break;
      }
    }
    const length = lengthOf(entry, bits);
    bits >>= entry;
    bitCount -= entry;

    bits |= load<u64>(input) << bitCount;
    input += <usize>(((bitCount ^ 63) & 63) >> 3);
    bitCount |= 56;
    entry = entryAt(distances, bits, DISTANCE_BITS);
    if (entry & (LINK | NO_CODE)) {
      if (entry & LINK) {
        bits >>= DISTANCE_BITS;
        bitCount -= DISTANCE_BITS;
        entry = linkedEntry(distances, bits, entry);
      }
      if (entry & NO_CODE) {
        status = CORRUPT;
        break;
      }
    }
    const distance = distanceOf(entry, bits);
    bits >>= entry;
    bitCount -= entry;

    if (distance > output - start) {
      status = CORRUPT;
      break;
    }
    const matchEnd = output + length;
    if (distance >= 16) {
      let from = output - distance;
      do {
        v128.store(output, v128.load(from));
        output += 16;
        from += 16;
      } while (output < matchEnd);
    } else {
      // A byte loop would do; a pattern of 16 / distance periods takes a store for each 16 bytes.
      const pattern = v128.swizzle(v128.load(output - distance), v128.load(patterns + (distance << 4)));
      const step = <usize>load<u8>(patterns + distance, STEPS);
      do {
        v128.store(output, pattern);
        output += step;
      } while (output < matchEnd);
    }
    output = matchEnd;
  }

  store<usize>(state, input, STATE_INPUT);
  store<usize>(state, output, STATE_OUTPUT);
  store<u64>(state, bits, STATE_BITS);
  store<u64>(state, bitCount, STATE_BIT_COUNT);
  return status;
}

/** The same a symbol at a time, up to the last byte of the output. It ends at once where the input is over. */
function inflateCarefully(
  state: usize,
  inputEnd: usize,
  start: usize,
  end: usize,
  literalsLengths: usize,
  distances: usize,
): Status {
  let input = load<usize>(state, STATE_INPUT);
  let output = load<usize>(state, STATE_OUTPUT);
  let bits = load<u64>(state, STATE_BITS);
  let bitCount = load<u64>(state, STATE_BIT_COUNT);
  let status: Status = FULL;

  while (true) {
    if (input - <usize>(((bitCount - SHIFT) & 63) >> 3) > inputEnd) break;
    bits |= load<u64>(input) << bitCount;
    input += <usize>(((bitCount ^ 63) & 63) >> 3);
    bitCount |= 56;
    let entry = entryAt(literalsLengths, bits, LITERAL_LENGTH_BITS);
    if (entry >= 0 && entry & LITERAL_LENGTH_OTHER && entry & LINK) {
      bits >>= LITERAL_LENGTH_BITS;
      bitCount -= LITERAL_LENGTH_BITS;
      entry = linkedEntry(literalsLengths, bits, entry);
    }
    // Taken even if the output is full, so that the caller sees whether this symbol was still there.
    const before = bits;
    bits >>= entry;
    bitCount -= entry;
    if (entry < 0) {
      if (output >= end) break;
      store<u8>(output, entry >> 16);
      output += 1;
      continue;
    }
    if (entry & LITERAL_LENGTH_OTHER) {
      status = entry & END_OF_BLOCK ? OK : CORRUPT;
      break;
    }
    if (output >= end) break;
    let length = lengthOf(entry, before);

    bits |= load<u64>(input) << bitCount;
    input += <usize>(((bitCount ^ 63) & 63) >> 3);
    bitCount |= 56;
    entry = entryAt(distances, bits, DISTANCE_BITS);
    if (entry & LINK) {
      bits >>= DISTANCE_BITS;
      bitCount -= DISTANCE_BITS;
      entry = linkedEntry(distances, bits, entry);
    }
    if (entry & NO_CODE) {
      status = CORRUPT;
      break;
    }
    const distance = distanceOf(entry, bits);
    bits >>= entry;
    bitCount -= entry;
    if (distance > output - start) {
      status = CORRUPT;
      break;
    }
    const cut = length > end - output;
    if (cut) length = end - output;
    for (const matchEnd = output + length; output < matchEnd; output++) store<u8>(output, load<u8>(output - distance));
    if (cut) break;
  }

  store<usize>(state, input, STATE_INPUT);
  store<usize>(state, output, STATE_OUTPUT);
  store<u64>(state, bits, STATE_BITS);
  store<u64>(state, bitCount, STATE_BIT_COUNT);
  return status;
}

/** Sign-extended: a literal is negative. */
// @ts-ignore: decorator
@inline
function entryAt(table: usize, bits: u64, indexBits: u32): i64 {
  return load<i32>(table + (<usize>bits & (((1 << indexBits) - 1) << SHIFT)));
}

// @ts-ignore: decorator
@inline
function linkedEntry(table: usize, bits: u64, link: i64): i64 {
  const index = <usize>bits & (((1 << ((<u32>link >> 8) & 15)) - 1) << SHIFT);
  return load<i32>(table + ((<usize>link >> 14) & 0xfffc) + index);
}

// @ts-ignore: decorator
@inline
function lengthOf(entry: i64, bits: u64): usize {
  return (<usize>(entry >> 16) & 0x1ff) + (<usize>(bits >> (((entry >> 8) & 15) + SHIFT)) & (<usize>(entry >> 25) & 31));
}

// @ts-ignore: decorator
@inline
function distanceOf(entry: i64, bits: u64): usize {
  return (<usize>entry >> 16) + (<usize>((bits >> SHIFT) & (((<u64>1) << entry) - 1)) >> ((<u32>entry >> 8) & 15));
}
