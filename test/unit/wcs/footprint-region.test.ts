import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IcrsPosition } from "../../../src/sky/position.ts";
import { regionsIntersect } from "../../../src/sky/region.ts";
import type { Region } from "../../../src/sky/region.ts";
import { signedDistance, sphericalPolygon } from "../../../src/sky/spherical-polygon.ts";
import { stencilContains } from "../../../src/sky/stencil-contains.ts";
import { toUnitVector } from "../../../src/sky/unit-vector.ts";
import { footprintOf, sRegion } from "../../../src/wcs/footprint.ts";
import { parseWcs } from "../../../src/wcs/parse-wcs.ts";
import type { Wcs } from "../../../src/wcs/wcs.ts";
import { pixelToSky } from "../../../src/wcs/wcs.ts";
import { anyPosition, position, unit } from "../sky/arbitraries.ts";
import { headerOfCards } from "./wcs-truth.ts";
import { ALL_SKY, imageHeader, wcsOf } from "./footprint-headers.ts";

type Edges = { images: { name: string; cards: string[]; scale: number; edge: [number, number][] }[] };
const truth = JSON.parse(
  readFileSync(new URL("../../fixtures/wcs-distortion/windows.json", import.meta.url), "utf8"),
) as Edges;

function verticesOf(region: Region): readonly IcrsPosition[] {
  if (region.shape === "all-sky") throw new Error("the whole sky has no vertices");
  return region.vertices;
}

describe.each(truth.images)("$name", ({ cards, scale, edge }) => {
  test("the region follows the outer edge of WCSLIB's pixels to 0.1 pixel", () => {
    const wcs = parseWcs(headerOfCards(cards));
    const polygon = sphericalPolygon(verticesOf(footprintOf(wcs as Wcs)));
    for (const [ra, dec] of edge) {
      const pixels = (signedDistance(polygon, toUnitVector(position(ra, dec))) * 180) / Math.PI / scale;
      expect(Math.abs(pixels)).toBeLessThan(0.1);
    }
  });
});

test("a TAN image is four great circles", () => {
  const wcs = wcsOf(imageHeader({ code: "TAN", width: 200, height: 100, ra: 0, dec: 60, scale: 0.01, turn: 33 }));
  expect(verticesOf(footprintOf(wcs))).toHaveLength(4);
});

test("runs counterclockwise as seen from inside the sphere: north, east, south, west", () => {
  for (const mirror of [1, -1]) {
    const header = imageHeader({ code: "TAN", width: 10, height: 10, ra: 100, dec: 0, scale: 0.1 });
    const vertices = verticesOf(footprintOf(wcsOf({ ...header, CD1_1: 0.1 * mirror })));
    const north = vertices.findIndex(({ raDegrees, decDegrees }) => decDegrees > 0 && raDegrees < 100);
    const next = vertices[(north + 1) % 4];
    // After the north-west corner comes the north-east one: larger RA.
    expect(next?.decDegrees).toBeGreaterThan(0);
    expect(next?.raDegrees).toBeGreaterThan(100);
  }
});

test.each(["TAN", "SIN", "STG", "ARC", "ZEA", "CAR", "AIT", "MOL", "CEA", "SFL", "HPX"])(
  "the region of a small %s image holds its pixels and not those beside it",
  (code) => {
    const turn = fc.double({ min: 0, max: 360, noNaN: true });
    fc.assert(
      fc.property(anyPosition, turn, unit(), unit(), (center, angle, u, v) => {
        const [ra, dec] = [center.raDegrees, Math.max(-89.9, Math.min(89.9, center.decDegrees))];
        const wcs = wcsOf(imageHeader({ code, width: 100, height: 60, ra, dec, scale: 0.02, turn: angle }));
        const region = { ...footprintOf(wcs), shape: "polygon" } as Extract<Region, { shape: "polygon" }>;
        const inside = pixelToSky(wcs, u * 99.7 - 0.35, v * 59.7 - 0.35);
        expect(inside !== null && stencilContains(region, inside)).toBe(true);
        for (const [x, y] of [
          [-0.7 - u * 5, v * 60],
          [99.7 + u * 5, v * 60],
          [u * 100, -0.7 - v],
          [u * 100, 59.7 + v],
        ] as const) {
          const outside = pixelToSky(wcs, x, y);
          if (outside !== null) expect(stencilContains(region, outside)).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  },
);

test.each(Object.entries(ALL_SKY))("the region of all-sky %s leaves no pixel out", (_name, header) => {
  const wcs = wcsOf(header);
  const region = footprintOf(wcs);
  const [width = 0, height = 0] = wcs.shape;
  for (let y = 0; y < height; y += 3) {
    for (let x = 0; x < width; x += 3) {
      const sky = pixelToSky(wcs, x, y);
      if (sky === null) continue;
      expect(regionsIntersect(region, { shape: "circle", center: sky, radiusDegrees: 0.001 })).toBe(true);
    }
  }
});

test("an image with corners beyond the limb is bounded by a circle around what it shows", () => {
  // ZPN: R = z - 0.6 z³ is largest at z = 42.7°, a disc of 28.5° or 14 pixels in the middle.
  const wcs = wcsOf(
    imageHeader({ code: "ZPN", width: 60, height: 60, ra: 20, dec: 40, scale: 2, more: { PV2_1: 1, PV2_3: -0.6 } }),
  );
  const region = footprintOf(wcs);
  expect(region.shape).toBe("polygon");
  expect(verticesOf(region)).toHaveLength(48);
  for (let i = 0; i < 60; i++) {
    const sky = pixelToSky(wcs, i, 59 - i);
    if (sky !== null)
      expect(regionsIntersect(region, { shape: "circle", center: sky, radiusDegrees: 0.001 })).toBe(true);
  }
});

test("s_region is STC-S in ICRS", () => {
  const vertices = [position(10, -1), position(9.123456789123, 0.5), position(359.5, 1)];
  expect(sRegion({ shape: "polygon", vertices })).toBe("POLYGON ICRS 10 -1 9.12345679 0.5 359.5 1");
  expect(sRegion({ shape: "all-sky" })).toBe("CIRCLE ICRS 0 0 180");
});

test("images without a place on the sky or without pixels have no region", () => {
  const header = imageHeader({ code: "TAN", width: 100, height: 100, ra: 10, dec: 10, scale: 0.1 });
  expect(() => footprintOf(wcsOf({ ...header, CTYPE1: "HPLN-TAN", CTYPE2: "HPLT-TAN" }))).toThrow("ICRS");
  expect(() => footprintOf(wcsOf({ ...header, NAXIS2: 0 }))).toThrow("100 × 0");
});
