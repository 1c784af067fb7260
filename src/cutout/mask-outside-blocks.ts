import type { PixelWindow } from "../raster/pixel-window.ts";
import { angleBetween } from "../sky/separation.ts";
import { distanceToStencil } from "../sky/stencil-distance.ts";
import type { Stencil } from "../sky/stencil.ts";
import { RADIANS_PER_DEGREE, type UnitVector } from "../sky/unit-vector.ts";
import { directionAt } from "../wcs/image-sky.ts";
import type { Wcs } from "../wcs/wcs.ts";
import type { OutsideRuns } from "./mask-outside-runs.ts";
import type { CenterTest } from "./mask-outside-center.ts";

/** Pixels each way of what is judged as a whole at first. */
const BLOCK = 16;
/** A block is taken to lie within its farthest sample times this: neighbours of a map may stretch differently. */
const STRETCH = 1.5;
/** A block that reaches so many times as far as its pixels should is taken to be torn. */
const TORN = 3;

/** Up to so many pixels all are looked up, which takes some hundredths of a second. */
const FEW_PIXELS = 32_768;

/** "rough": the map ends in the block, or tears it. */
type Verdict = "inside" | "outside" | "mixed" | "rough";

/**
 * Runs of pixels outside the shape where the map has tears, ends or poles, so that an outline tells nothing. Blocks of
 * pixels are halved until they lie on one side of the border; near the ends and tears of the map, whose tips may lie
 * between the samples of a block, every pixel is looked up. A pixel without sky lies outside; in large windows a gap of the
 * map that is thinner than a pixel or two may be missed.
 */
export function runsByBlocks(
  wcs: Wcs,
  window: PixelWindow,
  { stencil, isInside }: { stencil: Stencil; isInside: CenterTest },
): OutsideRuns {
  const { x0, y0, width, height } = window;
  const columns = Math.ceil(width / BLOCK);
  const inside = new Uint8Array(width * BLOCK); // of one band, a row of blocks
  const distance = distanceToStencil(stencil);
  const verdictOf = (area: PixelWindow) => judgeBlock(wcs, { ...area, x0: x0 + area.x0, y0: y0 + area.y0 }, distance);

  /** With one block more on each side: the map may end there, with its tip inside. */
  const judgeBand = (band: number): Verdict[] =>
    Array.from({ length: columns + 2 }, (_, i) => verdictOf(squareAt((i - 1) * BLOCK, band * BLOCK)));
  const bands = new Map<number, Verdict[]>(); // the one that is filled, and its neighbours
  const verdictsOf = (band: number): Verdict[] => {
    const verdicts = bands.get(band) ?? judgeBand(band);
    bands.set(band, verdicts);
    return verdicts;
  };

  const lookUp = ({ x0: left, y0: low, width: across, height: up }: PixelWindow): void => {
    for (let y = low; y < low + up; y++) {
      for (let x = left; x < left + across; x++) {
        inside[(y % BLOCK) * width + x] = isInside(x0 + x, y0 + y) ? 1 : 0;
      }
    }
  };
  const fill = (area: PixelWindow, verdict: Verdict): void => {
    if (verdict === "mixed" || verdict === "rough") {
      if (area.width * area.height <= 9) lookUp(area);
      else for (const part of split(area)) fill(part, verdictOf(part));
      return;
    }
    for (let y = area.y0; y < area.y0 + area.height; y++) {
      const at = (y % BLOCK) * width + area.x0;
      inside.fill(verdict === "inside" ? 1 : 0, at, at + area.width);
    }
  };
  const fillBand = (band: number): void => {
    if (width * height <= FEW_PIXELS) return lookUp({ x0: 0, y0: band * BLOCK, width, height: BLOCK });
    for (const known of bands.keys()) if (Math.abs(known - band) > 1) bands.delete(known);
    const near = [band - 1, band, band + 1].map(verdictsOf);
    for (let column = 0; column < columns; column++) {
      const area = { ...squareAt(column * BLOCK, band * BLOCK), width: Math.min(BLOCK, width - column * BLOCK) };
      const isRough = near.some((verdicts) => verdicts.slice(column, column + 3).includes("rough"));
      if (isRough) lookUp(area);
      else fill(area, near[1][column + 1]);
    }
  };

  const runs: number[] = [];
  let filled = -1;
  return (row) => {
    const band = Math.floor(row / BLOCK);
    if (band !== filled) fillBand((filled = band));
    runs.length = 0;
    const pixels = inside.subarray((row % BLOCK) * width, (row % BLOCK) * width + width);
    for (let x = 0; x < width; ) {
      const from = pixels.indexOf(0, x);
      if (from < 0) break;
      const to = pixels.indexOf(1, from);
      x = to < 0 ? width : to;
      runs.push(from, x);
    }
    return runs;
  };
}

function squareAt(x0: number, y0: number): PixelWindow {
  return { x0, y0, width: BLOCK, height: BLOCK };
}

/** By its middle, its corners, and the middles of its sides. */
function judgeBlock(
  wcs: Wcs,
  { x0, y0, width, height }: PixelWindow,
  distance: (point: UnitVector) => number,
): Verdict {
  const [x1, y1] = [x0 + width - 1, y0 + height - 1];
  const middle = directionAt(wcs, (x0 + x1) / 2, (y0 + y1) / 2);
  let reach = 0;
  for (const x of [x0, (x0 + x1) / 2, x1]) {
    for (const y of [y0, (y0 + y1) / 2, y1]) {
      const direction = directionAt(wcs, x, y);
      if ((direction === null) !== (middle === null)) return "rough";
      if (direction !== null && middle !== null) reach = Math.max(reach, angleBetween(middle, direction));
    }
  }
  if (middle === null) return "outside";
  if (reach > TORN * (Math.hypot(width, height) / 2) * wcs.pixelScaleDegrees * RADIANS_PER_DEGREE) return "rough";
  const away = distance(middle);
  if (Math.abs(away) <= STRETCH * reach) return "mixed";
  return away > 0 ? "outside" : "inside";
}

/** Halves each way; a side of one pixel stays. */
function split({ x0, y0, width, height }: PixelWindow): PixelWindow[] {
  const left = Math.ceil(width / 2);
  const low = Math.ceil(height / 2);
  return [
    { x0, y0, width: left, height: low },
    { x0: x0 + left, y0, width: width - left, height: low },
    { x0, y0: y0 + low, width: left, height: height - low },
    { x0: x0 + left, y0: y0 + low, width: width - left, height: height - low },
  ].filter((part) => part.width > 0 && part.height > 0);
}
