import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundingBoxOfVectors, type VectorBox } from "../../../src/sky/bounding-box.ts";
import { overlapOf, regionContains, regionsIntersect } from "../../../src/sky/region.ts";
import type { Region } from "../../../src/sky/region.ts";
import { stencilContains } from "../../../src/sky/stencil-contains.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import { combine, fromUnitVector, normalize, toUnitVector } from "../../../src/sky/unit-vector.ts";
import type { UnitVector } from "../../../src/sky/unit-vector.ts";
import { anyPosition, convexPolygon, offset, position, unit } from "./arbitraries.ts";
import { circle, polygon, range } from "./shapes.ts";

function square(ra: number, dec: number, half: number): Region {
  const corners = [-1, 1].flatMap((y) => [-1, 1].map((x) => position((ra + x * y * half + 360) % 360, dec + y * half)));
  return { shape: "polygon", vertices: corners };
}

const tile = square(0, 0, 1); // RA 359 … 1, Dec -1 … 1
const polarTile: Region = {
  shape: "polygon",
  vertices: [0, 90, 180, 270].map((ra) => position(ra, 89)),
};

describe("a region and a stencil meet", () => {
  test.each([
    ["circle inside", tile, circle(0.2, 0.2, 0.1), true, true],
    ["circle over a side", tile, circle(1.05, 0, 0.1), true, false],
    ["circle touching a side", tile, circle(1.1, 0, 0.1), true, false],
    ["circle touching a side from inside", tile, circle(0.9, 0, 0.1), true, true],
    ["circle beside it", tile, circle(1.1001, 0, 0.1), false, false],
    ["circle near a corner, outside", tile, circle(1.08, 1.08, 0.1), false, false],
    ["circle over a corner", tile, circle(1.06, 1.06, 0.1), true, false],
    ["circle around it", tile, circle(0, 0, 10), true, false],
    ["circle around it from afar", tile, circle(100, 0, 101.5), true, false],
    ["circle of 150 degrees that leaves it out", tile, circle(180, 0, 150), false, false],
    ["range inside", tile, range(359.5, 0.5, -0.5, 0.5), true, true],
    ["range across, no corner in either", tile, range(359.5, 0.5, -5, 5), true, false],
    ["range around it", tile, range(350, 10, -5, 5), true, false],
    ["range on the other side of the sky", tile, range(10, 350, -5, 5), false, false],
    ["range touching it", tile, range(1, 5, -5, 5), true, false],
    ["full band across", tile, range(0, 360, 0.2, 0.4), true, false],
    ["full band above", tile, range(0, 360, 1.001, 4), false, false],
    ["the cap inside the polar tile", polarTile, range(0, 360, 89.5, 90), true, true],
    ["the cap a little over the polar tile's edges", polarTile, range(0, 360, 89.28, 90), true, false],
    ["the whole sky", polarTile, range(0, 360, -90, 90), true, false],
    ["a wedge at the pole", polarTile, range(10, 11, 80, 90), true, false],
    ["a band inside the polar tile, not at the pole", polarTile, range(0, 360, 89.5, 89.6), true, true],
    ["polygon inside", tile, polygon([359.9, -0.1], [0.1, -0.1], [0, 0.1]), true, true],
    ["polygon equal to it", tile, { ...tile, shape: "polygon" } as Stencil, true, true],
    ["polygon across, no vertex in either", tile, polygon([350, -0.1], [10, -0.1], [10, 0.1], [350, 0.1]), true, false],
    ["polygon around it", tile, polygon([350, -10], [10, -10], [10, 10], [350, 10]), true, false],
    ["polygon beside it", tile, polygon([2, 0], [3, 0], [3, 1]), false, false],
    ["polygon around the pole", polarTile, polygon([0, 85], [120, 85], [240, 85]), true, false],
    ["anything and the whole sky", { shape: "all-sky" }, circle(3, 3, 1), true, true],
  ] as [string, Region, Stencil, boolean, boolean][])("%s", (_name, region, stencil, meet, inside) => {
    expect(regionsIntersect(region, stencil)).toBe(meet);
    expect(regionContains(region, stencil)).toBe(inside);
    expect(overlapOf(region, stencil)).toBe(inside ? "whole" : meet ? "part" : "none");
  });

  // The top of the region's great-circle side between RA ±1 at Dec 60 is at atan(tan 60° / cos 1°) = 60.00378°.
  test("by less than the bulge of a great circle over its parallel", () => {
    const bulging: Region = { shape: "polygon", vertices: [position(359, 60), position(1, 60), position(0, 58)] };
    expect(regionsIntersect(bulging, range(359.9, 0.1, 60.0037, 61))).toBe(true);
    expect(regionsIntersect(bulging, range(359.9, 0.1, 60.0039, 61))).toBe(false);
    expect(regionsIntersect(bulging, range(0, 360, 60.0037, 61))).toBe(true);
  });
});

/** Points spread over the inside and border of a shape that is convex seen from `axis`. */
function spread(axis: UnitVector, corners: readonly UnitVector[]): UnitVector[] {
  const points = [axis];
  corners.forEach((corner, i) => {
    const next = corners[(i + 1) % corners.length];
    for (let k = 0; k < 8; k++) {
      const border = normalize(combine(corner, 1 - k / 8, next, k / 8));
      for (const f of [0.3, 0.7, 1]) points.push(normalize(combine(axis, 1 - f, border, f)));
    }
  });
  return points;
}

