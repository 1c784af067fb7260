import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { separationDegrees } from "../../../src/sky/separation.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import { windowOf } from "../../../src/wcs/footprint.ts";
import { parseWcs } from "../../../src/wcs/parse-wcs.ts";
import type { Wcs } from "../../../src/wcs/wcs.ts";
import { pixelToSky } from "../../../src/wcs/wcs.ts";
import { position } from "../sky/arbitraries.ts";
import { headerOfCards } from "./wcs-truth.ts";
import { imageHeader, wcsOf } from "./footprint-headers.ts";
import { circle, range } from "../sky/shapes.ts";

type Boxes = {
  images: {
    name: string;
    cards: string[];
    size: [number, number];
    boxes: { stencil: Stencil; x: [number, number] | null; y: [number, number] | null }[];
  }[];
};
const truth = JSON.parse(
  readFileSync(new URL("../../fixtures/wcs-distortion/windows.json", import.meta.url), "utf8"),
) as Boxes;

/** First and last pixel that the interval enters; each as the pair of answers within 0.02 pixel of rounding. */
function pixelsOf(interval: [number, number] | null, size: number) {
  if (interval === null) return null;
  const [min, max] = interval;
  const clip = (pixel: number) => Math.max(0, Math.min(size - 1, pixel));
  const around = (edge: number) => [clip(Math.floor(edge + 0.48)), clip(Math.floor(edge + 0.52))];
  return { first: around(min), last: around(max) };
}

describe.each(truth.images)("$name", ({ cards, size, boxes }) => {
  test.each(boxes)("$stencil.shape: the window is the box of WCSLIB's outline", ({ stencil, x, y }) => {
    const wcs = parseWcs(headerOfCards(cards));
    const window = wcs === null ? null : windowOf(wcs, stencil);
    const columns = pixelsOf(x, size[0]);
    const rows = pixelsOf(y, size[1]);
    if (columns === null || rows === null) {
      expect(window).toBeNull();
      return;
    }
    expect(columns.first).toContain(window?.x0);
    expect(columns.last).toContain((window?.x0 ?? NaN) + (window?.width ?? NaN) - 1);
    expect(rows.first).toContain(window?.y0);
    expect(rows.last).toContain((window?.y0 ?? NaN) + (window?.height ?? NaN) - 1);
  });
});

// A DES tile: 10000 pixels of 0.263″ square, north up.
function tileAt(ra: number, dec: number): Wcs {
  return wcsOf(imageHeader({ code: "TAN", width: 10_000, height: 10_000, ra, dec, scale: 0.263 / 3600 }));
}

