import { angleBetween } from "./separation.ts";
import { add, combine, cross, dot, length, normalize, subtract } from "./unit-vector.ts";
import type { UnitVector } from "./unit-vector.ts";

/** How near counts as touching, radians: 1e-12 degree, some hundred times the rounding of a unit vector. */
export const TOUCH_RADIANS = 1.75e-14;

/** The shorter great-circle arc from `start` to `end`, less than 180°. */
export type GreatArc = {
  readonly start: UnitVector;
  readonly end: UnitVector;
  /** To the left when walking from start to end, seen from outside the sphere; [0, 0, 0] where start equals end. */
  readonly normal: UnitVector;
  /** In the plane of the arc, square to `start`, towards `end`. */
  readonly forward: UnitVector;
  /** Radians, [0, π). */
  readonly extent: number;
};

export function greatArc(start: UnitVector, end: UnitVector): GreatArc {
  // (a − b) × (a + b) = 2 a × b, without the cancellation of a × b for near points.
  const doubled = cross(subtract(start, end), add(start, end));
  const size = length(doubled);
  const normal: UnitVector = size === 0 ? [0, 0, 0] : [doubled[0] / size, doubled[1] / size, doubled[2] / size];
  const forward = size === 0 ? normal : normalize(cross(normal, start));
  return { start, end, normal, forward, extent: angleBetween(start, end) };
}

/** The point `radians` from the start. */
export function pointOnArc(arc: GreatArc, radians: number): UnitVector {
  if (arc.extent === 0) return arc.start;
  return combine(arc.start, Math.cos(radians), arc.forward, Math.sin(radians));
}

/** Sine of the angle from the arc's great circle to the point, positive on the left; precise near the arc. */
export function sineLeftOf(arc: GreatArc, point: UnitVector): number {
  const { start, end, normal } = arc;
  // start · normal is 0 only up to rounding: the difference to the nearer end has none of it.
  const fromStart = subtract(point, start);
  const fromEnd = subtract(point, end);
  return dot(dot(fromStart, fromStart) <= dot(fromEnd, fromEnd) ? fromStart : fromEnd, normal);
}

export type NearestOnArc = { readonly radians: number; readonly at: "start" | "inside" | "end" };

/** Distance from the point to the arc, and where on it the nearest point lies. */
export function nearestOnArc(arc: GreatArc, point: UnitVector): NearestOnArc {
  if (arc.extent > 0) {
    const ahead = dot(point, arc.forward);
    const level = dot(point, arc.start);
    const along = Math.atan2(ahead, level);
    if (along > 0 && along < arc.extent) {
      return { radians: Math.atan2(Math.abs(sineLeftOf(arc, point)), Math.hypot(ahead, level)), at: "inside" };
    }
  }
  const toStart = angleBetween(point, arc.start);
  const toEnd = angleBetween(point, arc.end);
  return toStart <= toEnd ? { radians: toStart, at: "start" } : { radians: toEnd, at: "end" };
}

/** Whether the arcs cross at a point inside both; arcs that only touch or lie on one circle do not. */
export function arcsCross(a: GreatArc, b: GreatArc): boolean {
  const aStart = sineLeftOf(b, a.start);
  const aEnd = sineLeftOf(b, a.end);
  if (!oppositeSides(aStart, aEnd)) return false;
  const bStart = sineLeftOf(a, b.start);
  const bEnd = sineLeftOf(a, b.end);
  if (!oppositeSides(bStart, bEnd)) return false;
  // Each circle is crossed once, at one of their two common points. Where a goes from left of b to its right,
  // b goes from right of a to its left: it is the same point exactly when the starts lie on different sides.
  return aStart > 0 !== bStart > 0;
}

function oppositeSides(a: number, b: number): boolean {
  return (a > TOUCH_RADIANS && b < -TOUCH_RADIANS) || (a < -TOUCH_RADIANS && b > TOUCH_RADIANS);
}

/** Where the arc's z is `z`: none, one or two distances from the start in radians, those at the ends included. */
export function arcAtHeight(arc: GreatArc, z: number): number[] {
  const cosine = arc.start[2];
  const sine = arc.forward[2];
  const top = Math.hypot(cosine, sine);
  if (arc.extent === 0 || top < Math.abs(z) - TOUCH_RADIANS || top === 0) return [];
  const phase = Math.atan2(sine, cosine);
  const half = Math.acos(Math.max(-1, Math.min(1, z / top)));
  const found: number[] = [];
  for (const t of half === 0 ? [phase] : [phase - half, phase + half]) {
    const along = t - 2 * Math.PI * Math.round(t / (2 * Math.PI));
    if (along >= -TOUCH_RADIANS && along <= arc.extent + TOUCH_RADIANS) found.push(along);
  }
  return found;
}

/** Where each coordinate is largest or smallest inside the arc (not at its ends): directions, at most six. */
export function turningPoints(arc: GreatArc): UnitVector[] {
  const found: UnitVector[] = [];
  if (arc.extent === 0) return found;
  for (let axis = 0; axis < 3; axis++) {
    // coordinate(t) = start·cos t + forward·sin t
    const phase = Math.atan2(arc.forward[axis], arc.start[axis]);
    for (const t of [phase, phase + Math.PI, phase - Math.PI]) {
      if (t > 0 && t < arc.extent) found.push(pointOnArc(arc, t));
    }
  }
  return found;
}
