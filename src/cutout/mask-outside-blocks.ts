import type { PixelWindow } from "../raster/pixel-window.ts";
import { angleBetween } from "../sky/separation.ts";
import { distanceToStencil } from "../sky/stencil-distance.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { directionAt } from "../wcs/image-sky.ts";
import type { Wcs } from "../wcs/wcs.ts";
import type { OutsideRuns } from "./mask-outside.ts";
import type { CenterTest } from "./mask-outside-center.ts";

/** Pixels each way of what is judged as a whole at first: a tear or end of the map cannot bend round its samples unseen. */
const BLOCK = 16;
/** A block is taken to lie within its farthest sample times this: neighbours of a map may stretch differently. */
const STRETCH = 1.5;

/**
 * Runs of pixels outside the shape where the map has tears, ends or poles, so that an outline tells nothing. Blocks of
 * pixels are halved until they lie on one side of the border; a pixel without sky lies outside.
 */
export function runsByBlocks(
  wcs: Wcs,
  window: PixelWindow,
  { stencil, isInside }: { stencil: Stencil; isInside: CenterTest },
): OutsideRuns {
  const { x0, y0, width, height } = window;
  const distance = distanceToStencil(stencil);
  const inside = new Uint8Array(width * BLOCK); // of one row of blocks
  const runs: number[] = [];
  let judged = -1;

  const fill = (x: number, y: number, size: { width: number; height: number }, value: number) => {
    for (let row = y; row < y + size.height; row++) {
      const at = (row % BLOCK) * width + x;
      inside.fill(value, at, at + size.width);
    }
  };
  /** Pixels [x, x + width) × [y, y + height) of the window. */
  const judge = (x: number, y: number, size: { width: number; height: number }): void => {
    if (size.width * size.height <= 9) {
      for (let row = y; row < y + size.height; row++) {
        for (let column = x; column < x + size.width; column++) {
          inside[(row % BLOCK) * width + column] = isInside(x0 + column, y0 + row) ? 1 : 0;
        }
      }
      return;
    }
    const away = awayFrom(wcs, { x0: x0 + x, y0: y0 + y, ...size }, distance);
    if (away !== 0) return fill(x, y, size, away < 0 ? 1 : 0);
    const left = Math.ceil(size.width / 2);
    const low = Math.ceil(size.height / 2);
    for (const [dx, w] of [
      [0, left],
      [left, size.width - left],
    ]) {
      for (const [dy, h] of [
        [0, low],
        [low, size.height - low],
      ]) {
        if (w > 0 && h > 0) judge(x + dx, y + dy, { width: w, height: h });
      }
    }
  };
  return (row) => {
    const band = Math.floor(row / BLOCK);
    if (band !== judged) {
      const y = band * BLOCK;
      for (let x = 0; x < width; x += BLOCK) {
        judge(x, y, { width: Math.min(BLOCK, width - x), height: Math.min(BLOCK, height - y) });
      }
      judged = band;
    }
    runs.length = 0;
    const start = (row % BLOCK) * width;
    for (let x = 0; x < width; ) {
      const from = inside.subarray(start, start + width).indexOf(0, x);
      if (from < 0) break;
      const to = inside.subarray(start, start + width).indexOf(1, from);
      x = to < 0 ? width : to;
      runs.push(from, x);
    }
    return runs;
  };
}

/** 1: all of the pixels lie outside the shape, or have no sky; -1: all inside; 0: not known. */
function awayFrom(wcs: Wcs, { x0, y0, width, height }: PixelWindow, distance: (point: UnitVector) => number): number {
  const [x1, y1] = [x0 + width - 1, y0 + height - 1];
  const middle = directionAt(wcs, (x0 + x1) / 2, (y0 + y1) / 2);
  let reach = 0;
  for (const x of [x0, (x0 + x1) / 2, x1]) {
    for (const y of [y0, (y0 + y1) / 2, y1]) {
      const direction = directionAt(wcs, x, y);
      if ((direction === null) !== (middle === null)) return 0;
      if (direction !== null && middle !== null) reach = Math.max(reach, angleBetween(middle, direction));
    }
  }
  if (middle === null) return 1;
  const away = distance(middle);
  if (Math.abs(away) <= STRETCH * reach) return 0;
  return Math.sign(away);
}
