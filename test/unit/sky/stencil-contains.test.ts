import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { separationDegrees } from "../../../src/sky/separation.ts";
import { polygonFault } from "../../../src/sky/spherical-polygon.ts";
import { stencilContains } from "../../../src/sky/stencil-contains.ts";
import type { RangeStencil } from "../../../src/sky/stencil.ts";
import { add, cross, dot, fromUnitVector, normalize, toUnitVector } from "../../../src/sky/unit-vector.ts";
import type { UnitVector } from "../../../src/sky/unit-vector.ts";
import { anyPosition, convexPolygon, offset, position, unit } from "./arbitraries.ts";
import { polygon, range } from "./shapes.ts";

describe("a circle", () => {
  test("holds what is as near as its radius, border included", () => {
    const circle = { shape: "circle", center: position(10, 60), radiusDegrees: 5 } as const;
    expect(stencilContains(circle, position(10, 65))).toBe(true);
    expect(stencilContains(circle, position(10, 55))).toBe(true);
    expect(stencilContains(circle, position(10, 65 + 1e-9))).toBe(false);
    // At the centre's declination 5° are 10.0025° of RA: sin(Δ/2) = sin(2.5°)/cos(60°).
    expect(stencilContains(circle, position(20.0095, 60))).toBe(true);
    expect(stencilContains(circle, position(20.0097, 60))).toBe(false);
  });

  test("works over RA 0, poles, and beyond 90 degrees", () => {
    expect(
      stencilContains({ shape: "circle", center: position(0.01, 0), radiusDegrees: 0.1 }, position(359.95, 0)),
    ).toBe(true);
    expect(
      stencilContains({ shape: "circle", center: position(0, 89.9), radiusDegrees: 0.2 }, position(180, 89.91)),
    ).toBe(true);
    const most = { shape: "circle", center: position(40, 20), radiusDegrees: 170 } as const;
    expect(stencilContains(most, position(220, -20))).toBe(false);
    expect(stencilContains(most, position(220, -31))).toBe(true);
    expect(stencilContains({ ...most, radiusDegrees: 180 }, position(220, -20))).toBe(true);
  });

  test("holds a point at any distance exactly when the radius is not smaller", () => {
    fc.assert(
      fc.property(anyPosition, unit(), unit(), unit(), (center, r, d, azimuth) => {
        const radius = r * 180;
        const distance = d * 180;
        if (Math.abs(radius - distance) < 1e-9 || radius === 0) return;
        const point = fromUnitVector(offset(toUnitVector(center), (distance * Math.PI) / 180, azimuth * 6.28));
        expect(stencilContains({ shape: "circle", center, radiusDegrees: radius }, point)).toBe(distance < radius);
      }),
    );
  });
});

describe("a range", () => {
  test.each([
    ["inside", range(10, 20, -5, 5), [15, 0], true],
    ["west border", range(10, 20, -5, 5), [10, 0], true],
    ["south-east corner", range(10, 20, -5, 5), [20, -5], true],
    ["west of it", range(10, 20, -5, 5), [9.999999, 0], false],
    ["north of it", range(10, 20, -5, 5), [15, 5.000001], false],
    ["through RA 0", range(350, 10, -5, 5), [0, 0], true],
    ["through RA 0, given as 360", range(350, 10, -5, 5), [360, 0], true],
    ["outside of one through RA 0", range(350, 10, -5, 5), [180, 0], false],
    ["just east of one through RA 0", range(350, 10, -5, 5), [10.0000001, 0], false],
    ["full circle", range(0, 360, -5, 5), [123, 4], true],
    ["full circle, border of Dec", range(0, 360, -5, 5), [123, 5.1], false],
    ["up to RA 360", range(350, 360, -5, 5), [0, 0], true],
    ["one meridian", range(30, 30, -5, 5), [30, 1], true],
    ["not on one meridian", range(30, 30, -5, 5), [31, 1], false],
    ["the pole belongs to every meridian", range(10, 20, 80, 90), [200, 90], true],
    ["near the pole, other meridian", range(10, 20, 80, 90), [200, 89.9999], false],
    ["the south pole", range(10, 20, -90, -80), [0, -90], true],
  ] as [string, RangeStencil, [number, number], boolean][])("%s", (_name, stencil, pair, inside) => {
    expect(stencilContains(stencil, position(...pair))).toBe(inside);
  });
});

