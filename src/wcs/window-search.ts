import { angleBetween } from "../sky/separation.ts";
import { RADIANS_PER_DEGREE } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { createEvaluationBudget } from "./evaluation-budget.ts";
import { directionAt } from "./image-sky.ts";
import type { ImageSky } from "./image-sky.ts";
import { boxHolds, includePoint } from "./outline-box.ts";
import type { PlaneBox } from "./outline-box.ts";
import type { Wcs } from "./wcs.ts";

/** Pixels with centres x0 … x1, y0 … y1, all included. */
type Block = { readonly x0: number; readonly x1: number; readonly y0: number; readonly y1: number };

/** Where the pixels of a block lie on the sky. */
type BlockSky = {
  /** The direction of its middle pixel, or of another; null where none of its samples has sky. */
  readonly middle: UnitVector | null;
  /** Radians around `middle` that hold the block. */
  readonly reach: number;
  /** Whether every sample has sky. */
  readonly isFull: boolean;
};

/** The image is cut into so many blocks each way before any is judged, so that the pieces of a torn map are seen. */
const FIRST_BLOCKS = 16;
/** A block is taken to lie within its farthest sample times this: neighbours of a map may stretch differently. */
const STRETCH = 1.5;
/** Blocks and pixels to look at; an all-sky map of 26 million pixels takes up to ten thousand. */
const BUDGET = 200_000;
/** Pixels to both sides that are looked at where the map may end in a tip. */
const TIP_REACH = 3;

/**
 * Extends the box by every pixel of the image whose centre lies in the shape, wherever the map puts it: for maps with
 * tears, ends and poles in the image. Blocks of pixels are halved until they lie inside the box, inside the shape or
 * outside of it; `distance` is that to the shape's border, negative inside.
 */
export function includeCentersIn(
  box: PlaneBox,
  { wcs, image, distance }: { wcs: Wcs; image: ImageSky; distance: (point: UnitVector) => number },
): void {
  const spend = createEvaluationBudget(BUDGET);
  const isInside = (x: number, y: number) => {
    spend();
    if (x < 0 || y < 0 || x >= image.width || y >= image.height) return false;
    const direction = directionAt(wcs, x, y);
    return direction !== null && distance(direction) <= 0;
  };

  function visit(block: Block, parentHasSky: boolean): void {
    if (isHeld(box, block)) return;
    spend();
    if (block.x0 === block.x1 && block.y0 === block.y1) {
      if (isInside(block.x0, block.y0)) includePoint(box, block.x0, block.y0);
      return;
    }
    judge(block, skyOf(wcs, block), parentHasSky);
  }

  function judge(block: Block, sky: BlockSky, parentHasSky: boolean): void {
    if (sky.middle === null) {
      // The map may still end in it. Two generations without sky have none but the point of a tip.
      if (parentHasSky) for (const part of split(block)) visit(part, false);
      return;
    }
    const away = distance(sky.middle);
    if (away > sky.reach) return;
    if (sky.isFull && away < -sky.reach) {
      includePoint(box, block.x0, block.y0);
      includePoint(box, block.x1, block.y1);
      return;
    }
    for (const part of split(block)) visit(part, true);
  }

  const blocks = firstBlocksOf(wcs, image);
  // What lies in the shape at first sight makes the box large, and leaves less to look at.
  for (const { block, sky } of blocks) {
    if (sky.isFull && sky.middle !== null && distance(sky.middle) < -sky.reach) judge(block, sky, true);
  }
  for (const { block, sky } of blocks) if (!isHeld(box, block)) judge(block, sky, true);
  if (blocks.some(({ sky }) => !sky.isFull)) climbTips(box, { image, isInside });
}

