import type { PlanePoint } from "../distortion.ts";
import type { MakeProjection, NativePoint, Projection, ProjectionParameters } from "./projection.ts";
import { checkedAsin, checkedNative, EDGE, HALF_PI, RADIANS } from "./projection.ts";

/** Conic perspective (Paper II, section 5.4.1): R = cos η (cot θa - tan(θ - θa)), C = sin θa. */
export const makeCop: MakeProjection = (parameters) => {
  const cone = coneOf(parameters);
  if (cone === null) return null;
  const { thetaA, eta } = cone;
  const cotA = 1 / Math.tan(thetaA);
  const cosEta = Math.cos(eta);
  if (cosEta === 0) return null;
  return conic(thetaA, {
    slope: Math.sin(thetaA),
    offset: cosEta * cotA,
    radius(theta) {
      const away = theta - thetaA;
      if (Math.abs(away) >= HALF_PI) return null; // behind the point of view
      if (Math.abs(theta) === HALF_PI) return 0;
      const radius = cosEta * (cotA - Math.tan(away));
      return radius * thetaA < 0 ? null : radius;
    },
    latitude: (radius) => thetaA + Math.atan(cotA - radius / cosEta),
  });
};

/** Conic equal area (section 5.4.2): R = (2/γ) √(1 + sin θ1 sin θ2 - γ sin θ), γ = sin θ1 + sin θ2, C = γ/2. */
export const makeCoe: MakeProjection = (parameters) => {
  const cone = coneOf(parameters);
  if (cone === null) return null;
  const { thetaA, eta } = cone;
  const sine1 = Math.sin(thetaA - eta);
  const sine2 = Math.sin(thetaA + eta);
  const gamma = sine1 + sine2;
  const constant = 1 + sine1 * sine2;
  if (gamma === 0) return null;
  const radius = (theta: number) => (2 / gamma) * Math.sqrt(Math.max(constant - gamma * Math.sin(theta), 0));
  return conic(thetaA, {
    slope: gamma / 2,
    offset: radius(thetaA),
    radius,
    latitude: (r) => checkedAsin((constant - (gamma * gamma * r * r) / 4) / gamma),
  });
};

/** Conic equidistant (section 5.4.3): R = η cot η cot θa + θa - θ, C = sin θa sin η / η. */
export const makeCod: MakeProjection = (parameters) => {
  const cone = coneOf(parameters);
  if (cone === null) return null;
  const { thetaA, eta } = cone;
  const offset = (eta === 0 ? 1 : eta / Math.tan(eta)) / Math.tan(thetaA);
  return conic(thetaA, {
    slope: Math.sin(thetaA) * (eta === 0 ? 1 : Math.sin(eta) / eta),
    offset,
    radius: (theta) => offset + thetaA - theta,
    latitude: (radius) => offset + thetaA - radius,
  });
};

/** Conic orthomorphic (section 5.4.4): R = ψ tan^C((90° - θ) / 2). */
export const makeCoo: MakeProjection = (parameters) => {
  const cone = coneOf(parameters);
  if (cone === null) return null;
  const { thetaA, eta } = cone;
  const cos1 = Math.cos(thetaA - eta);
  const cos2 = Math.cos(thetaA + eta);
  const tan1 = Math.tan((HALF_PI - thetaA + eta) / 2);
  const tan2 = Math.tan((HALF_PI - thetaA - eta) / 2);
  const slope = eta === 0 ? Math.sin(thetaA) : Math.log(cos2 / cos1) / Math.log(tan2 / tan1);
  if (!Number.isFinite(slope) || slope === 0) return null;
  // cos θ1 / tan^C, with the cosine of θ1 as 2 sin cos of the half angle: θ1 = 90° is no 0 / 0.
  const cosHalf = Math.cos((HALF_PI - thetaA + eta) / 2);
  const psi = (2 * cosHalf * cosHalf * Math.pow(tan1, 1 - slope)) / slope;
  if (!Number.isFinite(psi) || psi === 0) return null;
  const radius = (theta: number) => psi * Math.pow(Math.tan((HALF_PI - theta) / 2), slope);
  return conic(thetaA, {
    slope,
    offset: radius(thetaA),
    radius(theta) {
      if (theta <= -HALF_PI) return slope < 0 ? 0 : null;
      return theta >= HALF_PI ? (slope > 0 ? 0 : null) : radius(theta);
    },
    latitude(r) {
      if (r === 0) return slope < 0 ? -HALF_PI : HALF_PI;
      return HALF_PI - 2 * Math.atan(Math.pow(r / psi, 1 / slope));
    },
  });
};

/** C, Y0 and R(θ) with its inverse; R has the sign of θa. */
type Cone = {
  readonly slope: number;
  readonly offset: number;
  radius(theta: number): number | null;
  latitude(radius: number): number | null;
};

/** x = R sin Cφ, y = Y0 - R cos Cφ (section 5.4); the fiducial point is at (0, θa). */
function conic(thetaA: number, cone: Cone): Projection | null {
  const { slope, offset } = cone;
  if (!Number.isFinite(slope) || !Number.isFinite(offset) || slope === 0) return null;
  const sign = Math.sign(thetaA);
  return {
    phi0Degrees: 0,
    theta0Degrees: thetaA / RADIANS,
    toNative(x, y): NativePoint | null {
      const down = offset - y;
      const radius = sign * Math.hypot(x, down);
      const phi = Math.abs(radius) < EDGE ? 0 : Math.atan2(sign * x, sign * down) / slope;
      const theta = cone.latitude(radius);
      return theta === null ? null : checkedNative(phi, theta);
    },
    toPlane(phi, theta): PlanePoint | null {
      const radius = cone.radius(theta);
      return radius === null ? null : [radius * Math.sin(slope * phi), offset - radius * Math.cos(slope * phi)];
    },
  };
}

/** PV 1, 2 = θa, η: the middle and half the difference of the standard parallels; null without θa, or with θa = 0. */
function coneOf(parameters: ProjectionParameters): { thetaA: number; eta: number } | null {
  const thetaA = parameters[1];
  if (thetaA === undefined || thetaA === 0 || Math.abs(thetaA) > 90) return null;
  return { thetaA: thetaA * RADIANS, eta: (parameters[2] ?? 0) * RADIANS };
}
