import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlanePoint } from "../../../src/wcs/distortion.ts";
import { hasScampTerms, parseTpv } from "../../../src/wcs/tpv.ts";
import { card, imagesOf, linearOf, tangentPlane } from "./distortion-truth.ts";
import { headerOfCards } from "./wcs-truth.ts";

const axes = { longitudeAxis: 1, latitudeAxis: 2 };

function tpv(cards: readonly string[]) {
  const found = parseTpv(headerOfCards(cards), axes);
  if (found === null) throw new Error("no TPV");
  return found;
}

describe.each(imagesOf(/tpv|scamp|decam/))("$file", ({ cards, pixels, sky }) => {
  const header = headerOfCards(cards);
  const linear = linearOf(header);
  const distortion = tpv(cards);

  test("maps the plane where WCSLIB does, within 1e-12 degree", () => {
    pixels.forEach((pixel, i) => {
      const [x, y] = tangentPlane(header, sky[i] ?? [0, 0]);
      const [u, v] = distortion.apply(...linear.toPlane(linear.offset(pixel)));
      expect(Math.hypot(u - x, v - y)).toBeLessThan(1e-12);
    });
  });

  test("finds the points again", () => {
    for (const pixel of pixels) {
      const [u, v] = linear.toPlane(linear.offset(pixel));
      const back = distortion.invert(...distortion.apply(u, v)) as PlanePoint;
      expect(Math.hypot(back[0] - u, back[1] - v)).toBeLessThan(2e-15 * (1 + Math.hypot(u, v)));
    }
  });
});

// The table of the registered convention, written out at (ξ, η) = (2, 3): r = √13.
const R = Math.sqrt(13);
const XI_TERMS = [
  ...[1, 2, 3, R, 4, 6, 9, 8, 12, 18, 27, R ** 3, 16, 24, 36, 54, 81],
  ...[32, 48, 72, 108, 162, 243, R ** 5, 64, 96, 144, 216, 324, 486, 729],
  ...[128, 192, 288, 432, 648, 972, 1458, 2187, R ** 7],
];
const ETA_TERMS = [
  ...[1, 3, 2, R, 9, 6, 4, 27, 18, 12, 8, R ** 3, 81, 54, 36, 24, 16],
  ...[243, 162, 108, 72, 48, 32, R ** 5, 729, 486, 324, 216, 144, 96, 64],
  ...[2187, 1458, 972, 648, 432, 288, 192, 128, R ** 7],
];

test.each(Array.from({ length: 40 }, (_, index) => index))(
  "PV1_%i and PV2_%i multiply their terms of the convention",
  (index) => {
    const only = (axis: number) =>
      [card(`PV${axis}_1`, index === 1 ? 5 : 0), card(`PV${axis}_${index}`, 5)].slice(index === 1 ? 1 : 0);
    const [xi, eta] = tpv([...only(1), ...only(2)]).apply(2, 3);
    expect(xi).toBeCloseTo(5 * (XI_TERMS[index] ?? NaN), 8);
    expect(eta).toBeCloseTo(5 * (ETA_TERMS[index] ?? NaN), 8);
  },
);

test("an index 1 that is not given is 1, on either axis", () => {
  expect(tpv([card("PV1_0", 0.5)]).apply(2, 3)).toEqual([2.5, 3]);
});

test("is not there without PV terms, and index 40 is none", () => {
  expect(parseTpv(headerOfCards([]), axes)).toBeNull();
  expect(parseTpv(headerOfCards([card("PV1_40", 1)]), axes)).toBeNull();
});

test("takes the axes and the alternate that it is told", () => {
  const header = headerOfCards([card("PV2_0A", 0.25), card("PV1_0A", -1), card("PV1_0", 9)]);
  const swapped = parseTpv(header, { longitudeAxis: 2, latitudeAxis: 1, alternate: "A" });
  expect(swapped?.apply(2, 3)).toEqual([2.25, 2]);
});

test.each([
  [[card("PV1_5", 0)], true],
  [[card("PV2_10", 0.1)], true],
  [[card("PV1_1", 1), card("PV1_2", 0)], false],
  [[], false],
])("%j on a TAN axis are SCAMP's: %s", (cards, scamp) => {
  expect(hasScampTerms(headerOfCards(cards), axes)).toBe(scamp);
});

test("has an inverse at the reference point with radial terms", () => {
  const radial = tpv([card("PV1_3", 0.01), card("PV2_3", -0.02), card("PV1_39", 1e-4)]);
  expect(radial.invert(0, 0)).toEqual([0, 0]);
  const back = radial.invert(...radial.apply(1e-3, -2e-3)) as PlanePoint;
  expect(back[0]).toBeCloseTo(1e-3, 14);
  expect(back[1]).toBeCloseTo(-2e-3, 14);
});

test("with mirrored axes inverts too", () => {
  const mirrored = tpv([card("PV1_1", 0), card("PV1_2", 1), card("PV2_1", 0), card("PV2_2", 1), card("PV1_4", 0.1)]);
  const back = mirrored.invert(...mirrored.apply(0.3, 0.2)) as PlanePoint;
  expect(back[0]).toBeCloseTo(0.3, 13);
  expect(back[1]).toBeCloseTo(0.2, 13);
});

test("with any coefficients either inverts to the asked point or says that it cannot", () => {
  const terms = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 80, maxLength: 80 });
  const point = fc.double({ min: -5, max: 5, noNaN: true });
  fc.assert(
    fc.property(terms, point, point, (values, x, y) => {
      const hostile = tpv(values.map((value, i) => card(`PV${(i % 2) + 1}_${Math.floor(i / 2)}`, value)));
      const found = hostile.invert(x, y);
      if (found === null) return;
      const [u, v] = hostile.apply(...found);
      expect(Math.hypot(u - x, v - y)).toBeLessThan(1e-6 * (1 + Math.hypot(x, y)));
    }),
    { numRuns: 300 },
  );
});
