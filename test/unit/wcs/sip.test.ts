import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Distortion, PlanePoint } from "../../../src/wcs/distortion.ts";
import { parseSip } from "../../../src/wcs/sip.ts";
import { card, imagesOf, linearOf, tangentPlane } from "./distortion-truth.ts";
import { headerOfCards } from "./wcs-truth.ts";

function sip(cards: readonly string[]): Distortion {
  const found = parseSip(headerOfCards(cards));
  if (found === null) throw new Error("no SIP");
  return found;
}

describe.each(imagesOf(/sip|panoptes/))("$file", ({ cards, pixels, sky }) => {
  const header = headerOfCards(cards);
  const linear = linearOf(header);
  const distortion = sip(cards);

  test("maps pixels where WCSLIB does, within 1e-7 pixel", () => {
    pixels.forEach((pixel, i) => {
      const [x, y] = linear.fromPlane(tangentPlane(header, sky[i] ?? [0, 0]));
      const [u, v] = distortion.apply(...linear.offset(pixel));
      expect(Math.hypot(u - x, v - y)).toBeLessThan(1e-7);
    });
  });

  test("finds the pixels again to 1e-11, whatever AP and BP say", () => {
    for (const pixel of pixels) {
      const [u, v] = linear.offset(pixel);
      const back = distortion.invert(...distortion.apply(u, v)) as PlanePoint;
      expect(Math.hypot(back[0] - u, back[1] - v)).toBeLessThan(1e-11);
    }
  });
});

const plain = [card("A_ORDER", 2), card("B_ORDER", 2), card("A_2_0", 0.01), card("B_1_1", -0.002)];

test("adds the terms of A to u and of B to v", () => {
  // u + 0.01 u², v − 0.002 u v at (3, 5)
  expect(sip(plain).apply(3, 5)).toEqual([3 + 0.09, 5 - 0.03]);
});

test("ignores coefficients beyond the order, as the convention has none there", () => {
  expect(sip([...plain, card("A_2_1", 7), card("A_3_0", 7)]).apply(3, 5)).toEqual([3.09, 4.97]);
});

test("is not there without A_ORDER and B_ORDER", () => {
  expect(parseSip(headerOfCards([card("A_2_0", 0.01)]))).toBeNull();
});

test.each([
  ["one order", [card("A_ORDER", 2)], "B_ORDER"],
  ["a tenth order", [card("A_ORDER", 10), card("B_ORDER", 2)], "A_ORDER"],
  ["a negative order", [card("A_ORDER", 2), card("B_ORDER", -1)], "B_ORDER"],
  ["an order that is text", [card("A_ORDER", "x"), card("B_ORDER", 2)], "A_ORDER"],
  ["a coefficient that is text", [...plain, card("A_1_1", "x")], "A_1_1"],
])("with %s is refused", (_name, cards, keyword) => {
  expect(() => parseSip(headerOfCards(cards))).toThrow(keyword);
});

test("has no inverse beyond its fold", () => {
  // u + 0.01 u² is never below -25, and comes back from there for u < -50.
  expect(sip(plain).invert(-25.1, 0)).toBeNull();
  expect(sip(plain).invert(-24.9, 0)?.[0]).toBeCloseTo(-50 + Math.sqrt(10), 9);
});

test("of ninth order with any coefficients either inverts to the asked point or says that it cannot", () => {
  const coefficient = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const point = fc.double({ min: -1e4, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(fc.array(coefficient, { minLength: 12, maxLength: 12 }), point, point, (c, x, y) => {
      const names = [
        "A_9_0",
        "A_0_9",
        "A_4_5",
        "A_2_0",
        "A_1_1",
        "A_1_0",
        "B_9_0",
        "B_0_9",
        "B_4_5",
        "B_2_0",
        "B_1_1",
        "AP_9_0",
      ];
      const orders = [card("A_ORDER", 9), card("B_ORDER", 9), card("AP_ORDER", 9), card("BP_ORDER", 9)];
      const hostile = sip([...orders, ...names.map((name, i) => card(name, c[i] ?? 0))]);
      const found = hostile.invert(x, y);
      if (found === null) return;
      const [u, v] = hostile.apply(...found);
      expect(Math.hypot(u - x, v - y)).toBeLessThan(1e-6 * (1 + Math.hypot(x, y)));
    }),
    { numRuns: 300 },
  );
});
