import { expect, test } from "vitest";
import { stencilArea } from "../../../src/sky/stencil-area.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import { position } from "./arbitraries.ts";

const SKY = 41252.96124941928; // 4π steradian in square degrees

function polygon(...pairs: [number, number][]): Stencil {
  return { shape: "polygon", vertices: pairs.map((pair) => position(...pair)) };
}

function range(raMin: number, raMax: number, decMin: number, decMax: number): Stencil {
  return { shape: "range", raMinDegrees: raMin, raMaxDegrees: raMax, decMinDegrees: decMin, decMaxDegrees: decMax };
}

test.each([
  ["a hemisphere", { shape: "circle", center: position(1, 2), radiusDegrees: 90 }, SKY / 2],
  ["the whole sky as a circle", { shape: "circle", center: position(1, 2), radiusDegrees: 180 }, SKY],
  ["an arcsecond", { shape: "circle", center: position(1, 2), radiusDegrees: 1 / 3600 }, Math.PI / 3600 / 3600],
  ["the whole sky as a range", range(0, 360, -90, 90), SKY],
  ["a third of the band of 30 degrees", range(300, 60, -30, 30), SKY / 6],
  ["one meridian", range(30, 30, -30, 30), 0],
  ["an octant", polygon([0, 0], [90, 0], [0, 90]), SKY / 8],
  ["an octant, backwards", polygon([0, 90], [90, 0], [0, 0]), SKY / 8],
  ["a lune of a quarter", polygon([0, 0], [90, 0], [180, 0], [90, 89.99999999]), SKY / 4],
  ["a tenth of an arcsecond", polygon([10, 0], [10 + 0.1 / 3600, 0], [10, 0.1 / 3600]), 0.5 * (0.1 / 3600) ** 2],
] as [string, Stencil, number][])("of %s", (_name, stencil, squareDegrees) => {
  expect(Math.abs(stencilArea(stencil) - squareDegrees)).toBeLessThanOrEqual(1e-9 * squareDegrees);
});