const anyStencil: fc.Arbitrary<Stencil> = fc.oneof(
  fc
    .tuple(anyPosition, unit())
    .map(([center, u]): Stencil => ({ shape: "circle", center, radiusDegrees: 180 * (1 - u) ** 3 })),
  convexPolygon.map(({ vertices }): Stencil => ({ shape: "polygon", vertices })),
  fc
    .tuple(unit(), unit(), unit(), unit())
    .map(
      ([a, b, c, d]): Stencil =>
        range(
          a * 360,
          b < 0.1 ? a * 360 + 360 : ((a + b * b) * 360) % 360,
          Math.min(c, d) * 180 - 90,
          Math.max(c, d) * 180 - 90,
        ),
    ),
);

describe("sampled over the sphere", () => {
  test("shapes with a point in common intersect, and a region that contains a stencil has no point of it outside", () => {
    fc.assert(
      fc.property(
        convexPolygon,
        anyStencil,
        fc.array(anyPosition, { minLength: 30, maxLength: 30 }),
        (shape, stencil, more) => {
          const region: Region = { shape: "polygon", vertices: shape.vertices };
          const own = spread(shape.axis, shape.corners).map(fromUnitVector);
          const shared = own.some((point) => stencilContains(stencil, point));
          if (shared) expect(regionsIntersect(region, stencil)).toBe(true);
          expect(overlapOf(region, stencil) !== "none").toBe(regionsIntersect(region, stencil));
          expect(overlapOf(region, stencil) === "whole").toBe(regionContains(region, stencil));
          if (regionContains(region, stencil)) {
            const outside = [...more, ...around(shape.axis, shape.radius * 1.001)].filter(
              (p) => !stencilContains(region as Stencil, p),
            );
            for (const point of outside) expect(stencilContains(stencil, point)).toBe(false);
            expect(regionsIntersect(region, stencil)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("shapes that intersect have border points within the sampling step of each other", () => {
    fc.assert(
      fc.property(convexPolygon, anyPosition, unit(), (shape, center, u) => {
        const radiusDegrees = 90 * (1 - u);
        const region: Region = { shape: "polygon", vertices: shape.vertices };
        const stencil: Stencil = { shape: "circle", center, radiusDegrees };
        if (!regionsIntersect(region, stencil)) return;
        // Grown by the largest gap between samples, the circle must hold a sample.
        const grown = {
          ...stencil,
          radiusDegrees: Math.min(180, radiusDegrees + ((shape.radius * 180) / Math.PI) * 0.5 + 1e-9),
        };
        expect(spread(shape.axis, shape.corners).some((p) => stencilContains(grown, fromUnitVector(p)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("a box of vectors holds every point of its shape", () => {
    fc.assert(
      fc.property(anyStencil, fc.array(anyPosition, { minLength: 200, maxLength: 200 }), (stencil, points) => {
        const box = boundingBoxOfVectors(stencil);
        for (const point of points) {
          if (!stencilContains(stencil, point)) continue;
          toUnitVector(point).forEach((value, i) => {
            expect(value).toBeGreaterThanOrEqual(box.min[i]);
            expect(value).toBeLessThanOrEqual(box.max[i]);
          });
        }
      }),
    );
  });

  test("boxes of shapes that meet meet", () => {
    fc.assert(
      fc.property(convexPolygon, anyStencil, ({ vertices }, stencil) => {
        const region: Region = { shape: "polygon", vertices };
        if (regionsIntersect(region, stencil)) {
          expect(boxesMeet(boundingBoxOfVectors(region), boundingBoxOfVectors(stencil))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function boxesMeet(a: VectorBox, b: VectorBox): boolean {
  return [0, 1, 2].every((i) => a.min[i] <= b.max[i] && b.min[i] <= a.max[i]);
}

function around(axis: UnitVector, radius: number) {
  return Array.from({ length: 60 }, (_, i) => fromUnitVector(offset(axis, radius, (i / 60) * 2 * Math.PI)));
}

describe("the box of vectors", () => {
  test.each([
    ["a cap", circle(0, 90, 60), [-0.8660254, -0.8660254, 0.5], [0.8660254, 0.8660254, 1]],
    // Angles of (1, 1) from the axes, by hand: 1.41418° from x, asin(cos 1° sin 1°) = 0.99985° above the plane of x, z.
    ["a circle over an axis", circle(1, 1, 5), [0.9937403, -0.0697591, -0.0697565], [1, 0.1045258, 0.1045285]],
    ["a band", range(0, 360, -30, 45), [-1, -1, -0.5], [1, 1, 0.7071068]],
    ["a range of a quarter", range(45, 135, 0, 60), [-0.7071068, 0.3535534, 0], [0.7071068, 1, 0.8660254]],
    ["a range through RA 0", range(330, 30, 60, 60), [0.4330127, -0.25, 0.8660254], [0.5, 0.25, 0.8660254]],
    ["an octant", polygon([0, 0], [90, 0], [0, 90]), [0, 0, 0], [1, 1, 1]],
    // The edge between RA 120 and 240 climbs to atan(2 tan 60°), where x is -1/√13.
    [
      "a polygon around a pole",
      polygon([0, 60], [120, 60], [240, 60]),
      [-0.2773501, -0.4330127, 0.8660254],
      [0.5, 0.4330127, 1],
    ],
  ] as [string, Stencil, number[], number[]][])("of %s", (_name, stencil, min, max) => {
    const box = boundingBoxOfVectors(stencil);
    for (const [found, expected] of [
      [box.min, min],
      [box.max, max],
    ] as const) {
      found.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
    }
  });

  test("follows an edge that bulges over the parallel of its ends", () => {
    // atan(tan 60° / cos 45°) = 67.79°
    expect(boundingBoxOfVectors(polygon([0, 60], [90, 60], [45, 0])).max[2]).toBeCloseTo(0.9258201, 6);
  });
});