describe("a circle", () => {
  test.each([0, -10.2, 60, -75, 89.5, -90])("of one arcminute at Dec %d is 2′ wide and high, 456.3 pixels", (dec) => {
    // Centre at pixel 4999.5: 4999.5 ± 228.14 are the pixels 4771 … 5228.
    const window = windowOf(tileAt(150, dec), circle(150, dec, 1 / 60));
    expect(window).toEqual({ x0: 4771, y0: 4771, width: 458, height: 458 });
  });

  test("over RA 0 is what it is elsewhere", () => {
    expect(windowOf(tileAt(0, -51), circle(0, -51, 1 / 60))).toEqual(
      windowOf(tileAt(150, -51), circle(150, -51, 1 / 60)),
    );
    const beside = windowOf(tileAt(0.02, -51), circle(359.98, -51, 1 / 60));
    expect(beside).not.toBeNull();
  });

  test("smaller than a pixel is that pixel, on a border both", () => {
    const wcs = tileAt(150, 2);
    const at = (x: number, y: number) => pixelToSky(wcs, x, y) ?? position(0, 0);
    const tiny = (x: number, y: number): Stencil => ({ shape: "circle", center: at(x, y), radiusDegrees: 1e-6 });
    expect(windowOf(wcs, tiny(17.2, 3000.3))).toEqual({ x0: 17, y0: 3000, width: 1, height: 1 });
    expect(windowOf(wcs, tiny(17.5, 3000.3))).toEqual({ x0: 17, y0: 3000, width: 2, height: 1 });
    expect(windowOf(wcs, tiny(-0.4, -0.4))).toEqual({ x0: 0, y0: 0, width: 1, height: 1 });
    expect(windowOf(wcs, tiny(-0.6, 50))).toBeNull();
    expect(windowOf(wcs, tiny(9999.4, 9999.4))).toEqual({ x0: 9999, y0: 9999, width: 1, height: 1 });
  });

  test("around the image is the image, beside it or around another place nothing", () => {
    const wcs = tileAt(150, 2);
    const whole = { x0: 0, y0: 0, width: 10_000, height: 10_000 };
    expect(windowOf(wcs, circle(150, 2, 1))).toEqual(whole);
    expect(windowOf(wcs, circle(150, 2, 120))).toEqual(whole);
    expect(windowOf(wcs, circle(330, -2, 179.6))).toEqual(whole); // all but a hole of 0.4° in the middle
    expect(windowOf(wcs, circle(330, -2, 179.4))).toBeNull(); // the hole holds the image
    expect(windowOf(wcs, circle(330, -2, 100))).toBeNull();
    expect(windowOf(wcs, circle(0, 0, 180))).toEqual(whole);
    expect(windowOf(wcs, circle(150, 3, 0.5))).toBeNull();
  });

  test("near a corner that it does not reach is nothing, though its box overlaps the image", () => {
    const wcs = tileAt(150, 0);
    const corner = pixelToSky(wcs, 9999.5, 9999.5) ?? position(0, 0);
    const beyond = pixelToSky(wcs, 9999.5 + 80, 9999.5 + 80) ?? position(0, 0);
    const reach = separationDegrees(corner, beyond);
    expect(windowOf(wcs, { shape: "circle", center: beyond, radiusDegrees: reach * 0.999 })).toBeNull();
    // Just over the corner, by 0.11 pixel: the corner pixel.
    const over = windowOf(wcs, { shape: "circle", center: beyond, radiusDegrees: reach * 1.001 });
    expect(over).toEqual({ x0: 9999, y0: 9999, width: 1, height: 1 });
  });
});

describe("a range", () => {
  test("at Dec 60 is as wide as its parallel, not twice", () => {
    // 0.1° of RA at the southern, longer side: 0.1° cos(59.95°) = 0.050076° or 685.5 pixels; 0.1° of Dec is 1369 high.
    const window = windowOf(tileAt(150, 60), range(149.95, 150.05, 59.95, 60.05));
    expect(window?.width).toBeGreaterThanOrEqual(686);
    expect(window?.width).toBeLessThanOrEqual(687);
    expect(window?.height).toBeGreaterThanOrEqual(1369);
    expect(window?.height).toBeLessThanOrEqual(1371);
  });

  test("of all RA around a pole is the box of its parallel", () => {
    // tan(0.1°) / 0.263″ = 1368.82: pixels 4999.5 ± 1368.82.
    expect(windowOf(tileAt(10, 90), range(0, 360, 89.9, 90))).toEqual({
      x0: 3631,
      y0: 3631,
      width: 2738,
      height: 2738,
    });
  });

  test("of one quadrant at a pole reaches the pole", () => {
    // RA 10 … 100 with RA 10 towards -y: from 0° (down) to 90° (right or left).
    const window = windowOf(tileAt(10, 90), range(10, 100, 89.9, 90));
    expect(window?.height).toBe(1369);
    expect(window?.width).toBe(1369);
  });

  test("of the whole sky is the whole image, wherever it lies", () => {
    for (const dec of [0, 45, 90]) {
      expect(windowOf(tileAt(0, dec), range(0, 360, -90, 90))).toEqual({ x0: 0, y0: 0, width: 10_000, height: 10_000 });
    }
  });

  test("of one meridian is a line of one column", () => {
    const window = windowOf(tileAt(150, 0), range(150, 150, -1, 1));
    expect(window?.y0).toBe(0);
    expect(window?.height).toBe(10_000);
    expect(window?.width).toBeLessThanOrEqual(2); // the meridian runs between columns 4999 and 5000
  });

  test("of nothing but a pole is one pixel, or two on a border", () => {
    const window = windowOf(tileAt(10, 90), range(0, 360, 90, 90));
    expect(window?.x0).toBeGreaterThanOrEqual(4999);
    expect(window?.width).toBeLessThanOrEqual(2);
    expect(windowOf(tileAt(10, 80), range(0, 360, 90, 90))).toBeNull();
  });
});

