import fc from "fast-check";
import type { IcrsPosition } from "../../../src/sky/position.ts";
import { add, combine, fromUnitVector, normalize, tangentAxes, toUnitVector } from "../../../src/sky/unit-vector.ts";
import type { UnitVector } from "../../../src/sky/unit-vector.ts";

/** Uniform on the sphere, with poles and RA 0 made frequent. */
export const anyPosition: fc.Arbitrary<IcrsPosition> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(unit(), unit()).map(([u, v]) => position(u * 360, asinDegrees(2 * v - 1))) },
  { weight: 1, arbitrary: fc.tuple(unit(), unit()).map(([u, v]) => position(u * 360, 90 - v * 1e-3)) },
  { weight: 1, arbitrary: fc.tuple(unit(), unit()).map(([u, v]) => position(u * 360, -90 + v)) },
  {
    weight: 1,
    arbitrary: fc.tuple(unit(), unit()).map(([u, v]) => position((360 + (u - 0.5) * 1e-2) % 360, v * 120 - 60)),
  },
  { weight: 1, arbitrary: fc.constantFrom(position(0, 90), position(0, -90), position(0, 0), position(180, 0)) },
);

/** [0, 1), evenly: the edge values of fc.double are denormal numbers, which no sky has. */
export function unit(): fc.Arbitrary<number> {
  return fc.noBias(fc.integer({ min: 0, max: 2 ** 31 - 1 })).map((n) => n / 2 ** 31);
}

export function position(raDegrees: number, decDegrees: number): IcrsPosition {
  return { raDegrees, decDegrees };
}

function asinDegrees(sine: number): number {
  return (Math.asin(sine) * 180) / Math.PI;
}

/** The direction `radians` from `center` at an azimuth counted from any fixed direction there. */
export function offset(center: UnitVector, radians: number, azimuth: number): UnitVector {
  const { east, north } = tangentAxes(center);
  const direction = combine(east, Math.cos(azimuth), north, Math.sin(azimuth));
  return normalize(combine(center, Math.cos(radians), direction, Math.sin(radians)));
}

/** Corners on a circle around the centre, in order of azimuth: convex, and each corner's angle is known. */
export const convexPolygon = fc
  .record({
    center: anyPosition,
    logRadius: fc.double({ min: -6, max: 0.1, noNaN: true }), // radians, 0.2″ … 72°
    gaps: fc.array(fc.double({ min: 0.6, max: 1, noNaN: true }), { minLength: 3, maxLength: 9 }),
    clockwise: fc.boolean(),
  })
  .map(({ center, logRadius, gaps, clockwise }) => {
    const axis = toUnitVector(center);
    const radius = Math.min(10 ** logRadius, 1.2);
    const total = gaps.reduce((sum, gap) => sum + gap, 0);
    let azimuth = 0;
    const corners = gaps.map((gap) => {
      azimuth += (gap / total) * 2 * Math.PI;
      return offset(axis, radius, azimuth);
    });
    const vertices = corners.map(fromUnitVector);
    return { axis, radius, corners, vertices: clockwise ? vertices.reverse() : vertices };
  });

export function sum(...vectors: UnitVector[]): UnitVector {
  return normalize(vectors.reduce(add));
}
