import type { IcrsPosition } from "./position.ts";
import { add, DEGREES_PER_RADIAN, length, RADIANS_PER_DEGREE, subtract } from "./unit-vector.ts";
import type { UnitVector } from "./unit-vector.ts";

/**
 * Angle between two directions in degrees, [0, 180]: Vincenty's formula on the sphere,
 * which keeps full precision for near and for opposite directions.
 */
export function separationDegrees(a: IcrsPosition, b: IcrsPosition): number {
  const decA = a.decDegrees * RADIANS_PER_DEGREE;
  const decB = b.decDegrees * RADIANS_PER_DEGREE;
  const dRa = (b.raDegrees - a.raDegrees) * RADIANS_PER_DEGREE;
  const sinA = Math.sin(decA);
  const cosA = Math.cos(decA);
  const sinB = Math.sin(decB);
  const cosB = Math.cos(decB);
  const cosRa = Math.cos(dRa);
  // cosA·sinB − sinA·cosB·cosRa, arranged so that nothing cancels when the directions are near.
  const halfRa = Math.sin(dRa / 2);
  const north = Math.sin(decB - decA) + 2 * sinA * cosB * halfRa * halfRa;
  const sine = Math.hypot(cosB * Math.sin(dRa), north);
  return Math.atan2(sine, sinA * sinB + cosA * cosB * cosRa) * DEGREES_PER_RADIAN;
}

/** Angle between two unit vectors in radians, [0, π]; precise at both ends (Kahan's form). */
export function angleBetween(a: UnitVector, b: UnitVector): number {
  return 2 * Math.atan2(length(subtract(a, b)), length(add(a, b)));
}
