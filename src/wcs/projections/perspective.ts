import type { PlanePoint } from "../distortion.ts";
import type { MakeProjection, NativePoint, Projection } from "./projection.ts";
import { checkedAsin, checkedNative, EDGE, HALF_PI, RADIANS } from "./projection.ts";

/** Gnomonic (Paper II, section 5.1.3): R = cot θ, the half sphere θ > 0. */
export const makeTan: MakeProjection = () => TAN;

const TAN: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 90,
  toNative: (x, y) => [nativeLongitude(x, y), Math.atan2(1, radiusOf(x, y))],
  toPlane(phi, theta) {
    const sine = Math.sin(theta);
    if (!(sine > EDGE)) return null;
    return zenithalPoint(Math.cos(theta) / sine, phi);
  },
  vectorToPlane(x, y, z, point) {
    point[0] = x / z;
    point[1] = y / z;
    return z > EDGE;
  },
};

/** Stereographic (section 5.1.4): R = 2 cos θ / (1 + sin θ), all but the south pole. */
export const makeStg: MakeProjection = () => STG;

const STG: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 90,
  toNative: (x, y) => [nativeLongitude(x, y), HALF_PI - 2 * Math.atan(radiusOf(x, y) / 2)],
  toPlane(phi, theta) {
    const down = 1 + Math.sin(theta);
    if (down === 0) return null;
    return zenithalPoint((2 * Math.cos(theta)) / down, phi);
  },
};

/** Slant orthographic (section 5.1.5), PV 1, 2 = ξ, η: the side of the sphere that faces the plane along the slant. */
export const makeSin: MakeProjection = (parameters) => {
  const xi = parameters[1] ?? 0;
  const eta = parameters[2] ?? 0;
  return {
    phi0Degrees: 0,
    theta0Degrees: 90,
    toNative: (x, y) => nearestToPole({ x, y, xPerDepth: xi, yPerDepth: eta }),
    toPlane(phi, theta) {
      const sinPhi = Math.sin(phi);
      const cosPhi = Math.cos(phi);
      if (theta < -Math.atan(xi * sinPhi - eta * cosPhi) - EDGE) return null; // the far side
      const cosTheta = Math.cos(theta);
      const depth = depthBelowPole(theta);
      return [cosTheta * sinPhi + xi * depth, -cosTheta * cosPhi + eta * depth];
    },
    vectorToPlane(x, y, z, point) {
      point[0] = x + xi * (1 - z);
      point[1] = y + eta * (1 - z);
      return z + xi * x + eta * y >= -EDGE; // as seen along the slant
    },
  };
};

/** Slant zenithal perspective (section 5.1.2), PV 1, 2, 3 = μ, φc, θc: seen from P, plane at the native north pole. */
export const makeSzp: MakeProjection = (parameters) => {
  const mu = parameters[1] ?? 0;
  const phiC = (parameters[2] ?? 0) * RADIANS;
  const thetaC = (parameters[3] ?? 90) * RADIANS;
  const xP = -mu * Math.cos(thetaC) * Math.sin(phiC);
  const yP = mu * Math.cos(thetaC) * Math.cos(phiC);
  const zP = mu * Math.sin(thetaC) + 1; // P's distance from the plane
  if (zP === 0) return null;
  return {
    phi0Degrees: 0,
    theta0Degrees: 90,
    toNative: (x, y) => nearestToPole({ x, y, xPerDepth: (x - xP) / zP, yPerDepth: (y - yP) / zP }),
    toPlane(phi, theta) {
      const sinPhi = Math.sin(phi);
      const cosPhi = Math.cos(phi);
      const cosTheta = Math.cos(theta);
      const depth = depthBelowPole(theta);
      const down = zP - depth;
      if (down === 0 || (Math.abs(zP - 1) < 1 && Math.sin(theta) < 1 - zP)) return null; // divergent
      if (Math.abs(mu) > 1) {
        const tilt = xP * sinPhi - yP * cosPhi;
        if (theta < higherLimit(Math.atan2(tilt, zP - 1), 1 / Math.hypot(tilt, zP - 1)) - EDGE) return null; // the near side
      }
      return [(zP * cosTheta * sinPhi - xP * depth) / down, -(zP * cosTheta * cosPhi + yP * depth) / down];
    },
  };
};

