import type { DirectionMap } from "./direction-map.ts";
import { chordSlack, isShown, tracePoint } from "./outline-trace.ts";
import type { TracedCurve, TracedPoint } from "./outline-trace.ts";
import type { OutlineCurve } from "./outline.ts";

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
export function includeCurve(box: PlaneBox, traced: TracedCurve, area: PlaneBox, map: DirectionMap): void {
  const { points, curve } = traced;
  let wasInside = boxHolds(area, points[0]);
  if (wasInside) includePoint(box, points[0].x, points[0].y);
  for (let i = 1; i < points.length; i++) {
    const isInside = boxHolds(area, points[i]);
    if (isInside) includePoint(box, points[i].x, points[i].y);
    if (!isInside || !wasInside) includeCrossings(box, { traced, from: points[i - 1], to: points[i], area, map });
    wasInside = isInside;
  }
  const last = points.length - 1;
  // Point 0 of a closed curve is its last as well: the neighbour before it is the last but one, a turn earlier.
  let before = curve.closed ? { ...points[last - 1], t: points[last - 1].t - 1 } : points[0];
  for (let i = curve.closed ? 0 : 1; i < last; i++) {
    const at = points[i];
    const after = points[i + 1];
    if (isTop(before.x, at.x, after.x)) includePeak(box, RIGHT, { traced, triple: [before, at, after], area, map });
    if (isTop(-before.x, -at.x, -after.x)) includePeak(box, LEFT, { traced, triple: [before, at, after], area, map });
    if (isTop(before.y, at.y, after.y)) includePeak(box, UP, { traced, triple: [before, at, after], area, map });
    if (isTop(-before.y, -at.y, -after.y)) includePeak(box, DOWN, { traced, triple: [before, at, after], area, map });
    before = at;
  }
}

type Crossing = {
  readonly traced: TracedCurve;
  readonly from: TracedPoint;
  readonly to: TracedPoint;
  readonly area: PlaneBox;
  readonly map: DirectionMap;
};

/** Halves a piece of the curve that is not wholly inside until the points where it crosses the border are found. */
function includeCrossings(box: PlaneBox, { traced, from, to, area, map }: Crossing): void {
  if (!isShown(from) || !isShown(to)) return;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const slack = chordSlack(from, to);
  if (Math.max(from.x, to.x) + slack < area.xMin || Math.min(from.x, to.x) - slack > area.xMax) return;
  if (Math.max(from.y, to.y) + slack < area.yMin || Math.min(from.y, to.y) - slack > area.yMax) return;
  if (length < CROSSING_PRECISION || to.t - from.t < 1e-9) return;
  const middle = tracePoint(traced.curve, (from.t + to.t) / 2, map);
  const [start, between, end] = [from, middle, to].map((point) => boxHolds(area, point));
  if (between) includePoint(box, middle.x, middle.y);
  if (!start || !between) includeCrossings(box, { traced, from, to: middle, area, map });
  if (!between || !end) includeCrossings(box, { traced, from: middle, to, area, map });
}

/** How high a point is, seen one of four ways. */
type Direction = (point: { readonly x: number; readonly y: number }) => number;

const RIGHT: Direction = ({ x }) => x;
const LEFT: Direction = ({ x }) => -x;
const UP: Direction = ({ y }) => y;
const DOWN: Direction = ({ y }) => -y;

/** Whether neither neighbour is higher than the one between. */
function isTop(before: number, at: number, after: number): boolean {
  return !(at < before || at < after);
}

type Summit = {
  readonly traced: TracedCurve;
  readonly triple: readonly [TracedPoint, TracedPoint, TracedPoint];
  readonly area: PlaneBox;
  readonly map: DirectionMap;
};

function includePeak(box: PlaneBox, direction: Direction, { traced, triple, area, map }: Summit): void {
  const reached = Math.max(direction({ x: box.xMin, y: box.yMin }), direction({ x: box.xMax, y: box.yMax }));
  const peak = climb(traced.curve, triple, { direction, reached, map });
  if (peak !== null && boxHolds(area, peak)) includePoint(box, peak.x, peak.y);
}

/**
 * The highest point near the middle one of three, by parabolas through three points; null where the first of
 * them says that what is reached already will not be passed.
 */
function climb(
  curve: OutlineCurve,
  triple: readonly [TracedPoint, TracedPoint, TracedPoint],
  search: { readonly direction: Direction; readonly reached: number; readonly map: DirectionMap },
): TracedPoint | null {
  const { direction, reached, map } = search;
  let [a, b, c] = triple;
  for (let round = 0; round < 6; round++) {
    const height = direction(b);
    const left = b.t - a.t;
    const right = c.t - b.t;
    const rise = (height - direction(a)) / left;
    const fall = (direction(c) - height) / right;
    const curvature = (fall - rise) / (left + right);
    if (!(curvature < 0)) break; // a straight piece, or a tear beside it
    const slope = (rise * right + fall * left) / (left + right);
    const shift = -slope / (2 * curvature);
    const gain = (slope * shift) / 2;
    if (round === 0 && height + 2 * gain + PRECISION < reached) return null;
    if (gain < PRECISION) break;
    const t = b.t + Math.max(-0.9 * left, Math.min(0.9 * right, shift));
    const found = { ...tracePoint(curve, t < 0 ? t + 1 : t, map), t };
    if (!isShown(found)) break;
    const higher = direction(found) > height;
    if (t > b.t) [a, b, c] = higher ? [b, found, c] : [a, b, found];
    else [a, b, c] = higher ? [a, found, b] : [found, b, c];
  }
  return b;
}
