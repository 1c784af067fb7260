import type { MakeProjection, Projection } from "./projection.ts";
import { checkedNative, findRoot, HALF_PI, RADIANS } from "./projection.ts";
import { makeSfl } from "./pseudo-cylindrical.ts";

/** Bonne's equal area (Paper II, section 5.5.1), PV 1 = θ1: R = Y0 - θ, Y0 = cot θ1 + θ1, A = φ cos θ / R. */
export const makeBon: MakeProjection = (parameters) => {
  const degrees = parameters[1];
  if (degrees === undefined || Math.abs(degrees) > 90) return null;
  if (degrees === 0) return makeSfl(parameters);
  const theta1 = degrees * RADIANS;
  const offset = 1 / Math.tan(theta1) + theta1;
  const sign = Math.sign(theta1);
  return {
    phi0Degrees: 0,
    theta0Degrees: 0,
    toNative(x, y) {
      const down = offset - y;
      const radius = sign * Math.hypot(x, down);
      const angle = radius === 0 ? 0 : Math.atan2(sign * x, sign * down);
      const theta = offset - radius;
      const cosTheta = Math.cos(theta);
      return checkedNative(HALF_PI - Math.abs(theta) < 1e-13 ? 0 : (angle * radius) / cosTheta, theta);
    },
    toPlane(phi, theta) {
      const radius = offset - theta;
      const angle = radius === 0 ? 0 : (phi * Math.cos(theta)) / radius;
      return [radius * Math.sin(angle), offset - radius * Math.cos(angle)];
    },
  };
};

/** Polyconic (section 5.5.2): x = cot θ sin(φ sin θ), y = θ + cot θ (1 - cos(φ sin θ)). */
export const makePco: MakeProjection = () => PCO;

const PCO: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 0,
  toNative(x, y) {
    const height = Math.abs(y);
    if (height < 1e-15) return checkedNative(x, 0);
    // (x² + (y - θ)²) tan θ = 2 (y - θ), times cos θ; its two sides cross once for θ between 0 and y.
    const top = Math.min(height, HALF_PI);
    const residual = (theta: number) => {
      const left = height - theta;
      const sine = Math.sin(theta);
      const cosine = Math.cos(theta);
      const squared = x * x + left * left;
      return [squared * sine - 2 * left * cosine, squared * cosine + 2 * cosine] as const;
    };
    const theta = height === HALF_PI && x === 0 ? HALF_PI : findRoot(residual, 0, top);
    const sine = Math.sin(theta);
    const cosine = Math.cos(theta);
    const phi = cosine < 1e-15 ? 0 : Math.atan2(x * sine, cosine - (height - theta) * sine) / sine;
    return checkedNative(phi, y < 0 ? -theta : theta);
  },
  toPlane(phi, theta) {
    // With sinc(e) = sin e / e nothing is divided by sin θ, and the equator is no special case.
    const angle = phi * Math.sin(theta);
    const half = sinc(angle / 2);
    const side = phi * Math.cos(theta);
    return [side * sinc(angle), theta + (side * phi * Math.sin(theta) * half * half) / 2];
  },
};

function sinc(angle: number): number {
  return angle === 0 ? 1 : Math.sin(angle) / angle;
}
