import { describe, expect, test } from "vitest";
import type { PlanePoint } from "../../../src/wcs/distortion.ts";
import { parseTnx } from "../../../src/wcs/tnx.ts";
import { card, imagesOf, linearOf, tangentPlane } from "./distortion-truth.ts";
import { headerOfCards } from "./wcs-truth.ts";

const axes = { longitudeAxis: 1, latitudeAxis: 2 };

/** WAT cards as IRAF writes them: 68 characters each, the text running on from card to card. */
function wat(axis: number, text: string): string[] {
  const pieces = text.match(/.{1,68}/g) ?? [];
  return pieces.map((piece, i) => card(`WAT${axis}_${String(i + 1).padStart(3, "0")}`, piece));
}

function tnx(lngcor: string, latcor: string) {
  const cards = [
    ...wat(1, `wtype=tnx axtype=ra lngcor = "${lngcor} "`),
    ...wat(2, `wtype=tnx axtype=dec latcor = "${latcor} "`),
  ];
  const { distortion } = parseTnx(headerOfCards(cards), axes);
  if (distortion === null) throw new Error("no TNX");
  return distortion;
}

describe.each(imagesOf(/tnx/))("$file", ({ cards, pixels, sky }) => {
  const header = headerOfCards(cards);
  const linear = linearOf(header);
  const { distortion } = parseTnx(header, axes);

  test("maps the plane where wcstools does, within the 1e-10 degree that it prints", () => {
    pixels.forEach((pixel, i) => {
      const [x, y] = tangentPlane(header, sky[i] ?? [0, 0]);
      const [u, v] = distortion?.apply(...linear.toPlane(linear.offset(pixel))) as PlanePoint;
      expect(Math.hypot(u - x, v - y)).toBeLessThan(1e-10);
    });
  });

  test("finds the points again", () => {
    for (const pixel of pixels) {
      const [u, v] = linear.toPlane(linear.offset(pixel));
      const back = distortion?.invert(...distortion.apply(u, v)) as PlanePoint;
      expect(Math.hypot(back[0] - u, back[1] - v)).toBeLessThan(2e-15);
    }
  });
});

describe("surfaces, by hand at ξ = 0.2, η = -0.1", () => {
  const zero = "3 1 1 0 -1 1 -1 1 0";
  // Range ±0.4 makes 0.5 of 0.2; ±0.2 makes -0.5 of -0.1.
  test.each([
    [
      "powers without cross terms: x⁰ x¹ x² y¹ y²",
      "3. 3. 3. 0. -1 1 -1 1 .001 .1 .2 .3 .4",
      0.001 + 0.02 + 0.008 - 0.03 + 0.004,
    ],
    ["powers with all cross terms", "3 2 2 1 -1 1 -1 1 .001 .1 .2 .3", 0.001 + 0.02 - 0.02 + 0.3 * -0.02],
    ["powers with half of them: 1 x x² | y xy | y²", "3 3 3 2 -1 1 -1 1 0 0 .1 0 .2 .3", 0.004 + 0.2 * -0.02 + 0.003],
    ["half of them, fewer x than y: 1 x | y xy | y²", "3 2 3 2 -1 1 -1 1 0 0 0 .2 .3", 0.2 * -0.02 + 0.003],
    ["half of them, fewer y than x: 1 x x² | y xy", "3 3 2 2 -1 1 -1 1 0 0 .1 .2 .3", 0.004 - 0.02 + 0.3 * -0.02],
    ["Chebyshev: T₂(0.5) = -0.5, T₃(0.5) = -1", "1 4 1 0 -.4 .4 -.2 .2 0 0 .1 .2", -0.05 - 0.2],
    ["Chebyshev in both: T₁(0.5) T₂(-0.5)", "1 2 3 1 -.4 .4 -.2 .2 0 0 0 0 0 .1", 0.1 * 0.5 * -0.5],
    ["Legendre: P₂(0.5) = -0.125, P₃(0.5) = -0.4375", "2 4 1 0 -.4 .4 -.2 .2 0 0 .1 .2", -0.0125 - 0.0875],
  ])("%s", (_name, surface, correction) => {
    expect(tnx(surface, zero).apply(0.2, -0.1)[0]).toBeCloseTo(0.2 + correction, 15);
    expect(tnx(surface, zero).apply(0.2, -0.1)[1]).toBe(-0.1);
    expect(tnx(zero, surface).apply(0.2, -0.1)[1]).toBeCloseTo(-0.1 + correction, 15);
    const there = tnx(surface, surface).apply(0.2, -0.1);
    const back = tnx(surface, surface).invert(...there) as PlanePoint;
    expect(tnx(surface, surface).apply(...back)[0]).toBeCloseTo(there[0], 14);
  });
});

test("a blank at the end of a card, which FITS drops, still separates two numbers", () => {
  const start = 'wtype=tnx axtype=ra lngcor = "3 1 1 0 -1 1 -1 1'.padEnd(68);
  const cards = [card("WAT1_001", start.trimEnd()), card("WAT1_002", '0.25 "')];
  expect(parseTnx(headerOfCards(cards), axes).distortion?.apply(0, 0)).toEqual([0.25, 0]);
});

test("a number split over two cards is one number", () => {
  const start = 'wtype=tnx axtype=ra lngcor = "3 1 1 0 -1 1 -1 1 0.000'.padStart(68, " ");
  const cards = [card("WAT1_001", start), card("WAT1_002", '25 "')];
  expect(parseTnx(headerOfCards(cards), axes).distortion?.apply(0, 0)).toEqual([0.00025, 0]);
});

test("ZPX carries the parameters of its projection and may have no correction", () => {
  const cards = wat(1, "wtype=zpx axtype=ra projp1=1.0 projp3=337.74");
  expect(parseTnx(headerOfCards([...cards, ...wat(2, "wtype=zpx axtype=dec projp1=1.0 projp3=337.74")]), axes)).toEqual(
    {
      distortion: null,
      projectionParameters: [0, 1, 0, 337.74],
    },
  );
});

test.each([
  ["an unknown surface", "4 1 1 0 -1 1 -1 1 0", "type"],
  ["an order of 0", "3 0 1 0 -1 1 -1 1 0", "orders"],
  ["a huge order", "1 1e9 1e9 1 -1 1 -1 1 0", "orders"],
  ["an unknown kind of cross terms", "3 1 1 3 -1 1 -1 1 0", "cross"],
  ["an empty range", "1 1 1 0 1 1 -1 1 0", "ranges"],
  ["too few coefficients", "3 2 2 1 -1 1 -1 1 0 0 0", "4 coefficients"],
  ["words", "3 1 1 0 -1 1 -1 1 zero", "needed"],
  ["too few numbers", "3 1", "needed"],
])("%s is refused", (_name, surface, reason) => {
  expect(() => tnx(surface, surface)).toThrow(reason);
});

test("a long text without meaning is read in no time", () => {
  const before = performance.now();
  parseTnx(headerOfCards(wat(1, "a".repeat(60_000))), axes);
  parseTnx(headerOfCards(wat(1, "a ".repeat(30_000))), axes);
  expect(performance.now() - before).toBeLessThan(500);
});
