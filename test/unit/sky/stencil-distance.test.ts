import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { angleBetween } from "../../../src/sky/separation.ts";
import { stencilContains } from "../../../src/sky/stencil-contains.ts";
import { distanceToStencil } from "../../../src/sky/stencil-distance.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import { combine, normalize, toUnitVector } from "../../../src/sky/unit-vector.ts";
import type { UnitVector } from "../../../src/sky/unit-vector.ts";
import { anyPosition, convexPolygon, offset, position, unit } from "./arbitraries.ts";

const STEPS = 400;

/** Points of the border, no two neighbours farther apart than the second number (radians). */
function border(stencil: Stencil): { points: UnitVector[]; gap: number } {
  const points: UnitVector[] = [];
  if (stencil.shape === "circle") {
    const center = toUnitVector(stencil.center);
    const radius = (stencil.radiusDegrees * Math.PI) / 180;
    for (let i = 0; i < STEPS; i++) points.push(offset(center, radius, (2 * Math.PI * i) / STEPS));
  } else if (stencil.shape === "polygon") {
    const corners = stencil.vertices.map(toUnitVector);
    corners.forEach((corner, k) => {
      const next = corners[(k + 1) % corners.length];
      for (let i = 0; i < STEPS; i++) points.push(normalize(combine(corner, 1 - i / STEPS, next, i / STEPS)));
    });
  } else {
    const { raMinDegrees, raMaxDegrees, decMinDegrees, decMaxDegrees } = stencil;
    const span = raMaxDegrees - raMinDegrees >= 360 ? 360 : (raMaxDegrees - raMinDegrees + 360) % 360;
    for (let i = 0; i <= STEPS; i++) {
      const ra = raMinDegrees + (span * i) / STEPS;
      const dec = decMinDegrees + ((decMaxDegrees - decMinDegrees) * i) / STEPS;
      for (const edge of [decMinDegrees, decMaxDegrees])
        if (Math.abs(edge) < 90) points.push(toUnitVector(position(ra, edge)));
      if (span < 360) for (const edge of [raMinDegrees, raMaxDegrees]) points.push(toUnitVector(position(edge, dec)));
    }
  }
  return { points, gap: (2 * Math.PI) / STEPS };
}

const anyStencil: fc.Arbitrary<Stencil> = fc.oneof(
  fc
    .tuple(anyPosition, unit())
    .map(([center, u]): Stencil => ({ shape: "circle", center, radiusDegrees: 0.01 + 179 * u })),
  convexPolygon.map(({ vertices }): Stencil => ({ shape: "polygon", vertices })),
  fc.tuple(unit(), unit(), unit(), unit()).map(([a, b, c, d]): Stencil => {
    const raMax = b < 0.1 ? a * 360 + 360 : ((a + b) * 360) % 360;
    return {
      shape: "range",
      raMinDegrees: a * 360,
      raMaxDegrees: raMax,
      decMinDegrees: Math.min(c, d) * 180 - 90,
      decMaxDegrees: Math.max(c, d) * 180 - 90,
    };
  }),
);

describe("the distance to a shape", () => {
  test("is that to the nearest of many points of its border, negative inside", () => {
    fc.assert(
      fc.property(anyStencil, anyPosition, (stencil, where) => {
        const { points, gap } = border(stencil);
        const point = toUnitVector(where);
        const nearest = Math.min(...points.map((other) => angleBetween(point, other)));
        const found = distanceToStencil(stencil)(point);
        expect(Math.abs(found)).toBeLessThanOrEqual(nearest + 1e-12);
        expect(Math.abs(found)).toBeGreaterThanOrEqual(nearest - gap);
        if (Math.abs(found) > 1e-12) expect(found < 0).toBe(stencilContains(stencil, where));
      }),
      { numRuns: 300 },
    );
  });

  test("has no border to be near for the whole sky, and a point's distance for a pole alone", () => {
    const all = { shape: "range", raMinDegrees: 0, raMaxDegrees: 360, decMinDegrees: -90, decMaxDegrees: 90 } as const;
    expect(distanceToStencil(all)(toUnitVector(position(10, 89)))).toBe(-Math.PI);
    const pole = { ...all, decMinDegrees: 90 };
    expect(distanceToStencil(pole)(toUnitVector(position(10, 89)))).toBeCloseTo(Math.PI / 180, 14);
  });
});
