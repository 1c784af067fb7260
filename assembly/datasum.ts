import { swap32 } from "./convert";

/**
 * The 32-bit ones'-complement sum of big-endian words (FITS Standard 4.0, section 4.4.2.7 and appendix J); a last word
 * that is not whole goes on with zeros. Sums of 64 bits need no carries before the end, for any length.
 */
export function datasum(address: usize, byteLength: u32): u32 {
  const end = address + byteLength;
  const vectorEnd = address + (byteLength & ~31);
  const wordEnd = address + (byteLength & ~3);
  let first = i64x2.splat(0);
  let second = i64x2.splat(0);
  for (; address < vectorEnd; address += 32) {
    const a = swap32(v128.load(address));
    const b = swap32(v128.load(address, 16));
    first = i64x2.add(first, i64x2.add(i64x2.extend_low_i32x4_u(a), i64x2.extend_low_i32x4_u(b)));
    second = i64x2.add(second, i64x2.add(i64x2.extend_high_i32x4_u(a), i64x2.extend_high_i32x4_u(b)));
  }
  const lanes = i64x2.add(first, second);
  let sum: u64 = i64x2.extract_lane(lanes, 0) + i64x2.extract_lane(lanes, 1);
  for (; address < wordEnd; address += 4) sum += <u64>bswap(load<u32>(address));
  for (let shift: u64 = 24; address < end; address++, shift -= 8) sum += (<u64>load<u8>(address)) << shift;
  while (sum >> 32 != 0) sum = (sum & 0xffffffff) + (sum >> 32);
  return <u32>sum;
}
