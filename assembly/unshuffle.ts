/**
 * GZIP_2 (FITS Standard 4.0, section 10.4.2) stores the first bytes of all elements, then all second bytes, and so on.
 * Puts `bytes / width` elements of 2, 4 or 8 bytes together again; they stay big-endian. `src` and `dst` must not overlap.
 * Bytes that fill no whole element, and elements of one byte, are copied.
 */
export function unshuffle(src: usize, dst: usize, bytes: u32, width: u32): void {
  const count = width == 2 || width == 4 || width == 8 ? bytes / width : 0;
  const whole = count * width;
  if (width == 2) unshuffle2(src, dst, count);
  else if (width == 4) unshuffle4(src, dst, count);
  else if (width == 8) unshuffle8(src, dst, count);
  if (whole < bytes) memory.copy(dst + whole, src + whole, bytes - whole);
}

function unshuffle2(a: usize, dst: usize, count: u32): void {
  const b = a + count;
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16, dst += 32) {
    const first = v128.load(a + i);
    const second = v128.load(b + i);
    v128.store(dst, low(first, second));
    v128.store(dst, high(first, second), 16);
  }
  for (; i < count; i++, dst += 2) {
    store<u8>(dst, load<u8>(a + i));
    store<u8>(dst, load<u8>(b + i), 1);
  }
}

function unshuffle4(a: usize, dst: usize, count: u32): void {
  const b = a + count;
  const c = b + count;
  const d = c + count;
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16, dst += 64) {
    const va = v128.load(a + i);
    const vb = v128.load(b + i);
    const vc = v128.load(c + i);
    const vd = v128.load(d + i);
    const ab0 = low(va, vb);
    const ab1 = high(va, vb);
    const cd0 = low(vc, vd);
    const cd1 = high(vc, vd);
    v128.store(dst, lowPairs(ab0, cd0));
    v128.store(dst, highPairs(ab0, cd0), 16);
    v128.store(dst, lowPairs(ab1, cd1), 32);
    v128.store(dst, highPairs(ab1, cd1), 48);
  }
  for (; i < count; i++, dst += 4) {
    store<u8>(dst, load<u8>(a + i));
    store<u8>(dst, load<u8>(b + i), 1);
    store<u8>(dst, load<u8>(c + i), 2);
    store<u8>(dst, load<u8>(d + i), 3);
  }
}

function unshuffle8(a: usize, dst: usize, count: u32): void {
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16, dst += 128) {
    const p = a + i;
    const v0 = v128.load(p);
    const v1 = v128.load(p + count);
    const v2 = v128.load(p + 2 * count);
    const v3 = v128.load(p + 3 * count);
    const v4 = v128.load(p + 4 * count);
    const v5 = v128.load(p + 5 * count);
    const v6 = v128.load(p + 6 * count);
    const v7 = v128.load(p + 7 * count);
    store8Elements(dst, low(v0, v1), low(v2, v3), low(v4, v5), low(v6, v7));
    store8Elements(dst + 64, high(v0, v1), high(v2, v3), high(v4, v5), high(v6, v7));
  }
  for (; i < count; i++, dst += 8) {
    for (let k: u32 = 0; k < 8; k++) store<u8>(dst + k, load<u8>(a + i + k * count));
  }
}

/** Each argument holds two neighbouring bytes of eight elements. */
// @ts-ignore: decorator
@inline
function store8Elements(dst: usize, b01: v128, b23: v128, b45: v128, b67: v128): void {
  const left0 = lowPairs(b01, b23);
  const left1 = highPairs(b01, b23);
  const right0 = lowPairs(b45, b67);
  const right1 = highPairs(b45, b67);
  v128.store(dst, v128.shuffle<i32>(left0, right0, 0, 4, 1, 5));
  v128.store(dst, v128.shuffle<i32>(left0, right0, 2, 6, 3, 7), 16);
  v128.store(dst, v128.shuffle<i32>(left1, right1, 0, 4, 1, 5), 32);
  v128.store(dst, v128.shuffle<i32>(left1, right1, 2, 6, 3, 7), 48);
}

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// @ts-ignore: decorator
@inline
function lowPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function highPairs(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