describe("a polygon", () => {
  // A gnomonic projection keeps great circles straight: within 90° of its centre, the plane's crossing count is truth.
  test("holds the same points as its picture in the tangent plane", () => {
    fc.assert(
      fc.property(convexPolygon, unit(), unit(), ({ axis, radius, vertices }, distance, azimuth) => {
        const point = offset(axis, Math.min(1.5, 2 * radius * distance), azimuth * 2 * Math.PI);
        const plane = gnomonic(axis);
        const corners = vertices.map((vertex) => plane(toUnitVector(vertex)));
        const truth = inPlanePolygon(corners, plane(point));
        if (truth === "border") return;
        expect(stencilContains({ shape: "polygon", vertices }, fromUnitVector(point))).toBe(truth === "in");
      }),
      { numRuns: 400 },
    );
  });

  test("with concave corners is what its picture in the tangent plane is", () => {
    const radii = fc.array(fc.double({ min: 0.15, max: 1, noNaN: true }), { minLength: 5, maxLength: 12 });
    const scale = fc.double({ min: -6, max: 0, noNaN: true });
    fc.assert(
      fc.property(
        anyPosition,
        radii,
        scale,
        unit(),
        unit(),
        fc.boolean(),
        (center, star, log, d, azimuth, backwards) => {
          const axis = toUnitVector(center);
          const size = 10 ** log;
          const corners = star.map((r, i) => offset(axis, r * size, (i / star.length) * 2 * Math.PI));
          const vertices = corners.map(fromUnitVector);
          if (backwards) vertices.reverse();
          const point = offset(axis, 1.2 * size * d, azimuth * 2 * Math.PI);
          const plane = gnomonic(axis);
          const truth = inPlanePolygon(
            vertices.map((vertex) => plane(toUnitVector(vertex))),
            plane(point),
          );
          if (truth === "border") return;
          expect(stencilContains({ shape: "polygon", vertices }, fromUnitVector(point))).toBe(truth === "in");
        },
      ),
      { numRuns: 400 },
    );
  });

  test("holds its vertices and the middles of its edges", () => {
    fc.assert(
      fc.property(convexPolygon, ({ corners, vertices }) => {
        const stencil = { shape: "polygon", vertices } as const;
        for (const vertex of vertices) expect(stencilContains(stencil, vertex)).toBe(true);
        for (const [i, corner] of corners.entries()) {
          const next = corners[(i + 1) % corners.length];
          expect(stencilContains(stencil, fromUnitVector(normalize(add(corner, next))))).toBe(true);
        }
      }),
    );
  });

  test("has great-circle edges, not parallels", () => {
    // Between (0, 60) and (90, 60) the great circle climbs to atan(tan 60° / cos 45°) = 67.79°.
    const wedge = polygon([0, 60], [90, 60], [45, 0]);
    expect(stencilContains(wedge, position(45, 67.79))).toBe(true);
    expect(stencilContains(wedge, position(45, 67.8))).toBe(false);
  });

  test("around a pole holds the pole", () => {
    const cap = polygon([0, 80], [90, 80], [180, 80], [270, 80]);
    expect(stencilContains(cap, position(0, 90))).toBe(true);
    expect(stencilContains(cap, position(33, 88))).toBe(true);
    expect(stencilContains(cap, position(33, -88))).toBe(false);
    expect(stencilContains(cap, position(45, 81))).toBe(false); // the edge passes at 82.9°
  });

  test("of an octant has three right angles and either winding", () => {
    for (const octant of [polygon([0, 0], [90, 0], [0, 90]), polygon([0, 90], [90, 0], [0, 0])]) {
      expect(stencilContains(octant, position(45, 35))).toBe(true);
      expect(stencilContains(octant, position(225, -35))).toBe(false);
      expect(stencilContains(octant, position(45, -1))).toBe(false);
      expect(stencilContains(octant, position(91, 35))).toBe(false);
    }
  });

  test("longer than half of the sky but narrow holds points that lie opposite each other", () => {
    const band = polygon([0, -5], [80, -5], [160, -5], [200, -5], [200, 5], [160, 5], [80, 5], [0, 5]);
    expect(stencilContains(band, position(10, 0))).toBe(true);
    expect(stencilContains(band, position(190, 0))).toBe(true);
    expect(stencilContains(band, position(280, 0))).toBe(false);
    expect(stencilContains(band, position(10, 30))).toBe(false);
  });

  test("may repeat its first vertex at the end and have vertices within an edge", () => {
    const square = polygon([10, 10], [10, 5], [10, 0], [20, 0], [20, 10], [10, 10]);
    expect(polygonFault(square.vertices)).toBeNull();
    for (const dec of [4.9999999999, 5, 5.0000000001]) {
      expect(stencilContains(square, position(10.0001, dec))).toBe(true);
      expect(stencilContains(square, position(9.9999, dec))).toBe(false);
    }
  });

  test.each([
    [
      "two vertices",
      [
        [1, 1],
        [2, 2],
      ],
      "three",
    ],
    [
      "one vertex many times",
      [
        [1, 1],
        [1, 1],
        [361, 1],
        [1, 1],
      ],
      "three",
    ],
    [
      "edges that cross",
      [
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
      ],
      "cross",
    ],
    [
      "an edge that runs back",
      [
        [0, 0],
        [10, 0],
        [5, 0],
        [5, 5],
        [4, 0],
      ],
      "cross",
    ],
    [
      "vertices on one line",
      [
        [0, 0],
        [10, 0],
        [20, 0],
      ],
      "cross",
    ],
    [
      "opposite neighbours",
      [
        [0, 0],
        [180, 0],
        [90, 45],
      ],
      "opposite",
    ],
    [
      "a touching vertex",
      [
        [0, 0],
        [10, 0],
        [10, 10],
        [5, 0],
        [0, 10],
      ],
      "cross",
    ],
  ] as const)("with %s is refused", (_name, pairs, reason) => {
    const stencil = polygon(...pairs.map(([ra, dec]) => [ra, dec] as [number, number]));
    expect(polygonFault(stencil.vertices)).toContain(reason);
    expect(() => stencilContains(stencil, position(0, 0))).toThrow(reason);
  });

  test("of a tenth of an arcsecond is exact", () => {
    const d = 0.05 / 3600;
    const square = polygon([200 - d, 1 - d], [200 + d, 1 - d], [200 + d, 1 + d], [200 - d, 1 + d]);
    expect(stencilContains(square, position(200 + d * 0.999, 1))).toBe(true);
    expect(stencilContains(square, position(200 + d * 1.001, 1))).toBe(false);
    expect(separationDegrees(position(200, 1), position(200 + d, 1))).toBeLessThan(2 * d);
  });
});

function gnomonic(axis: UnitVector): (point: UnitVector) => [number, number] {
  const helper: UnitVector = Math.abs(axis[0]) < 0.7 ? [1, 0, 0] : [0, 1, 0];
  const east = normalize(cross(helper, axis));
  const north = cross(axis, east);
  return (point) => [dot(point, east) / dot(point, axis), dot(point, north) / dot(point, axis)];
}

function inPlanePolygon(corners: [number, number][], [x, y]: [number, number]): "in" | "out" | "border" {
  let inside = false;
  for (const [i, [ax, ay]] of corners.entries()) {
    const [bx, by] = corners[(i + 1) % corners.length];
    const size = Math.hypot(bx - ax, by - ay);
    const away = Math.abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / size;
    if (away < 1e-9 * size + 1e-14) return "border";
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside ? "in" : "out";
}