test("an outline that leaves the hemisphere of a TAN image still cuts it", () => {
  // 24° square; a circle of 100° whose border runs through the image's middle column.
  const wcs = wcsOf(imageHeader({ code: "TAN", width: 240, height: 240, ra: 180, dec: 0, scale: 0.1 }));
  const window = windowOf(wcs, circle(280, 0, 100));
  // East is left: RA above 180 is x below 119.5. At the equator the border is RA 180.
  expect(window?.x0).toBe(0);
  expect(window?.y0).toBe(0);
  expect(window?.height).toBe(240);
  // Dec ±12° lies 0.22° west of it: 2.2 pixels, by its curvature cot(80°).
  expect(window?.width).toBe(123); // up to 119.5 + 2.2
});

test("images without a place on the sky or without pixels have no window", () => {
  const header = imageHeader({ code: "TAN", width: 100, height: 100, ra: 10, dec: 10, scale: 0.1 });
  expect(windowOf(wcsOf({ ...header, CTYPE1: "HPLN-TAN", CTYPE2: "HPLT-TAN" }), circle(10, 10, 1))).toBeNull();
  expect(windowOf(wcsOf({ ...header, NAXIS1: 0 }), circle(10, 10, 1))).toBeNull();
});

test("an unusable polygon is said to be one", () => {
  const vertices = [position(0, 0), position(10, 10), position(10, 0), position(0, 10)];
  expect(() => windowOf(tileAt(0, 0), { shape: "polygon", vertices })).toThrow("cross");
});

test("images in galactic coordinates are asked in ICRS", () => {
  const header = imageHeader({ code: "CAR", width: 360, height: 180, ra: 0, dec: 0, scale: 1 });
  const wcs = wcsOf({ ...header, CTYPE1: "GLON-CAR", CTYPE2: "GLAT-CAR" });
  // M 31 at l 121.17°, b -21.57°: x = 179.5 - 121.17 = 58.33, y = 89.5 - 21.57 = 67.93.
  expect(windowOf(wcs, circle(10.6847, 41.269, 0.01))).toEqual({ x0: 58, y0: 68, width: 1, height: 1 });
});

test("headers with senseless distortions end in a window, none, or an error that says so", () => {
  const coefficient = fc.double({ min: -10, max: 10, noNaN: true });
  const started = performance.now();
  fc.assert(
    fc.property(fc.array(coefficient, { minLength: 8, maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (c, order) => {
      const names = ["A_2_0", "A_1_1", "A_0_3", `A_${order}_0`, "B_2_0", "B_1_2", "B_3_0", `B_0_${order}`];
      const distortion = Object.fromEntries(names.map((name, i) => [name, c[i] ?? 0]));
      const base = imageHeader({ code: "TAN", width: 500, height: 500, ra: 10, dec: 10, scale: 0.01 });
      const wcs = wcsOf({
        ...base,
        CTYPE1: "RA---TAN-SIP",
        CTYPE2: "DEC--TAN-SIP",
        A_ORDER: 9,
        B_ORDER: 9,
        ...distortion,
      });
      try {
        const window = windowOf(wcs, circle(10, 10, 1));
        if (window !== null) expect(window.x0 + window.width).toBeLessThanOrEqual(500);
      } catch (error) {
        expect(error).toMatchObject({ code: "corrupt-data", message: expect.stringContaining("jump about") as string });
      }
    }),
    { numRuns: 20 },
  );
  expect(performance.now() - started).toBeLessThan(15_000);
});

test("a polygon of a thousand vertices is placed, one of more is refused", () => {
  const ring = (count: number): Stencil => {
    const vertices = Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * i) / count;
      return position(150 + 0.1 * Math.cos(angle), 0.1 * Math.sin(angle));
    });
    return { shape: "polygon", vertices };
  };
  // 0.1° are 1368.8 pixels.
  expect(windowOf(tileAt(150, 0), ring(1000))).toEqual({ x0: 3631, y0: 3631, width: 2738, height: 2738 });
  expect(() => windowOf(tileAt(150, 0), ring(1001))).toThrow("1000");
});
