import { describe, expect, it } from "vitest";
import { parseLinear } from "../../../src/wcs/linear.ts";
import { readWcsKeywords } from "../../../src/wcs/wcs-keywords.ts";
import { headerOf } from "./wcs-truth.ts";

const AXES = { lon: 1, lat: 2, x: 1, y: 2 };
const DEGREES = { lon: 1, lat: 1 };

function matrixOf(values: Record<string, number>, axes = AXES): number[] {
  const { a, b, c, d } = parseLinear(readWcsKeywords(headerOf(values), ""), axes, DEGREES);
  return [a, b, c, d].map((element) => element + 0); // -0 is 0
}

describe("the matrix from pixels to the plane", () => {
  const delta = { CDELT1: -2, CDELT2: 4 };

  it("is CDELT where there is nothing else, 1 where there is not even that", () => {
    expect(matrixOf(delta)).toEqual([-2, 0, 0, 4]);
    expect(matrixOf({ CRPIX1: 1 })).toEqual([1, 0, 0, 1]);
  });

  it("is PC times CDELT of its row; elements that are missing are those of the unit matrix", () => {
    expect(matrixOf({ ...delta, PC1_2: 0.5, PC2_1: 0.25 })).toEqual([-2, -1, 1, 4]);
    expect(matrixOf({ ...delta, PC001002: 0.5 })).toEqual([-2, -1, 0, 4]);
  });

  it("is CD, whatever CDELT and CROTA say; elements that are missing are 0", () => {
    expect(matrixOf({ ...delta, CROTA2: 30, CD1_1: 3, CD1_2: 5, CD2_1: 7, CD2_2: 11 })).toEqual([3, 5, 7, 11]);
    expect(matrixOf({ CD1_1: 3, CD1_2: 5, CD2_1: 7 })).toEqual([3, 5, 7, 0]);
  });

  it("has 1 for an axis that CD does not speak of", () => {
    expect(matrixOf({ ...delta, CD1_1: 3 })).toEqual([3, 0, 0, 1]);
  });

  it("is PC where PC and CD are both there, which the standard forbids, and PC over CROTA", () => {
    expect(matrixOf({ ...delta, PC1_1: 1, CD1_1: 3, CD2_2: 3 })).toEqual([-2, 0, 0, 4]);
    expect(matrixOf({ ...delta, PC1_1: 1, CROTA2: 90 })).toEqual([-2, 0, 0, 4]);
  });

  it("turns by CROTA of the latitude axis, with its sign and the scales of Paper II", () => {
    expect(matrixOf({ ...delta, CROTA2: 90 })).toEqual([0, -4, -2, 0]);
    expect(matrixOf({ ...delta, CROTA1: 90 })).toEqual([-2, 0, 0, 4]);
    const swapped = { lon: 2, lat: 1, x: 1, y: 2 };
    expect(matrixOf({ CDELT1: 4, CDELT2: -2, CROTA1: 90 }, swapped)).toEqual([-4, 0, 0, -2]);
  });

  it("leaves other axes of the image at their CRPIX", () => {
    expect(matrixOf({ ...delta, CDELT3: 5, PC1_3: 9, PC3_3: 1 })).toEqual([-2, 0, 0, 4]);
  });

  it("is refused where it is singular", () => {
    const singular: Record<string, number>[] = [
      { CDELT1: 0 },
      { CD1_1: 1, CD2_1: 1 },
      { CD1_1: 1, CD1_2: 1, CD2_1: 1, CD2_2: 1 },
    ];
    for (const values of singular) expect(() => matrixOf(values)).toThrow(/singular/);
  });

  it("may be as small and skew as a real one", () => {
    expect(matrixOf({ CD1_1: 1e-12, CD1_2: 1e-15, CD2_2: 1e-12 })).toEqual([1e-12, 1e-15, 0, 1e-12]);
  });
});
