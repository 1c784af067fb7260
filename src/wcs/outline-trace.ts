import type { IcrsPosition } from "../sky/position.ts";
import type { OutlineCurve } from "./outline.ts";
import type { PixelPosition } from "./wcs.ts";

/** A point of a curve on the image; NaN where the projection does not show it. */
export type TracedPoint = { readonly t: number; readonly x: number; readonly y: number };

export type TracedCurve = {
  readonly curve: OutlineCurve;
  /** In order of t, dense enough for neighbours to be joined by a gentle bend. */
  readonly points: readonly TracedPoint[];
  /** Whether the map tears it apart, or hides a part of it. */
  readonly torn: boolean;
};

export type ToPixel = (position: IcrsPosition) => PixelPosition | null;

/** A chord may leave its curve by this part of its length, or by so many pixels. */
const MAX_BEND = 0.1;
const MAX_SAGITTA_PIXELS = 0.02;
/** Halvings until a tear of the map, or the end of the projection, is left alone. */
const MAX_DEPTH = 22;

/** The curve on the image, with points added where it bends, tears or ends. */
export function traceCurve(curve: OutlineCurve, toPixel: ToPixel): TracedCurve {
  const points: TracedPoint[] = [];
  let torn = false;
  const at = (t: number) => tracePoint(curve, t, toPixel);

  /** Adds the points after `from` up to and with `to`. */
  function follow(from: TracedPoint, to: TracedPoint, depth: number): void {
    const middle = at((from.t + to.t) / 2);
    const gentle = isGentle(from, middle, to);
    if (depth < MAX_DEPTH && !gentle) {
      follow(from, middle, depth + 1);
      follow(middle, to, depth + 1);
    } else {
      points.push(middle, to);
      torn ||= !gentle || !isShown(to);
    }
  }

  let last = at(0);
  const first = last;
  points.push(last);
  for (let i = 1; i <= curve.steps; i++) {
    const next = i === curve.steps && curve.closed ? { ...first, t: 1 } : at(i / curve.steps);
    follow(last, next, 0);
    last = next;
  }
  return { curve, points, torn };
}

export function tracePoint(curve: OutlineCurve, t: number, toPixel: ToPixel): TracedPoint {
  const pixel = toPixel(curve.positionAt(t));
  return pixel === null ? { t, x: NaN, y: NaN } : { t, x: pixel.x, y: pixel.y };
}

export function isShown(point: TracedPoint): boolean {
  return !Number.isNaN(point.x);
}

function isGentle(from: TracedPoint, middle: TracedPoint, to: TracedPoint): boolean {
  const shown = Number(isShown(from)) + Number(isShown(middle)) + Number(isShown(to));
  if (shown !== 3) return shown === 0;
  const bend = Math.hypot(middle.x - (from.x + to.x) / 2, middle.y - (from.y + to.y) / 2);
  return bend <= MAX_SAGITTA_PIXELS || bend <= MAX_BEND * Math.hypot(to.x - from.x, to.y - from.y);
}

/** A bound of how far the curve may leave the chord between neighbouring points, pixels. */
export function chordSlack(from: TracedPoint, to: TracedPoint): number {
  return MAX_SAGITTA_PIXELS + 0.5 * MAX_BEND * Math.hypot(to.x - from.x, to.y - from.y);
}
