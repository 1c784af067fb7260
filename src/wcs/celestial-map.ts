import { ServiceError } from "../errors.ts";
import type { PlanePoint } from "./distortion.ts";
import { cosDegrees, makeRotation, matrixOf, sinDegrees, wrap360 } from "./native.ts";
import type { CelestialPoint, NativeRotation } from "./native.ts";
import { PROJECTIONS } from "./projections/by-code.ts";
import { DEGREES, RADIANS } from "./projections/projection.ts";
import type { Projection, ProjectionParameters } from "./projections/projection.ts";
import type { Matrix } from "./rotation.ts";

/** From the projection plane (longitude and latitude axis, degrees) to the frame of the header, and back. */
export type CelestialMap = {
  toCelestial(x: number, y: number): CelestialPoint | null;
  toPlane(lonDegrees: number, latDegrees: number): PlanePoint | null;
  /** `toPlane` in two steps that need no angles, for the projections that have one. */
  readonly byVector: VectorMap | null;
};

export type VectorMap = {
  /** From directions in the frame of the header to native ones. */
  readonly rotation: Matrix;
  /** Puts the point of a native direction into `point`; false where there is none. */
  toPlane(x: number, y: number, z: number, point: [number, number]): boolean;
};

export type MapKeywords = {
  /** Three letters of CTYPE; "" for axes without a projection, which are linear. */
  readonly code: string;
  /** CRVAL of the longitude and latitude axis, degrees. */
  readonly lon0: number;
  readonly lat0: number;
  readonly lonPole: number | undefined;
  readonly latPole: number | undefined;
  /** PVi_m of each axis. */
  readonly lonParameters: ProjectionParameters;
  readonly latParameters: ProjectionParameters;
};

/** The projection and the rotation of these keywords. "unsupported" for a code that is none of the WCS papers. */
export function makeCelestialMap(keywords: MapKeywords): CelestialMap {
  if (keywords.code === "") return linearMap(keywords.lon0, keywords.lat0);
  const { code, lon0, lat0, lonParameters, latParameters, lonPole, latPole } = modernized(keywords);
  const make = PROJECTIONS.get(code);
  if (make === undefined) {
    throw new ServiceError("unsupported", `Cannot use the projection "${code}": it is none of the FITS WCS papers`);
  }
  const projection = make(latParameters);
  if (projection === null) {
    const given = latParameters.map((value, m) => `PV_${m} = ${value ?? "none"}`).filter((text) => text !== "");
    const shown = given.length === 0 ? "no parameters" : given.join(", ");
    throw new ServiceError("corrupt-data", `Cannot use the projection ${code} with ${shown}: they describe none`);
  }

  // PVi_1, 2 of the longitude axis move the fiducial point, both or neither; PVi_0 says whether the plane moves too.
  const [isMoved, phi, theta, lonPoleParameter, latPoleParameter] = lonParameters;
  const given = phi !== undefined && theta !== undefined;
  const phi0 = given ? phi : projection.phi0Degrees;
  const theta0 = given ? theta : projection.theta0Degrees;
  if (!(Math.abs(theta0) <= 90)) {
    throw new ServiceError("corrupt-data", `Cannot use native latitude ${theta0}: it needs to be in [-90, 90]`);
  }
  const shift = given && (isMoved ?? 0) !== 0 ? projection.toPlane(phi0 * RADIANS, theta0 * RADIANS) : [0, 0];
  if (shift === null) {
    throw new ServiceError("corrupt-data", `Cannot use native point (${phi0}, ${theta0}): ${code} has no place for it`);
  }
  const [xShift = 0, yShift = 0] = shift;
  const rotation = makeRotation({
    lon0,
    lat0,
    phi0,
    theta0,
    lonPole: lonPoleParameter ?? lonPole,
    latPole: latPoleParameter ?? latPole ?? 90,
  });
  return {
    toCelestial(x, y) {
      const native = projection.toNative(x * RADIANS + xShift, y * RADIANS + yShift);
      return native === null ? null : rotation.toCelestial(native[0], native[1]);
    },
    toPlane(lonDegrees, latDegrees) {
      const native = rotation.toNative(lonDegrees, latDegrees);
      const point = projection.toPlane(native[0], native[1]);
      return point === null ? null : [(point[0] - xShift) * DEGREES, (point[1] - yShift) * DEGREES];
    },
    byVector: vectorMapOf(rotation, projection, xShift, yShift),
  };
}

function vectorMapOf(rotation: NativeRotation, projection: Projection, xShift: number, yShift: number) {
  const { vectorToPlane } = projection;
  if (vectorToPlane === undefined) return null;
  return {
    rotation: matrixOf(rotation),
    toPlane(x: number, y: number, z: number, point: [number, number]): boolean {
      const isShown = vectorToPlane(x, y, z, point);
      point[0] = (point[0] - xShift) * DEGREES;
      point[1] = (point[1] - yShift) * DEGREES;
      return isShown;
    },
  };
}

/** AIPS' codes from before the papers as what they say today (Paper II, section 6.1). */
function modernized(keywords: MapKeywords): MapKeywords {
  const { code, lat0 } = keywords;
  if (code === "NCP") {
    if (sinDegrees(lat0) === 0) {
      throw new ServiceError("corrupt-data", `Cannot use the projection NCP at latitude ${lat0}: it needs another`);
    }
    return { ...keywords, code: "SIN", latParameters: [undefined, 0, cosDegrees(lat0) / sinDegrees(lat0)] };
  }
  if (code === "GLS") {
    const [, , , lonPole, latPole] = keywords.lonParameters;
    return { ...keywords, code: "SFL", lonParameters: [1, 0, lat0, lonPole, latPole] };
  }
  return keywords;
}

/** CTYPE "RA", "DEC" without a projection: degrees are added to CRVAL. */
function linearMap(lon0: number, lat0: number): CelestialMap {
  return {
    toCelestial: (x, y) => (Math.abs(lat0 + y) <= 90 ? [wrap360(lon0 + x), lat0 + y] : null),
    toPlane(lonDegrees, latDegrees) {
      const turn = wrap360(lonDegrees - lon0);
      return [turn > 180 ? turn - 360 : turn, latDegrees - lat0];
    },
    byVector: null,
  };
}
