import { ServiceError } from "../errors.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import type { NativePoint } from "./projections/projection.ts";
import { DEGREES, RADIANS } from "./projections/projection.ts";
import { transpose } from "./rotation.ts";
import type { Matrix } from "./rotation.ts";

/** Longitude and latitude in the header's own frame, degrees; longitude in [0, 360). */
export type CelestialPoint = readonly [number, number];

/** The turn between the native sphere of a projection (radians) and the sky (degrees). */
export type NativeRotation = {
  toCelestial(phi: number, theta: number): CelestialPoint;
  toNative(lonDegrees: number, latDegrees: number): NativePoint;
};

/** What fixes the turn (Paper II, section 2), all in degrees. */
export type RotationKeywords = {
  /** CRVAL: the sky at the fiducial point. */
  readonly lon0: number;
  readonly lat0: number;
  /** Native coordinates of the fiducial point. */
  readonly phi0: number;
  readonly theta0: number;
  /** LONPOLE, native longitude of the celestial pole; undefined: 0 or 180, whichever keeps north up. */
  readonly lonPole: number | undefined;
  /** LATPOLE, which of two poles is meant; 90 where the header has none. */
  readonly latPole: number;
};

const TOLERANCE = 1e-10; // degrees, and of sines

/** The rotation of these keywords; "corrupt-data" where no pole satisfies them. */
export function makeRotation(keywords: RotationKeywords): NativeRotation {
  const { lat0, phi0, theta0 } = keywords;
  const phiP = wrap180(keywords.lonPole ?? (lat0 < theta0 ? 180 : 0) + phi0);
  const found = findPole({ ...keywords, lonPole: phiP });
  const pole = { lon: wrap360(found.lon), lat: found.lat };
  if (pole.lat === 90) return turnOfLongitude(1, pole.lon - phiP - 180);
  if (pole.lat === -90) return turnOfLongitude(-1, pole.lon + phiP);
  return generalRotation(pole, phiP);
}

/**
 * The turn from directions on the sky to native ones, both as vectors: z towards the pole, x towards longitude 0 on the
 * sky and 90° of the native sphere, y towards 90° and 180°. So x and y run along those of a zenithal projection.
 */
export function matrixOf(rotation: NativeRotation): Matrix {
  const native = ([lonDegrees, latDegrees]: CelestialPoint): UnitVector => {
    const [phi, theta] = rotation.toNative(lonDegrees, latDegrees);
    return [Math.cos(theta) * Math.sin(phi), -Math.cos(theta) * Math.cos(phi), Math.sin(theta)];
  };
  return transpose([native([0, 0]), native([90, 0]), native([0, 90])]);
}

/** Equations 2 and 5 of Paper II. Latitudes by atan2 of all three cosines, which keeps their digits at the poles. */
function generalRotation(pole: { lon: number; lat: number }, phiPDegrees: number): NativeRotation {
  const cosP = cosDegrees(pole.lat);
  const sinP = sinDegrees(pole.lat);
  const phiP = phiPDegrees * RADIANS;
  return {
    toCelestial(phi, theta) {
      const cosTheta = Math.cos(theta);
      const sinTheta = Math.sin(theta);
      const along = cosTheta * Math.cos(phi - phiP);
      const x = sinTheta * cosP - along * sinP;
      const y = -cosTheta * Math.sin(phi - phiP);
      const z = sinTheta * sinP + along * cosP;
      const turn = x === 0 && y === 0 ? 0 : Math.atan2(y, x) * DEGREES;
      return [wrap360(pole.lon + turn), Math.atan2(z, Math.sqrt(x * x + y * y)) * DEGREES];
    },
    toNative(lonDegrees, latDegrees) {
      const lat = latDegrees * RADIANS;
      const turn = (lonDegrees - pole.lon) * RADIANS;
      const cosLat = Math.cos(lat);
      const sinLat = Math.sin(lat);
      const along = cosLat * Math.cos(turn);
      const x = sinLat * cosP - along * sinP;
      const y = -cosLat * Math.sin(turn);
      const z = sinLat * sinP + along * cosP;
      const phi = x === 0 && y === 0 ? 0 : phiP + Math.atan2(y, x);
      return [wrapPi(phi), Math.atan2(z, Math.sqrt(x * x + y * y))];
    },
  };
}

/** The two rotations about the poles alone, without a trigonometric function to lose a digit in. */
function turnOfLongitude(sign: 1 | -1, offset: number): NativeRotation {
  return {
    toCelestial: (phi, theta) => [wrap360(offset + sign * phi * DEGREES), sign * theta * DEGREES],
    toNative: (lonDegrees, latDegrees) => [
      wrap180(sign * (lonDegrees - offset)) * RADIANS,
      sign * latDegrees * RADIANS,
    ],
  };
}

