import { ServiceError } from "../errors.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { Stencil } from "../sky/stencil.ts";
import { imageSkyOf } from "../wcs/image-sky.ts";
import { meteredMap, type DirectionMap } from "../wcs/direction-map.ts";
import { chordSlack, isShown, traceCurve, tracePoint, type TracedPoint } from "../wcs/outline-trace.ts";
import { outlineOf, type OutlineCurve } from "../wcs/outline.ts";
import type { Wcs } from "../wcs/wcs.ts";

/** The border of a shape near a window as straight pieces, in pixels of the window (0 at the centre of its first). */
export type PixelOutline = {
  /** x and y of the two ends, four numbers a piece; in order of the lower y. */
  readonly pieces: Float64Array;
  /** 1: its first end is one of a curve, 2: its second. Curves that follow one another meet there up to rounding only. */
  readonly ends: Uint8Array;
};

/** Pixels by which a piece may leave the curve; and how long it may be, so that no second bend hides in it. */
const MAX_SAGITTA = 0.04;
const MAX_PIECE = 64;
const MAX_HALVINGS = 20;
/** Positions: half a second. A thousand edges across an image of 16,000 pixels take half of it. */
const BUDGET = 500_000;

/**
 * null where the outline does not tell: the map has tears, ends or poles near the window. "over-limit" for an outline
 * that goes to and fro without end.
 */
export function traceOutline(wcs: Wcs, window: PixelWindow, stencil: Stencil): PixelOutline | null {
  const image = imageSkyOf(wcs);
  if (image.smooth === "no") return null;
  let spent = 0;
  const map = meteredMap(image.directions, () => {
    if (++spent > BUDGET) {
      throw new ServiceError("over-limit", `Cannot mask: the outline needs more than ${BUDGET} points in the image`);
    }
  });
  const found: Piece[] = [];
  for (const onSky of outlineOf(stencil)) {
    const { curve, points, torn } = traceCurve(onSky, map);
    if (torn && image.smooth !== "around") return null;
    addPieces(found, { curve, points }, window, map);
  }
  found.sort((a, b) => a.yMin - b.yMin);
  return {
    pieces: Float64Array.from(found.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2])),
    ends: Uint8Array.from(found, ({ ends }) => ends),
  };
}

type Piece = { x1: number; y1: number; x2: number; y2: number; yMin: number; ends: number };

function addPieces(
  found: Piece[],
  { curve, points }: { curve: OutlineCurve; points: readonly TracedPoint[] },
  { x0, y0, width, height }: PixelWindow,
  map: DirectionMap,
): void {
  const isFar = (from: TracedPoint, to: TracedPoint) => {
    const slack = chordSlack(from, to) + 2;
    return (
      Math.max(from.x, to.x) + slack < x0 ||
      Math.min(from.x, to.x) - slack > x0 + width ||
      Math.max(from.y, to.y) + slack < y0 ||
      Math.min(from.y, to.y) - slack > y0 + height
    );
  };
  const follow = (from: TracedPoint, to: TracedPoint, depth: number): void => {
    if (!isShown(from) || !isShown(to) || isFar(from, to)) return;
    const middle = tracePoint(curve, (from.t + to.t) / 2, map);
    const sagitta = Math.hypot(middle.x - (from.x + to.x) / 2, middle.y - (from.y + to.y) / 2);
    const isStraight = sagitta <= MAX_SAGITTA && Math.hypot(to.x - from.x, to.y - from.y) <= MAX_PIECE;
    if (!isStraight && depth < MAX_HALVINGS) {
      follow(from, middle, depth + 1);
      follow(middle, to, depth + 1);
      return;
    }
    const ends = curve.closed ? 0 : (from.t === 0 ? 1 : 0) + (to.t === 1 ? 2 : 0);
    const [x1, y1, x2, y2] = [from.x - x0, from.y - y0, to.x - x0, to.y - y0];
    found.push({ x1, y1, x2, y2, yMin: Math.min(y1, y2), ends });
  };
  for (let i = 1; i < points.length; i++) follow(points[i - 1], points[i], 0);
}
