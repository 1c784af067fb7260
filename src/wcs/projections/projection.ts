import type { PlanePoint } from "../distortion.ts";

/** Native longitude and latitude, radians: phi in [-π, π], theta in [-π/2, π/2]. */
export type NativePoint = readonly [number, number];

/**
 * A map between the native sphere and the plane (Paper II, section 5), both in radians: the generating sphere has
 * radius 1, where the paper has 180/π degrees. Each direction is null where the map is not defined or not one-to-one.
 */
export type Projection = {
  /** Native coordinates of the fiducial point, (x, y) = (0, 0), degrees. */
  readonly phi0Degrees: number;
  readonly theta0Degrees: number;
  toNative(x: number, y: number): NativePoint | null;
  toPlane(phi: number, theta: number): PlanePoint | null;
  /**
   * As `toPlane`, of a native direction as a vector (z towards θ = 90°, y away from φ = 0), without angles. Puts x and y
   * into `point`; false where the map is not defined. Only some projections have it.
   */
  readonly vectorToPlane?: (x: number, y: number, z: number, point: [number, number]) => boolean;
};

/** Parameters PVi_m of the latitude axis, by m; undefined where the header has none. */
export type ProjectionParameters = readonly (number | undefined)[];

/** Makes a projection; null where the parameters describe none. */
export type MakeProjection = (parameters: ProjectionParameters) => Projection | null;

export const RADIANS = Math.PI / 180;
export const DEGREES = 180 / Math.PI;
export const HALF_PI = Math.PI / 2;

/** Rounding may leave a point this far (radians) outside its range; then it is put on the edge. */
export const EDGE = 1e-13;

/** The point itself, on the edge if it is out of range by rounding alone; null where it is out of range. */
export function checkedNative(phi: number, theta: number): NativePoint | null {
  if (Math.abs(phi) <= Math.PI && Math.abs(theta) <= HALF_PI) return [phi, theta];
  if (!(Math.abs(phi) <= Math.PI + EDGE && Math.abs(theta) <= HALF_PI + EDGE)) return null;
  return [Math.min(Math.max(phi, -Math.PI), Math.PI), Math.min(Math.max(theta, -HALF_PI), HALF_PI)];
}

/** asin that takes ±1 exceeded by rounding as ±1; null beyond. */
export function checkedAsin(sine: number): number | null {
  if (Math.abs(sine) <= 1) return Math.asin(sine);
  return Math.abs(sine) <= 1 + EDGE ? Math.sign(sine) * HALF_PI : null;
}

/**
 * The root of a function that rises from ≤ 0 at `low` to ≥ 0 at `high`: Newton's steps, halving where they leave the
 * bracket. `evaluate` returns value and slope. Ends after 100 steps at most.
 */
export function findRoot(evaluate: (at: number) => readonly [number, number], low: number, high: number): number {
  let at = (low + high) / 2;
  for (let step = 0; step < 100; step++) {
    const [value, slope] = evaluate(at);
    if (value === 0) return at;
    if (value < 0) low = at;
    else high = at;
    let next = at - value / slope;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (next === at || high - low <= 2e-16 * Math.abs(next)) return next;
    if (Math.abs(next - at) <= 1e-16 * Math.abs(at)) return next;
    at = next;
  }
  return at;
}
