import type { DirectionMap } from "./direction-map.ts";
import { turnCurve } from "./outline.ts";
import type { OutlineCurve } from "./outline.ts";

/** A point of a curve on the image; NaN where the projection does not show it. */
export type TracedPoint = { readonly t: number; readonly x: number; readonly y: number };

export type TracedCurve = {
  /** In the frame of the map. */
  readonly curve: OutlineCurve;
  /** In order of t, dense enough for neighbours to be joined by a gentle bend. */
  readonly points: readonly TracedPoint[];
  /** Whether the map tears it apart, or hides a part of it. */
  readonly torn: boolean;
};

/** A chord may leave its curve by this part of its length, or by so many pixels. */
const MAX_BEND = 0.1;
const MAX_SAGITTA_PIXELS = 0.02;
/** Halvings until a tear of the map, or the end of the projection, is left alone. */
const MAX_DEPTH = 22;

/** The curve on the image, with points added where it bends, tears or ends. */
export function traceCurve(onSky: OutlineCurve, map: DirectionMap): TracedCurve {
  const curve = map.turn === null ? onSky : turnCurve(onSky, map.turn);
  const points: TracedPoint[] = [];
  let torn = false;
  const at = (t: number) => tracePoint(curve, t, map);

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

/** A point of a curve in the frame of the map. */
export function tracePoint(curve: OutlineCurve, t: number, { toPixel }: DirectionMap): TracedPoint {
  const { center, u, v, sweep, end } = curve;
  let isShown: boolean;
  if (t === 1) {
    isShown = toPixel(end[0], end[1], end[2], pixel);
  } else {
    const cosine = Math.cos(t * sweep);
    const sine = Math.sin(t * sweep);
    const x = cosine * u[0] + sine * v[0] + center[0];
    const y = cosine * u[1] + sine * v[1] + center[1];
    const z = cosine * u[2] + sine * v[2] + center[2];
    isShown = toPixel(x, y, z, pixel);
  }
  return isShown ? { t, x: pixel[0], y: pixel[1] } : { t, x: NaN, y: NaN };
}

/** Filled and read at once: one for all points. */
const pixel: [number, number] = [NaN, NaN];

export function isShown(point: TracedPoint): boolean {
  return !Number.isNaN(point.x);
}

function isGentle(from: TracedPoint, middle: TracedPoint, to: TracedPoint): boolean {
  if (!isShown(from) || !isShown(middle) || !isShown(to)) {
    return !isShown(from) && !isShown(middle) && !isShown(to);
  }
  const bend = distance(middle.x - (from.x + to.x) / 2, middle.y - (from.y + to.y) / 2);
  return bend <= MAX_SAGITTA_PIXELS || bend <= MAX_BEND * distance(to.x - from.x, to.y - from.y);
}

/** A plain root, for which Math.hypot takes several times as long. */
function distance(dx: number, dy: number): number {
  return Math.sqrt(dx * dx + dy * dy);
}

/** A bound of how far the curve may leave the chord between neighbouring points, pixels. */
export function chordSlack(from: TracedPoint, to: TracedPoint): number {
  return MAX_SAGITTA_PIXELS + 0.5 * MAX_BEND * distance(to.x - from.x, to.y - from.y);
}
