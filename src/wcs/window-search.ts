import { angleBetween } from "../sky/separation.ts";
import { RADIANS_PER_DEGREE } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { directionAt } from "./image-sky.ts";
import type { ImageSky } from "./image-sky.ts";
import { boxHolds, includePoint } from "./outline-box.ts";
import type { PlaneBox } from "./outline-box.ts";
import type { Wcs } from "./wcs.ts";

/** Pixels with centres x0 … x1, y0 … y1, all included. */
type Block = { readonly x0: number; readonly x1: number; readonly y0: number; readonly y1: number };

/** The image is cut into so many blocks each way before any is judged, so that pieces of a torn map are seen. */
const FIRST_BLOCKS = 16;
/** A block is taken to lie within its farthest sample times this: neighbours of a map may stretch differently. */
const STRETCH = 1.5;
/** Blocks of this size without any sky in nine samples are taken to have none. */
const SMALLEST_EMPTY_BLOCK = 8;

/**
 * Extends the box by every pixel of the image whose centre lies in the shape, wherever the map puts it: for maps with
 * tears, ends and poles in the image. Blocks of pixels are halved until they lie inside the box, inside the shape or
 * outside of it; `distance` is that to the shape's border, negative inside.
 */
export function includeCentersIn(
  box: PlaneBox,
  { wcs, image, distance }: { wcs: Wcs; image: ImageSky; distance: (point: UnitVector) => number },
): void {
  const pixelRadians = wcs.pixelScaleDegrees * RADIANS_PER_DEGREE;

  function visit(block: Block): void {
    const { x0, x1, y0, y1 } = block;
    if (boxHolds(box, { x: x0, y: y0 }) && boxHolds(box, { x: x1, y: y1 })) return;
    if (x0 === x1 && y0 === y1) {
      const direction = directionAt(wcs, x0, y0);
      if (direction !== null && distance(direction) <= 0) includePoint(box, x0, y0);
      return;
    }
    const { shown, missing } = sample(wcs, block);
    const size = Math.max(x1 - x0, y1 - y0);
    if (shown.length === 0) {
      if (size > SMALLEST_EMPTY_BLOCK) split(block).forEach(visit);
      return;
    }
    const middle = shown[0];
    let reach = 0;
    for (const direction of shown) reach = Math.max(reach, angleBetween(middle, direction));
    // Without sky at some samples the others may all lie at one end of what there is.
    reach = missing === 0 ? reach * STRETCH : 2 * STRETCH * Math.max(reach, size * pixelRadians);
    const away = distance(middle);
    if (away > reach) return;
    if (missing === 0 && away < -reach) {
      includePoint(box, x0, y0);
      includePoint(box, x1, y1);
      return;
    }
    split(block).forEach(visit);
  }

  for (const block of firstBlocks(image)) visit(block);
}

/** Directions of the middle, the corners and the middles of the sides; the middle comes first if it has one. */
function sample(wcs: Wcs, { x0, x1, y0, y1 }: Block): { shown: UnitVector[]; missing: number } {
  const xs = [...new Set([(x0 + x1) / 2, x0, x1])];
  const ys = [...new Set([(y0 + y1) / 2, y0, y1])];
  const shown: UnitVector[] = [];
  for (const x of xs) {
    for (const y of ys) {
      const direction = directionAt(wcs, x, y);
      if (direction !== null) shown.push(direction);
    }
  }
  return { shown, missing: xs.length * ys.length - shown.length };
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

function firstBlocks({ width, height }: ImageSky): Block[] {
  const step = (size: number) => Math.max(1, Math.ceil(size / FIRST_BLOCKS));
  const blocks: Block[] = [];
  for (let y0 = 0; y0 < height; y0 += step(height)) {
    for (let x0 = 0; x0 < width; x0 += step(width)) {
      blocks.push({ x0, x1: Math.min(width, x0 + step(width)) - 1, y0, y1: Math.min(height, y0 + step(height)) - 1 });
    }
  }
  return blocks;
}
