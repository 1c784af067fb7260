import type { MakeProjection, Projection } from "./projection.ts";
import { checkedAsin, checkedNative, HALF_PI } from "./projection.ts";

/** Plate carrée (Paper II, section 5.2.3): x = φ, y = θ. */
export const makeCar: MakeProjection = () => CAR;

const CAR: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 0,
  toNative: checkedNative,
  toPlane: (phi, theta) => [phi, theta],
};

/** Mercator's projection (section 5.2.4): y = ln tan((90° + θ) / 2) = asinh tan θ, all but the poles. */
export const makeMer: MakeProjection = () => MER;

const MER: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 0,
  toNative: (x, y) => checkedNative(x, Math.atan(Math.sinh(y))),
  toPlane: (phi, theta) => (Math.abs(theta) >= HALF_PI ? null : [phi, Math.asinh(Math.tan(theta))]),
};

/** Cylindrical equal area (section 5.2.2), PV 1 = λ: y = sin θ / λ. */
export const makeCea: MakeProjection = (parameters) => {
  const lambda = parameters[1] ?? 1;
  if (!(lambda > 0 && lambda <= 1)) return null;
  return {
    phi0Degrees: 0,
    theta0Degrees: 0,
    toNative(x, y) {
      const theta = checkedAsin(y * lambda);
      return theta === null ? null : checkedNative(x, theta);
    },
    toPlane: (phi, theta) => [phi, Math.sin(theta) / lambda],
  };
};

/** Cylindrical perspective (section 5.2.1), PV 1, 2 = μ, λ: x = λφ, y = (μ + λ) sin θ / (μ + cos θ). */
export const makeCyp: MakeProjection = (parameters) => {
  const mu = parameters[1] ?? 1;
  const lambda = parameters[2] ?? 1;
  if (lambda === 0 || mu + lambda === 0) return null;
  return {
    phi0Degrees: 0,
    theta0Degrees: 0,
    toNative(x, y) {
      const eta = y / (mu + lambda);
      const offset = checkedAsin((eta * mu) / Math.hypot(eta, 1));
      return offset === null ? null : checkedNative(x / lambda, Math.atan(eta) + offset);
    },
    toPlane(phi, theta) {
      const down = mu + Math.cos(theta);
      return down === 0 ? null : [lambda * phi, ((mu + lambda) * Math.sin(theta)) / down];
    },
  };
};
