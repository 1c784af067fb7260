/**
 * The random numbers of subtractive dithering (FITS Standard 4.0, appendix I), which every reader and writer shares.
 *
 * Table: DITHER_VALUES numbers, each 0 ≤ r < 1 and a float32, stored as float64.
 * Position: seed · DITHER_VALUES + index; `index` is the number for the current pixel, `seed` the number that says where
 * the next round starts. One u32, so that it can be passed and returned.
 */
export const DITHER_VALUES: u32 = 10000;
export const DITHER_TABLE_BYTES: u32 = DITHER_VALUES * 8;

/** Fills DITHER_TABLE_BYTES at `table` by Park and Miller's generator: seed ← 16807 · seed mod (2³¹ − 1). */
export function initDitherTable(table: usize): void {
  const modulus: u64 = 2147483647;
  let seed: u64 = 1;
  for (let i: u32 = 0; i < DITHER_VALUES; i++) {
    seed = (16807 * seed) % modulus;
    store<f64>(table + (<usize>i << 3), <f64>(<f32>(<f64>seed / <f64>modulus)));
  }
}

/** The position of a tile's first pixel; `ditherSeed` is ZDITHER0, `tile` counts from 0. */
export function firstDitherPosition(table: usize, ditherSeed: u32, tile: u32): u32 {
  return startOfRound(table, ((tile % DITHER_VALUES) + (ditherSeed % DITHER_VALUES) + (DITHER_VALUES - 1)) % DITHER_VALUES);
}

/** The position `pixels` further on: a step for each round of about 9750 pixels, not for each pixel. */
export function advanceDither(table: usize, position: u32, pixels: u32): u32 {
  let left = DITHER_VALUES - (position % DITHER_VALUES);
  while (pixels >= left) {
    pixels -= left;
    position = nextRound(table, position);
    left = DITHER_VALUES - (position % DITHER_VALUES);
  }
  return position + pixels;
}

/** The start of the round after the one that `position` lies in. */
export function nextRound(table: usize, position: u32): u32 {
  return startOfRound(table, (position / DITHER_VALUES + 1) % DITHER_VALUES);
}

// @ts-ignore: decorator
@inline
function startOfRound(table: usize, seed: u32): u32 {
  return seed * DITHER_VALUES + <u32>(<f32>load<f64>(table + (<usize>seed << 3)) * <f32>500);
}
