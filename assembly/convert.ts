/**
 * Decoded int32 values to big-endian FITS pixels of an integer BITPIX.
 *
 * `values` addresses `count` int32 of this machine's order; `out` receives `count` pixels and nothing beyond them.
 * An integer that does not fit BITPIX keeps its low bits: the encoder was handed pixels of that type.
 */
export function storeIntegers(values: usize, count: u32, out: usize, bitpix: i32): void {
  if (bitpix == 32) storeInt32(values, count, out);
  else if (bitpix == 16) storeInt16(values, count, out);
  else if (bitpix == 8) storeUint8(values, count, out);
  else storeInt64(values, count, out);
}

/** Reads `count` big-endian integers of `width` bytes (1, 2 or 4; bytes are unsigned) at `pixels` into int32 `values`. */
export function loadIntegers(pixels: usize, count: u32, values: usize, width: u32): void {
  const end = values + (<usize>count << 2);
  if (width == 1) {
    for (; values < end; values += 4, pixels++) store<i32>(values, load<u8>(pixels));
  } else if (width == 2) {
    for (; values < end; values += 4, pixels += 2) store<i32>(values, <i16>bswap(load<u16>(pixels)));
  } else {
    storeInt32(pixels, count, values); // the swap is its own inverse
  }
}

/** Adds `offset` to `count` int32 at `values`. */
export function addToIntegers(values: usize, count: u32, offset: i32): void {
  for (const end = values + (<usize>count << 2); values < end; values += 4) {
    store<i32>(values, load<i32>(values) + offset);
  }
}

/** Brings `count` int32 at `values` into the range of BITPIX 8 or 16. */
export function clampIntegers(values: usize, count: u32, bitpix: i32): void {
  const least = bitpix == 8 ? 0 : <i32>i16.MIN_VALUE;
  const most = bitpix == 8 ? <i32>u8.MAX_VALUE : <i32>i16.MAX_VALUE;
  const end = values + (<usize>count << 2);
  const vectorEnd = values + (<usize>(count & ~3) << 2);
  for (; values < vectorEnd; values += 16) {
    v128.store(values, i32x4.min_s(i32x4.max_s(v128.load(values), i32x4.splat(least)), i32x4.splat(most)));
  }
  for (; values < end; values += 4) store<i32>(values, min(max(load<i32>(values), least), most));
}

/** Reverses the bytes of each int32 lane. (V8 makes one instruction of this swizzle, and six of the same shuffle.) */
// @ts-ignore: decorator
@inline
export function swap32(lanes: v128): v128 {
  return v128.swizzle(lanes, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

/** Reverses the bytes of each 64-bit lane. */
// @ts-ignore: decorator
@inline
export function swap64(lanes: v128): v128 {
  return v128.swizzle(lanes, i8x16(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
}

function storeInt32(values: usize, count: u32, out: usize): void {
  const end = values + (<usize>count << 2);
  const vectorEnd = values + (<usize>(count & ~3) << 2);
  for (; values < vectorEnd; values += 16, out += 16) v128.store(out, swap32(v128.load(values)));
  for (; values < end; values += 4, out += 4) store<u32>(out, bswap(load<u32>(values)));
}

function storeInt16(values: usize, count: u32, out: usize): void {
  const end = values + (<usize>count << 2);
  const vectorEnd = values + (<usize>(count & ~7) << 2);
  for (; values < vectorEnd; values += 32, out += 16) {
    const low = v128.load(values);
    const high = v128.load(values, 16);
    v128.store(out, v128.shuffle<u8>(low, high, 1, 0, 5, 4, 9, 8, 13, 12, 17, 16, 21, 20, 25, 24, 29, 28));
  }
  for (; values < end; values += 4, out += 2) store<u16>(out, bswap(load<u16>(values)));
}

function storeUint8(values: usize, count: u32, out: usize): void {
  const end = values + (<usize>count << 2);
  for (; values < end; values += 4, out++) store<u8>(out, load<u8>(values));
}

function storeInt64(values: usize, count: u32, out: usize): void {
  const end = values + (<usize>count << 2);
  for (; values < end; values += 4, out += 8) store<u64>(out, bswap(<u64><i64>load<i32>(values)));
}
