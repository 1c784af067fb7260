import type { MakeProjection, Projection } from "./projection.ts";
import { checkedNative, findRoot, HALF_PI } from "./projection.ts";

const AT_POLE = 1e-13; // x this near to 0 (radians) is on the axis

/** Sanson-Flamsteed (Paper II, section 5.3.1): x = φ cos θ, y = θ. */
export const makeSfl: MakeProjection = () => SFL;

const SFL: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 0,
  toNative(x, y) {
    if (HALF_PI - Math.abs(y) < AT_POLE) return Math.abs(x) < AT_POLE ? checkedNative(0, y) : null;
    return checkedNative(x / Math.cos(y), y);
  },
  toPlane: (phi, theta) => [phi * Math.cos(theta), theta],
};

/** Parabolic (section 5.3.2): x = φ (2 cos(2θ/3) - 1), y = π sin(θ/3). */
export const makePar: MakeProjection = () => PAR;

const PAR: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 0,
  toNative(x, y) {
    const sine = y / Math.PI;
    if (!(Math.abs(sine) <= 0.5 + AT_POLE)) return null;
    const width = 1 - 4 * sine * sine; // 0 at the poles
    const theta = Math.abs(sine) >= 0.5 ? Math.sign(sine) * HALF_PI : 3 * Math.asin(sine);
    if (width <= AT_POLE) return Math.abs(x) < AT_POLE ? checkedNative(0, theta) : null;
    return checkedNative(x / width, theta);
  },
  toPlane(phi, theta) {
    const sine = Math.sin(theta / 3);
    return [phi * (1 - 4 * sine * sine), Math.PI * sine];
  },
};

/** Mollweide's projection (section 5.3.3): x = (2√2/π) φ cos γ, y = √2 sin γ, 2γ + sin 2γ = π sin θ. */
export const makeMol: MakeProjection = () => MOL;

const MOL: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 0,
  toNative(x, y) {
    const squared = 2 - y * y;
    if (!(squared >= -AT_POLE)) return null;
    const width = Math.sqrt(Math.max(squared, 0)); // √2 cos γ
    // With t = π - 2|γ|, 1 - |sin θ| = (t - sin t) / π, which keeps its digits near the poles.
    const depth = lessSine(2 * Math.atan2(width, Math.abs(y))) / Math.PI;
    const theta = HALF_PI - 2 * Math.asin(Math.sqrt(Math.min(depth / 2, 1)));
    if (width < 1e-12) return Math.abs(x) < 1e-12 ? [0, Math.sign(y) * theta] : null;
    return checkedNative((Math.PI * x) / (2 * width), y < 0 ? -theta : theta);
  },
  toPlane(phi, theta) {
    const half = Math.sin((HALF_PI - Math.abs(theta)) / 2);
    const depth = 2 * Math.PI * half * half; // π (1 - |sin θ|)
    const t = depth === 0 ? 0 : findRoot((at) => [lessSine(at) - depth, 1 - Math.cos(at)], 0, Math.PI);
    const y = Math.SQRT2 * Math.cos(t / 2);
    return [((2 * Math.SQRT2) / Math.PI) * phi * Math.sin(t / 2), theta < 0 ? -y : y];
  },
};

/** Hammer-Aitoff (section 5.3.4): x = 2γ cos θ sin(φ/2), y = γ sin θ, γ = √(2 / (1 + cos θ cos(φ/2))). */
export const makeAit: MakeProjection = () => AIT;

const AIT: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 0,
  toNative(x, y) {
    const squared = 1 - (x * x) / 16 - (y * y) / 4; // Z²
    if (!(squared >= 0.5 - AT_POLE)) return null;
    const z = Math.sqrt(squared);
    const along = Math.max(2 * squared - 1, 0); // cos θ cos(φ/2)
    const across = (x * z) / 2; // cos θ sin(φ/2)
    const phi = along === 0 && across === 0 ? 0 : 2 * Math.atan2(across, along);
    return checkedNative(phi, Math.atan2(y * z, Math.hypot(along, across)));
  },
  toPlane(phi, theta) {
    const cosTheta = Math.cos(theta);
    const down = 1 + cosTheta * Math.cos(phi / 2);
    const gamma = Math.sqrt(2 / down);
    return [2 * gamma * cosTheta * Math.sin(phi / 2), gamma * Math.sin(theta)];
  },
};

/** t - sin t, by its series where the difference would lose digits; t in [0, π]. */
function lessSine(t: number): number {
  if (t > 0.5) return t - Math.sin(t);
  const squared = t * t;
  let term = (t * squared) / 6;
  let sum = term;
  for (let n = 4; Math.abs(term) > 1e-17 * sum; n += 2) {
    term *= -squared / (n * (n + 1));
    sum += term;
  }
  return sum;
}
