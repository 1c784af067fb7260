import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pixelToSky, pixelToWorld, skyToPixel, worldToPixel } from "../../../src/wcs/wcs.ts";
import { getWcs, headerOf, headerOfCards, separation } from "./wcs-truth.ts";

type IcrsCase = {
  readonly name: string;
  readonly cards: string[];
  readonly pixelToSky: [number, number, number, number][];
};
const { cases } = JSON.parse(readFileSync(new URL("../../fixtures/wcs/icrs.json", import.meta.url), "utf8")) as {
  cases: IcrsCase[];
};

const TAN = {
  NAXIS: 2,
  NAXIS1: 200,
  NAXIS2: 100,
  CTYPE1: "RA---TAN",
  CTYPE2: "DEC--TAN",
  CRPIX1: 1,
  CRPIX2: 1,
  CRVAL1: 40,
  CRVAL2: -30,
  CDELT1: -0.01,
  CDELT2: 0.01,
};

describe("pixels in ICRS are where astropy has them, within 1e-9 degree", () => {
  for (const { name, cards, pixelToSky: points } of cases) {
    it(name, () => {
      const wcs = getWcs(headerOfCards(cards));
      for (const [x, y, raDegrees, decDegrees] of points) {
        const sky = pixelToSky(wcs, x, y);
        expect(separation(sky?.raDegrees ?? NaN, sky?.decDegrees ?? NaN, raDegrees, decDegrees)).toBeLessThan(1e-9);
        const pixel = skyToPixel(wcs, { raDegrees, decDegrees });
        expect(pixel?.x).toBeCloseTo(x, 7);
        expect(pixel?.y).toBeCloseTo(y, 7);
      }
    });
  }
});

describe("pixels", () => {
  it("count from 0: CRPIX = 1 is pixel 0", () => {
    const wcs = getWcs(headerOf(TAN));
    expect(pixelToSky(wcs, 0, 0)?.raDegrees).toBeCloseTo(40, 12);
    expect(pixelToSky(wcs, 0, 0)?.decDegrees).toBeCloseTo(-30, 12);
    expect(skyToPixel(wcs, { raDegrees: 40, decDegrees: -30 })?.x).toBeCloseTo(0, 10);
    expect(skyToPixel(wcs, { raDegrees: 40, decDegrees: -30 })?.y).toBeCloseTo(0, 10);
  });

  it("run along NAXIS1 and NAXIS2 also where Dec is on axis 1", () => {
    const swapped = { CTYPE1: "DEC--TAN", CTYPE2: "RA---TAN", CRVAL1: -30, CRVAL2: 40, CDELT1: 0.01, CDELT2: -0.01 };
    const wcs = getWcs(headerOf({ ...TAN, ...swapped }));
    expect(wcs).toMatchObject({ pixelAxes: [0, 1], shape: [200, 100] });
    expect(pixelToSky(wcs, 10, 0)?.raDegrees).toBeCloseTo(40, 12);
    expect(pixelToSky(wcs, 10, 0)?.decDegrees).toBeCloseTo(
      -30 + Math.atan((0.1 * Math.PI) / 180) * (180 / Math.PI),
      12,
    );
  });

  it("of a cube are those of its celestial axes", () => {
    const cube = {
      ...{ NAXIS: 3, NAXIS1: 5, NAXIS2: 200, NAXIS3: 100, CTYPE1: "FREQ", CRVAL1: 1e9, CRPIX1: 1, CDELT1: 1e6 },
      ...{ CTYPE2: "RA---TAN", CRPIX2: 1, CRVAL2: 40, CDELT2: -0.01 },
      ...{ CTYPE3: "DEC--TAN", CRPIX3: 1, CRVAL3: -30, CDELT3: 0.01 },
    };
    const wcs = getWcs(headerOf(cube));
    expect(wcs.pixelAxes).toEqual([1, 2]);
    expect(pixelToSky(wcs, 7, 9)).toEqual(pixelToSky(getWcs(headerOf(TAN)), 7, 9));
  });

  it("have the size that the matrix says", () => {
    expect(getWcs(headerOf(TAN)).pixelScaleDegrees).toBeCloseTo(0.01, 15);
    expect(getWcs(headerOf({ ...TAN, CUNIT1: "arcsec", CDELT1: -36 })).pixelScaleDegrees).toBeCloseTo(0.01, 15);
  });
});

describe("what has no answer is null", () => {
  const wcs = getWcs(headerOf(TAN));

  it("the other hemisphere of TAN", () => {
    expect(skyToPixel(wcs, { raDegrees: 220, decDegrees: 30 })).toBeNull();
    expect(skyToPixel(wcs, { raDegrees: 220, decDegrees: -30 })).toBeNull(); // 120° away
  });

  it("pixels beyond the edge of the sphere", () => {
    const sine = getWcs(headerOf({ ...TAN, CTYPE1: "RA---SIN", CTYPE2: "DEC--SIN", CDELT1: -1, CDELT2: 1 }));
    expect(pixelToSky(sine, 57, 0)).not.toBeNull(); // R = 57 < 180/π
    expect(pixelToSky(sine, 58, 0)).toBeNull();
    const carree = getWcs(headerOf({ ...TAN, CTYPE1: "RA---CAR", CTYPE2: "DEC--CAR", CRVAL2: 0, CDELT2: 1 }));
    expect(pixelToSky(carree, 0, 90)).not.toBeNull();
    expect(pixelToSky(carree, 0, 90.01)).toBeNull();
  });

  it("numbers that are none", () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      expect(pixelToSky(wcs, bad, 0)).toBeNull();
      expect(pixelToSky(wcs, 0, bad)).toBeNull();
    }
    for (const bad of [NaN, Infinity, 90.001, -91])
      expect(skyToPixel(wcs, { raDegrees: 1, decDegrees: bad })).toBeNull();
    expect(skyToPixel(wcs, { raDegrees: NaN, decDegrees: 0 })).toBeNull();
  });

  it("ICRS of the Sun's disk, which has coordinates of its own", () => {
    const solar = getWcs(headerOf({ ...TAN, CTYPE1: "HPLN-TAN", CTYPE2: "HPLT-TAN", CRVAL1: 0, CRVAL2: 0 }));
    expect(solar.frame.system).toBe("native");
    expect(pixelToSky(solar, 0, 0)).toBeNull();
    expect(skyToPixel(solar, { raDegrees: 0, decDegrees: 0 })).toBeNull();
    expect(pixelToWorld(solar, 0, 0)?.latDegrees).toBeCloseTo(0, 12);
    expect(worldToPixel(solar, { lonDegrees: 0, latDegrees: 0 })?.x).toBeCloseTo(0, 10);
  });
});