/** Celestial coordinates of the native north pole, degrees (Paper II, section 2.4, equations 8 to 10). */
function findPole(keywords: RotationKeywords & { readonly lonPole: number }): { lon: number; lat: number } {
  const { lon0, lat0, phi0, theta0, lonPole: phiP, latPole } = keywords;
  if (!(Math.abs(lat0) <= 90)) throw noPole(keywords);
  if (theta0 === 90) return { lon: lon0, lat: lat0 };

  const cosTheta = cosDegrees(theta0);
  const sinTheta = sinDegrees(theta0);
  const cosPhi = cosDegrees(phiP - phi0);
  const sinPhi = sinDegrees(phiP - phi0);
  const length = Math.hypot(cosTheta * cosPhi, sinTheta);
  let lat: number;
  if (length === 0) {
    if (lat0 !== 0) throw noPole(keywords);
    lat = latPole; // any pole will do: LATPOLE alone says which
  } else {
    // Equation 8's arc cosine of sin(lat0) / length as an arc tangent, which keeps its digits where that is near ±1.
    const cosLat0 = cosDegrees(lat0);
    const side = cosTheta * sinPhi;
    const squared = (cosLat0 - side) * (cosLat0 + side);
    if (!(squared >= -TOLERANCE)) throw noPole(keywords);
    const middle = Math.atan2(sinTheta, cosTheta * cosPhi) * DEGREES;
    const aside = Math.atan2(Math.sqrt(Math.max(squared, 0)), sinDegrees(lat0)) * DEGREES;
    const nearest = [wrap180(middle + aside), wrap180(middle - aside)].filter((at) => Math.abs(at) < 90 + TOLERANCE);
    nearest.sort((a, b) => Math.abs(latPole - a) - Math.abs(latPole - b));
    lat = nearest[0] ?? NaN;
  }
  if (!(Math.abs(lat) < 90 + TOLERANCE)) throw noPole(keywords);
  lat = Math.min(Math.max(lat, -90), 90);

  const cosLat = cosDegrees(lat);
  const cosLat0 = cosDegrees(lat0);
  if (Math.abs(cosLat * cosLat0) < TOLERANCE) {
    if (Math.abs(cosLat0) < TOLERANCE) return { lon: lon0, lat };
    return lat > 0 ? { lon: lon0 + phiP - phi0 - 180, lat: 90 } : { lon: lon0 - phiP + phi0, lat: -90 };
  }
  const x = (sinTheta - sinDegrees(lat) * sinDegrees(lat0)) / (cosLat * cosLat0);
  const y = (sinPhi * cosTheta) / cosLat0;
  if (x === 0 && y === 0) throw noPole(keywords);
  return { lon: lon0 - Math.atan2(y, x) * DEGREES, lat };
}

function noPole({ lon0, lat0, lonPole, latPole }: RotationKeywords): ServiceError {
  const given = `CRVAL (${lon0}, ${lat0}), LONPOLE ${lonPole ?? "default"} and LATPOLE ${latPole}`;
  return new ServiceError("corrupt-data", `Cannot place the native pole of ${given}: no pole satisfies them`);
}

/** Sine that is exact at multiples of 90°. */
export function sinDegrees(degrees: number): number {
  return cosDegrees(degrees - 90);
}

/** Cosine that is exact at multiples of 90°. */
export function cosDegrees(degrees: number): number {
  if (degrees % 90 !== 0) return Math.cos(degrees * RADIANS);
  const quarters = Math.abs(degrees / 90) % 4;
  return quarters === 0 ? 1 : quarters === 2 ? -1 : 0;
}

/** The same angle in [0, 360). */
export function wrap360(degrees: number): number {
  const wrapped = degrees % 360;
  if (wrapped >= 0) return wrapped;
  return wrapped + 360 < 360 ? wrapped + 360 : 0; // -1e-20 + 360 is 360
}

/** The same angle in [-180, 180]. */
function wrap180(degrees: number): number {
  const wrapped = degrees % 360;
  return wrapped > 180 ? wrapped - 360 : wrapped < -180 ? wrapped + 360 : wrapped;
}

/** The same angle in [-π, π]; for angles less than a turn outside it. */
function wrapPi(radians: number): number {
  if (radians > Math.PI) return radians - 2 * Math.PI;
  return radians < -Math.PI ? Math.min(radians + 2 * Math.PI, Math.PI) : radians;
}
