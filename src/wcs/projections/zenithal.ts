import { nativeLongitude, radiusOf, zenithalPoint } from "./perspective.ts";
import type { MakeProjection, Projection } from "./projection.ts";
import { checkedAsin, checkedNative, findRoot, HALF_PI, RADIANS } from "./projection.ts";

/** Zenithal equidistant (Paper II, section 5.1.6): R = 90° - θ. */
export const makeArc: MakeProjection = () => ARC;

const ARC: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 90,
  toNative: (x, y) => checkedNative(nativeLongitude(x, y), HALF_PI - radiusOf(x, y)),
  toPlane: (phi, theta) => zenithalPoint(HALF_PI - theta, phi),
};

/** Zenithal equal area (section 5.1.8): R = 2 sin((90° - θ) / 2). */
export const makeZea: MakeProjection = () => ZEA;

const ZEA: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 90,
  toNative(x, y) {
    const half = checkedAsin(radiusOf(x, y) / 2);
    return half === null ? null : [nativeLongitude(x, y), HALF_PI - 2 * half];
  },
  toPlane: (phi, theta) => zenithalPoint(2 * Math.sin((HALF_PI - theta) / 2), phi),
};

const MAX_ZPN_DEGREE = 29; // PVi_m has room for m = 0 … 99, WCSLIB reads up to 29

/**
 * Zenithal polynomial (section 5.1.7): R = Σ PV_m (π/2 - θ)^m, as far from the pole as R grows. Null unless it grows
 * at the pole.
 */
export const makeZpn: MakeProjection = (parameters) => {
  const coefficients: number[] = [];
  for (let m = 0; m <= MAX_ZPN_DEGREE; m++) coefficients.push(parameters[m] ?? 0);
  while (coefficients.at(-1) === 0) coefficients.pop();
  if (coefficients.length < 2) return null;
  const slopes = coefficients.slice(1).map((coefficient, m) => coefficient * (m + 1));
  if (!((slopes[0] ?? 0) > 0)) return null;
  const maxDistance = firstFall(slopes);
  const minRadius = coefficients[0] ?? 0;
  const maxRadius = evaluate(coefficients, maxDistance);
  if (!Number.isFinite(maxRadius)) return null;
  return {
    phi0Degrees: 0,
    theta0Degrees: 90,
    toNative(x, y) {
      const radius = radiusOf(x, y);
      if (!(radius >= minRadius - 1e-13 && radius <= maxRadius + 1e-13)) return null;
      const residual = (at: number) => [evaluate(coefficients, at) - radius, evaluate(slopes, at)] as const;
      const distance = radius <= minRadius ? 0 : radius >= maxRadius ? maxDistance : findRoot(residual, 0, maxDistance);
      return checkedNative(nativeLongitude(x, y), HALF_PI - distance);
    },
    toPlane(phi, theta) {
      const distance = HALF_PI - theta;
      return distance > maxDistance ? null : zenithalPoint(evaluate(coefficients, distance), phi);
    },
  };
};

/** Airy's projection (section 5.1.9), PV 1 = θb: least error within θb of the pole. */
export const makeAir: MakeProjection = (parameters) => {
  const thetaB = parameters[1] ?? 90;
  if (!(thetaB > -90 && thetaB <= 90)) return null;
  const tanB = Math.tan(((90 - thetaB) / 2) * RADIANS);
  const weight = tanB === 0 ? -0.5 : logCos(tanB) / (tanB * tanB);
  const radiusAt = (xi: number) => {
    const tangent = Math.tan(xi);
    return tangent === 0 ? 0 : -2 * (logCos(tangent) / tangent + weight * tangent);
  };
  return {
    phi0Degrees: 0,
    theta0Degrees: 90,
    toNative(x, y) {
      const radius = radiusOf(x, y);
      if (radius === 0) return [0, HALF_PI];
      // ξ from 0 towards π/2, halving what is left, until R(ξ) is beyond the radius sought.
      let low = 0;
      let high = HALF_PI / 2;
      for (let step = 0; radiusAt(high) < radius; step++) {
        if (step === 30) return null;
        low = high;
        high += (HALF_PI - high) / 2;
      }
      const residual = (xi: number) => [radiusAt(xi) - radius, radiusSlope(xi, weight)] as const;
      return checkedNative(nativeLongitude(x, y), HALF_PI - 2 * findRoot(residual, low, high));
    },
    toPlane(phi, theta) {
      if (theta <= -HALF_PI) return null;
      return zenithalPoint(radiusAt((HALF_PI - theta) / 2), phi);
    },
  };
};

/** dR/dξ of Airy's projection. */
function radiusSlope(xi: number, weight: number): number {
  const sine = Math.sin(xi);
  const cosine = Math.cos(xi);
  return 2 * (1 + logCos(sine / cosine) / (sine * sine) - weight / (cosine * cosine));
}

/** ln cos ξ from tan ξ, with all digits near ξ = 0. */
function logCos(tangent: number): number {
  return -0.5 * Math.log1p(tangent * tangent);
}

/** Σ coefficients[m] · at^m. */
function evaluate(coefficients: readonly number[], at: number): number {
  let sum = 0;
  for (let m = coefficients.length - 1; m >= 0; m--) sum = sum * at + (coefficients[m] ?? 0);
  return sum;
}

/** The distance from the pole, radians, where a slope that starts positive first is not; π if nowhere. */
function firstFall(slopes: readonly number[]): number {
  let low = 0;
  for (let degrees = 1; degrees <= 180; degrees++) {
    let high = degrees * RADIANS;
    if (evaluate(slopes, high) > 0) {
      low = high;
      continue;
    }
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2;
      if (evaluate(slopes, middle) > 0) low = middle;
      else high = middle;
    }
    return low;
  }
  return Math.PI;
}
