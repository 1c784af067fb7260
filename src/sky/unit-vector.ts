import type { IcrsPosition } from "./position.ts";

/** A direction as x, y, z of length 1: x towards (0°, 0°), y towards (90°, 0°), z towards the north pole. */
export type UnitVector = readonly [x: number, y: number, z: number];

export const RADIANS_PER_DEGREE = Math.PI / 180;
export const DEGREES_PER_RADIAN = 180 / Math.PI;

export function toUnitVector(position: IcrsPosition): UnitVector {
  const dec = position.decDegrees * RADIANS_PER_DEGREE;
  const ra = position.raDegrees * RADIANS_PER_DEGREE;
  // cos(π/2) is 6e-17 in doubles: at a pole the direction must not depend on RA.
  const cosDec = Math.abs(position.decDegrees) === 90 ? 0 : Math.cos(dec);
  return [cosDec * Math.cos(ra), cosDec * Math.sin(ra), Math.sin(dec)];
}

/** RA is 0 at the poles. The vector may have any length but 0. */
export function fromUnitVector(vector: UnitVector): IcrsPosition {
  const [x, y, z] = vector;
  return { raDegrees: degreesInCircle(Math.atan2(y, x)), decDegrees: latitudeDegrees(x, y, z) };
}

function latitudeDegrees(x: number, y: number, z: number): number {
  return Math.atan2(z, Math.hypot(x, y)) * DEGREES_PER_RADIAN;
}

function degreesInCircle(radians: number): number {
  return wrapDegrees(radians * DEGREES_PER_RADIAN);
}

/** The same angle in [0, 360). */
export function wrapDegrees(degrees: number): number {
  const wrapped = degrees % 360;
  if (wrapped >= 0) return wrapped + 0; // -0 becomes 0
  return wrapped + 360 < 360 ? wrapped + 360 : 0; // -1e-20 + 360 rounds to 360
}

export function dot(a: UnitVector, b: UnitVector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: UnitVector, b: UnitVector): UnitVector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function subtract(a: UnitVector, b: UnitVector): UnitVector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function add(a: UnitVector, b: UnitVector): UnitVector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** `a` times `k` plus `b` times `l`. */
export function combine(a: UnitVector, k: number, b: UnitVector, l: number): UnitVector {
  return [a[0] * k + b[0] * l, a[1] * k + b[1] * l, a[2] * k + b[2] * l];
}

export function length(a: UnitVector): number {
  return Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
}

export function normalize(a: UnitVector): UnitVector {
  const k = 1 / length(a);
  return [a[0] * k, a[1] * k, a[2] * k];
}

/** Two unit vectors square to `axis` and to each other, so that (east, north, axis) is right-handed. */
export function tangentAxes(axis: UnitVector): { east: UnitVector; north: UnitVector } {
  const nearPole = Math.abs(axis[2]) > 0.9;
  const east = normalize(cross(nearPole ? [1, 0, 0] : [0, 0, 1], axis));
  return { east, north: cross(axis, east) };
}