/** Zenithal perspective (section 5.1.1), PV 1, 2 = μ, γ: seen from a point on the polar axis, plane tilted by γ. */
export const makeAzp: MakeProjection = (parameters) => {
  const mu = parameters[1] ?? 0;
  const gamma = (parameters[2] ?? 0) * RADIANS;
  const cosGamma = Math.cos(gamma);
  const sinGamma = Math.sin(gamma);
  const tanGamma = Math.tan(gamma);
  if (mu === -1 || Math.abs(cosGamma) < 1e-15) return null;
  const overlapLimit = Math.abs(mu) > 1 ? Math.asin(-1 / mu) : -HALF_PI;
  const diverges = Math.abs(mu * cosGamma) < 1;
  return {
    phi0Degrees: 0,
    theta0Degrees: 90,
    toNative(x, y) {
      const radius = Math.hypot(x, y * cosGamma);
      if (radius === 0) return [0, HALF_PI];
      const rho = radius / (mu + 1 + y * sinGamma);
      const omega = checkedAsin((rho * mu) / Math.hypot(rho, 1));
      if (omega === null) return null;
      const psi = Math.atan2(1, rho);
      return checkedNative(Math.atan2(x, -y * cosGamma), higher(psi - omega, psi + omega + Math.PI));
    },
    toPlane(phi, theta) {
      const cosPhi = Math.cos(phi);
      const cosTheta = Math.cos(theta);
      const down = mu + Math.sin(theta) + cosTheta * cosPhi * tanGamma;
      if (down === 0 || theta < overlapLimit - EDGE) return null;
      if (diverges) {
        const slope = tanGamma * cosPhi;
        if (theta < higherLimit(Math.atan(-slope), mu / Math.hypot(1, slope))) return null;
      }
      const radius = ((mu + 1) * cosTheta) / down;
      return [radius * Math.sin(phi), (-radius * cosPhi) / cosGamma];
    },
  };
};

/** Native longitude of a point of a zenithal projection, x = R sin φ, y = -R cos φ; 0 at the pole. */
export function nativeLongitude(x: number, y: number): number {
  return x === 0 && y === 0 ? 0 : Math.atan2(x, -y);
}

/** Distance from the origin: a plain root, for which Math.hypot takes several times as long. */
export function radiusOf(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

export function zenithalPoint(radius: number, phi: number): PlanePoint {
  return [radius * Math.sin(phi), -radius * Math.cos(phi)];
}

/** 1 - sin θ without the loss of digits near the pole. */
function depthBelowPole(theta: number): number {
  const half = Math.sin((HALF_PI - theta) / 2);
  return 2 * half * half;
}

/**
 * The point of the sphere on the ray that meets the plane at (x, y) and moves by (xPerDepth, yPerDepth) sideways for
 * each unit of depth w = 1 - sin θ: |(x, y) - w·(xPerDepth, yPerDepth)|² = w (2 - w). Of two, the one with more θ.
 * Solved for w and not for sin θ, which keeps every digit near the pole.
 */
function nearestToPole(ray: { x: number; y: number; xPerDepth: number; yPerDepth: number }): NativePoint | null {
  const { x, y, xPerDepth, yPerDepth } = ray;
  const squared = x * x + y * y;
  const a = xPerDepth * xPerDepth + yPerDepth * yPerDepth + 1;
  const h = x * xPerDepth + y * yPerDepth + 1;
  let discriminant = h * h - a * squared;
  if (discriminant < 0 && discriminant > -1e-15) discriminant = 0;
  if (!(discriminant >= 0 && h > 0)) return null;
  const depth = squared / (h + Math.sqrt(discriminant));
  if (!(depth <= 2)) return null;
  const sideX = x - depth * xPerDepth;
  const sideY = y - depth * yPerDepth;
  return [nativeLongitude(sideX, sideY), Math.atan2(1 - depth, radiusOf(sideX, sideY))];
}

/** The lowest θ before divergence or overlap: of ψ - ω and ψ + ω + π the higher; -∞ where there is no limit. */
function higherLimit(psi: number, sinOmega: number): number {
  if (!(Math.abs(sinOmega) <= 1)) return -Infinity;
  const omega = Math.asin(sinOmega);
  return higher(psi - omega, psi + omega + Math.PI);
}

/** The greater of two angles, both first brought to at most π/2. */
function higher(a: number, b: number): number {
  return Math.max(a > HALF_PI ? a - 2 * Math.PI : a, b > HALF_PI ? b - 2 * Math.PI : b);
}