/** Follows the shape over the sides of the box, pixel by pixel, from where it is found on a side. */
function climbTips(
  box: PlaneBox,
  { image, isInside }: { image: ImageSky; isInside: (x: number, y: number) => boolean },
): void {
  const starts = {
    left: Math.ceil(box.xMin),
    right: Math.floor(box.xMax),
    low: Math.ceil(box.yMin),
    high: Math.floor(box.yMax),
  };
  if (!(starts.left <= starts.right && starts.low <= starts.high)) return;
  const sides = [
    {
      along: [starts.left, starts.right],
      from: starts.high,
      step: 1,
      end: image.height,
      pixel: (a: number, b: number) => [a, b],
    },
    {
      along: [starts.left, starts.right],
      from: starts.low,
      step: -1,
      end: -1,
      pixel: (a: number, b: number) => [a, b],
    },
    {
      along: [starts.low, starts.high],
      from: starts.right,
      step: 1,
      end: image.width,
      pixel: (a: number, b: number) => [b, a],
    },
    { along: [starts.low, starts.high], from: starts.left, step: -1, end: -1, pixel: (a: number, b: number) => [b, a] },
  ] as const;
  for (const { along, from, step, end, pixel } of sides) {
    if (from + step === end) continue;
    let found = findInside(along[0], along[1], (a) => isInside(...(pixel(a, from) as [number, number])));
    for (let b = from + step; found !== null && b !== end; b += step) {
      const row = b;
      found = findInside(found - TIP_REACH, found + TIP_REACH, (a) => isInside(...(pixel(a, row) as [number, number])));
      if (found !== null) includePoint(box, ...(pixel(found, b) as [number, number]));
    }
  }
}

function findInside(first: number, last: number, isInside: (a: number) => boolean): number | null {
  for (let a = first; a <= last; a++) if (isInside(a)) return a;
  return null;
}

const known = new WeakMap<Wcs, readonly { readonly block: Block; readonly sky: BlockSky }[]>();

/** The blocks of the first cut that may have sky; remembered, since they are the same for every shape. */
function firstBlocksOf(wcs: Wcs, image: ImageSky): readonly { readonly block: Block; readonly sky: BlockSky }[] {
  const before = known.get(wcs);
  if (before !== undefined) return before;
  const found = cut(image)
    .map((block) => ({ block, sky: skyOf(wcs, block) }))
    .filter(({ block, sky }) => sky.middle !== null || split(block).some((part) => skyOf(wcs, part).middle !== null));
  known.set(wcs, found);
  return found;
}

function cut({ width, height }: ImageSky): Block[] {
  const xStep = Math.max(1, Math.ceil(width / FIRST_BLOCKS));
  const yStep = Math.max(1, Math.ceil(height / FIRST_BLOCKS));
  const blocks: Block[] = [];
  for (let y0 = 0; y0 < height; y0 += yStep) {
    for (let x0 = 0; x0 < width; x0 += xStep) {
      blocks.push({ x0, x1: Math.min(width, x0 + xStep) - 1, y0, y1: Math.min(height, y0 + yStep) - 1 });
    }
  }
  return blocks;
}

/** Samples the middle, the corners and the middles of the sides. */
function skyOf(wcs: Wcs, { x0, x1, y0, y1 }: Block): BlockSky {
  let middle: UnitVector | null = null;
  let reach = 0;
  let isFull = true;
  for (const x of x0 === x1 ? [x0] : [(x0 + x1) / 2, x0, x1]) {
    for (const y of y0 === y1 ? [y0] : [(y0 + y1) / 2, y0, y1]) {
      const direction = directionAt(wcs, x, y);
      if (direction === null) isFull = false;
      else if (middle === null) middle = direction;
      else reach = Math.max(reach, angleBetween(middle, direction));
    }
  }
  if (isFull) return { middle, reach: reach * STRETCH, isFull };
  // The samples with sky may all lie at one end of what there is.
  const size = Math.max(x1 - x0, y1 - y0) * wcs.pixelScaleDegrees * RADIANS_PER_DEGREE;
  return { middle, reach: 2 * STRETCH * Math.max(reach, size), isFull };
}

function isHeld(box: PlaneBox, { x0, x1, y0, y1 }: Block): boolean {
  return boxHolds(box, { x: x0, y: y0 }) && boxHolds(box, { x: x1, y: y1 });
}

/** Halves of a block each way; a side of one pixel stays. */
function split({ x0, x1, y0, y1 }: Block): Block[] {
  const xMiddle = Math.floor((x0 + x1) / 2);
  const yMiddle = Math.floor((y0 + y1) / 2);
  const columns =
    x0 === x1
      ? [[x0, x1]]
      : [
          [x0, xMiddle],
          [xMiddle + 1, x1],
        ];
  const rows =
    y0 === y1
      ? [[y0, y1]]
      : [
          [y0, yMiddle],
          [yMiddle + 1, y1],
        ];
  return columns.flatMap(([left, right]) => rows.map(([low, high]) => ({ x0: left, x1: right, y0: low, y1: high })));
}
