import type { PlanePoint } from "./distortion.ts";

/** A map of the plane with its derivatives at one point: x, y, ∂x/∂u, ∂x/∂v, ∂y/∂u, ∂y/∂v. */
export type Jet = [x: number, y: number, xu: number, xv: number, yu: number, yv: number];

/** Whether the map keeps the sense of rotation there (1) or mirrors it (-1); it changes where the map folds over. */
export function senseAt(jet: Jet): 1 | -1 {
  return jet[2] * jet[5] - jet[3] * jet[4] > 0 ? 1 : -1;
}

const MAX_ROUNDS = 20;
const MAX_HALVINGS = 6;
/** Terms so large that their rounding moves the image by more than this part of the target say nothing of it. */
const MAX_MISS = 1e-6;

/**
 * The point that `jetAt` maps to `target`, found by Newton's method from `start`; each step is halved until it
 * brings the image nearer. null where that ends away from the target or beyond a fold of the map, or takes too long
 * (at most 140 evaluations).
 *
 * `tolerance` is the wanted precision of the point, in its units; `sense` that of the map at its reference point.
 */
export function invertByNewton(
  jetAt: (u: number, v: number) => Jet,
  { target, start, tolerance, sense }: { target: PlanePoint; start: PlanePoint; tolerance: number; sense: 1 | -1 },
): PlanePoint | null {
  const near = MAX_MISS * (1 + Math.hypot(target[0], target[1]));
  let [u, v] = start;
  let jet = jetAt(u, v);
  let miss = Math.hypot(target[0] - jet[0], target[1] - jet[1]);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const determinant = jet[2] * jet[5] - jet[3] * jet[4];
    const dx = target[0] - jet[0];
    const dy = target[1] - jet[1];
    const du = (jet[5] * dx - jet[3] * dy) / determinant;
    const dv = (jet[2] * dy - jet[4] * dx) / determinant;
    const step = Math.hypot(du, dv);
    if (!Number.isFinite(step)) return null;
    // Rounding of coordinates far from the origin bounds what can be reached.
    const reachable = Math.max(tolerance, 4 * Number.EPSILON * Math.hypot(u, v));
    let fraction = 1;
    let next = jetAt(u + du, v + dv);
    let nextMiss = Math.hypot(target[0] - next[0], target[1] - next[1]);
    if (step <= reachable) {
      if (nextMiss < miss) [u, v, jet, miss] = [u + du, v + dv, next, nextMiss];
      return miss <= near && senseAt(jet) === sense ? [u, v] : null;
    }
    for (let k = 0; k < MAX_HALVINGS && !(nextMiss < miss); k++) {
      fraction /= 2;
      next = jetAt(u + du * fraction, v + dv * fraction);
      nextMiss = Math.hypot(target[0] - next[0], target[1] - next[1]);
    }
    if (!(nextMiss < miss)) {
      // At the rounding floor nothing comes nearer; anywhere else the search has failed.
      return step <= 64 * reachable && miss <= near && senseAt(jet) === sense ? [u, v] : null;
    }
    [u, v] = [u + du * fraction, v + dv * fraction];
    jet = next;
    miss = nextMiss;
  }
  return null;
}
