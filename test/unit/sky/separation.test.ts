import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { angleBetween, separationDegrees } from "../../../src/sky/separation.ts";
import { fromUnitVector, toUnitVector, wrapDegrees } from "../../../src/sky/unit-vector.ts";
import { anyPosition, position } from "./arbitraries.ts";

describe("separation", () => {
  // From astropy 5.2.1, SkyCoord.separation.
  test.each([
    [[10, 20], [10, 20], 0],
    [[0, 0], [180, 0], 180],
    [[0, 90], [123, -90], 180],
    [[10, 45], [10.000000001, 45], 7.07106839692825e-10],
    [[0, 89.9999999], [180, 89.9999999], 2.000000027186225e-7],
    [[101.28715533, -16.71611586], [78.63446707, -8.20163836], 23.673193364853347],
    [[359.98, -51], [0.02, -51], 0.025172815333223346],
  ] as [[number, number], [number, number], number][])("of %j and %j is %d degrees", (a, b, degrees) => {
    const found = separationDegrees(position(...a), position(...b));
    expect(Math.abs(found - degrees)).toBeLessThan(2e-14 + 1e-14 * degrees);
  });

  test("is the same from vectors", () => {
    fc.assert(
      fc.property(anyPosition, anyPosition, (a, b) => {
        const degrees = (angleBetween(toUnitVector(a), toUnitVector(b)) * 180) / Math.PI;
        expect(Math.abs(degrees - separationDegrees(a, b))).toBeLessThan(2e-13);
      }),
    );
  });
});

describe("unit vectors", () => {
  test("go there and back", () => {
    fc.assert(
      fc.property(anyPosition, (p) => {
        const back = fromUnitVector(toUnitVector(p));
        expect(separationDegrees(p, back)).toBeLessThan(1e-13);
        expect(back.raDegrees).toBeGreaterThanOrEqual(0);
        expect(back.raDegrees).toBeLessThan(360);
      }),
    );
  });

  test("do not depend on RA at a pole", () => {
    expect(toUnitVector(position(123, 90))).toEqual([expect.closeTo(0, 20), expect.closeTo(0, 20), 1]);
    expect(fromUnitVector(toUnitVector(position(123, -90)))).toEqual({
      raDegrees: expect.anything() as number,
      decDegrees: -90,
    });
  });

  test.each([
    [360, 0],
    [-1e-20, 0],
    [-30, 330],
    [725, 5],
    [-0, 0],
  ])("wrapDegrees(%d) is %d", (degrees, wrapped) => expect(wrapDegrees(degrees)).toBe(wrapped));
});
