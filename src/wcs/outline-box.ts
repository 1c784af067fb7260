import { chordSlack, isShown, tracePoint } from "./outline-trace.ts";
import type { ToPixel, TracedCurve, TracedPoint } from "./outline-trace.ts";

/** A rectangle in the plane of the pixels, bounds included; empty where a minimum exceeds its maximum. */
export type PlaneBox = { xMin: number; xMax: number; yMin: number; yMax: number };

/** Pixels: how exactly the extremes of a curve are found. */
const PRECISION = 0.005;
/** Pixels: how exactly the points are found where it enters or leaves the image. */
const CROSSING_PRECISION = 0.05;

export function emptyBox(): PlaneBox {
  return { xMin: Infinity, xMax: -Infinity, yMin: Infinity, yMax: -Infinity };
}

export function isEmpty(box: PlaneBox): boolean {
  return !(box.xMin <= box.xMax && box.yMin <= box.yMax);
}

export function includePoint(box: PlaneBox, x: number, y: number): void {
  if (x < box.xMin) box.xMin = x;
  if (x > box.xMax) box.xMax = x;
  if (y < box.yMin) box.yMin = y;
  if (y > box.yMax) box.yMax = y;
}

export function boxHolds(box: PlaneBox, { x, y }: { readonly x: number; readonly y: number }): boolean {
  return x >= box.xMin && x <= box.xMax && y >= box.yMin && y <= box.yMax;
}

/** Extends the box by the part of the curve within `area`: its extremes, and where it enters and leaves. */
export function includeCurve(box: PlaneBox, traced: TracedCurve, area: PlaneBox, toPixel: ToPixel): void {
  const { points, curve } = traced;
  const count = points.length;
  if (boxHolds(area, points[0])) includePoint(box, points[0].x, points[0].y);
  for (let i = 1; i < count; i++) {
    const isInside = boxHolds(area, points[i]);
    if (isInside) includePoint(box, points[i].x, points[i].y);
    if (!isInside || !boxHolds(area, points[i - 1]))
      includeCrossings(box, { traced, from: points[i - 1], to: points[i], area, toPixel });
  }
  for (let i = curve.closed ? 0 : 1; i < count - 1; i++) {
    // Point 0 of a closed curve is its last as well: the neighbour before it is the last but one, a turn earlier.
    const before = i === 0 ? { ...points[count - 2], t: points[count - 2].t - 1 } : points[i - 1];
    const triple = [before, points[i], points[i + 1]] as const;
    for (const direction of DIRECTIONS) {
      const value = direction(points[i]);
      if (value < direction(before) || value < direction(points[i + 1])) continue;
      const peak = climb(traced, triple, { direction, reached: reachedBy(box, direction), toPixel });
      if (peak !== null && boxHolds(area, peak)) includePoint(box, peak.x, peak.y);
    }
  }
}

type Crossing = {
  readonly traced: TracedCurve;
  readonly from: TracedPoint;
  readonly to: TracedPoint;
  readonly area: PlaneBox;
  readonly toPixel: ToPixel;
};

/** Halves a piece of the curve that is not wholly inside until the points where it crosses the border are found. */
function includeCrossings(box: PlaneBox, { traced, from, to, area, toPixel }: Crossing): void {
  if (!isShown(from) || !isShown(to)) return;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const slack = chordSlack(from, to);
  if (Math.max(from.x, to.x) + slack < area.xMin || Math.min(from.x, to.x) - slack > area.xMax) return;
  if (Math.max(from.y, to.y) + slack < area.yMin || Math.min(from.y, to.y) - slack > area.yMax) return;
  if (length < CROSSING_PRECISION || to.t - from.t < 1e-9) return;
  const middle = tracePoint(traced.curve, (from.t + to.t) / 2, toPixel);
  const [start, between, end] = [from, middle, to].map((point) => boxHolds(area, point));
  if (between) includePoint(box, middle.x, middle.y);
  if (!start || !between) includeCrossings(box, { traced, from, to: middle, area, toPixel });
  if (!between || !end) includeCrossings(box, { traced, from: middle, to, area, toPixel });
}

type Direction = (point: { readonly x: number; readonly y: number }) => number;

const DIRECTIONS: readonly Direction[] = [({ x }) => x, ({ x }) => -x, ({ y }) => y, ({ y }) => -y];

function reachedBy(box: PlaneBox, direction: Direction): number {
  return Math.max(direction({ x: box.xMin, y: box.yMin }), direction({ x: box.xMax, y: box.yMax }));
}

/**
 * The highest point near the middle one of three, by parabolas through three points; null where the first of
 * them says that what is reached already will not be passed.
 */
function climb(
  { curve }: TracedCurve,
  triple: readonly [TracedPoint, TracedPoint, TracedPoint],
  search: { direction: Direction; reached: number; toPixel: ToPixel },
): TracedPoint | null {
  const { direction, reached, toPixel } = search;
  let [a, b, c] = triple;
  for (let round = 0; round < 6; round++) {
    const [fa, fb, fc] = [direction(a), direction(b), direction(c)];
    const left = b.t - a.t;
    const right = c.t - b.t;
    const rise = (fb - fa) / left;
    const fall = (fc - fb) / right;
    const curvature = (fall - rise) / (left + right);
    if (!(curvature < 0)) break; // a straight piece, or a tear beside it
    const slope = (rise * right + fall * left) / (left + right);
    const shift = -slope / (2 * curvature);
    const gain = (slope * shift) / 2;
    if (round === 0 && fb + 2 * gain + PRECISION < reached) return null;
    if (gain < PRECISION) break;
    const t = b.t + Math.max(-0.9 * left, Math.min(0.9 * right, shift));
    const found = { ...tracePoint(curve, t < 0 ? t + 1 : t, toPixel), t };
    if (!isShown(found)) break;
    const higher = direction(found) > fb;
    if (t > b.t) [a, b, c] = higher ? [b, found, c] : [a, b, found];
    else [a, b, c] = higher ? [a, found, b] : [found, b, c];
  }
  return b;
}
