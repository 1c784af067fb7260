import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../src/errors.ts";
import type { ErrorCode } from "../../../src/errors.ts";
import { parseWcs } from "../../../src/wcs/parse-wcs.ts";
import { pixelToSky, pixelToWorld, skyToPixel } from "../../../src/wcs/wcs.ts";
import { getWcs, headerOf } from "./wcs-truth.ts";

const TAN = {
  ...{ NAXIS: 2, NAXIS1: 200, NAXIS2: 100, CTYPE1: "RA---TAN", CTYPE2: "DEC--TAN", CRPIX1: 50, CRPIX2: 60 },
  ...{ CRVAL1: 40, CRVAL2: -30, CDELT1: -0.01, CDELT2: 0.01 },
};
type Values = Record<string, string | number | boolean>;

function without(values: Values, ...keywords: string[]): Values {
  return Object.fromEntries(Object.entries(values).filter(([keyword]) => !keywords.includes(keyword)));
}

function errorOf(values: Values): ServiceError {
  try {
    parseWcs(headerOf(values));
  } catch (error) {
    if (error instanceof ServiceError) return error;
    throw error;
  }
  throw new Error("parseWcs threw nothing");
}

describe("parseWcs", () => {
  it("is null for a header without celestial axes", () => {
    for (const header of [
      { NAXIS: 0 },
      { ...TAN, CTYPE1: "LINEAR", CTYPE2: "LINEAR" },
      without(TAN, "CTYPE1", "CTYPE2"),
      { ...TAN, CTYPE2: "" }, // one celestial axis alone
      { ...TAN, CTYPE1: "LAMBDA", CTYPE2: "ANGLE" },
    ]) {
      expect(parseWcs(headerOf(header))).toBeNull();
    }
  });

  it("reads an alternate description by its letter, and none that is not there", () => {
    const alternate = { CTYPE1A: "GLON-CAR", CTYPE2A: "GLAT-CAR", CRPIX1A: 1, CRPIX2A: 1, CRVAL1A: 12, CRVAL2A: 0 };
    const wcs = getWcs(headerOf({ ...TAN, ...alternate, CDELT1A: -1, CDELT2A: 1 }), { alternate: "A" });
    expect(wcs.projectionCode).toBe("CAR");
    expect(wcs.frame).toEqual({ system: "GALACTIC" });
    expect(pixelToWorld(wcs, 2, 3)?.lonDegrees).toBeCloseTo(10, 12);
    expect(pixelToWorld(wcs, 2, 3)?.latDegrees).toBeCloseTo(3, 12);
    expect(parseWcs(headerOf(TAN), { alternate: "B" })).toBeNull();
  });

  it("takes the size of a compressed image, not of its table", () => {
    const table = { ...TAN, NAXIS1: 8, NAXIS2: 77, ZIMAGE: true, ZNAXIS: 2, ZNAXIS1: 4000, ZNAXIS2: 3000 };
    expect(getWcs(headerOf(table)).shape).toEqual([4000, 3000]);
  });

  it("reads numbers that were written as strings", () => {
    expect(pixelToSky(getWcs(headerOf({ ...TAN, CRVAL1: " 40.0" })), 49, 59)?.raDegrees).toBeCloseTo(40, 12);
  });

  it("takes PV terms of index 5 and more on TAN for TPV", () => {
    const terms = { PV1_1: 1, PV1_5: 0.3, PV2_1: 1, PV2_4: -0.2 };
    const scamp = getWcs(headerOf({ ...TAN, ...terms }));
    const tpv = getWcs(headerOf({ ...TAN, ...terms, CTYPE1: "RA---TPV", CTYPE2: "DEC--TPV" }));
    expect(scamp.planeDistortion).not.toBeNull();
    expect(pixelToSky(scamp, 150, 7)).toEqual(pixelToSky(tpv, 150, 7));
    expect(pixelToSky(scamp, 150, 7)).not.toEqual(pixelToSky(getWcs(headerOf(TAN)), 150, 7));
  });

  it("keeps the distortion of SIP out of alternates that do not name it", () => {
    const sip = { A_ORDER: 2, B_ORDER: 2, A_2_0: 1e-4 };
    const alternate = Object.fromEntries(Object.entries(TAN).map(([keyword, value]) => [`${keyword}A`, value]));
    const header = headerOf({ ...TAN, ...alternate, ...sip });
    expect(getWcs(header).pixelDistortion).not.toBeNull();
    expect(getWcs(header, { alternate: "A" }).pixelDistortion).toBeNull();
  });

  it("knows the frame from RADESYS, EQUINOX, and their old names", () => {
    const frameOf = (values: Values) => getWcs(headerOf({ ...TAN, ...values })).frame;
    expect(frameOf({})).toEqual({ system: "ICRS" });
    expect(frameOf({ EQUINOX: 2000 })).toEqual({ system: "FK5", equinox: 2000 });
    expect(frameOf({ EQUINOX: "J2000.0" })).toEqual({ system: "FK5", equinox: 2000 });
    expect(frameOf({ EPOCH: 1950 })).toMatchObject({ system: "FK4", equinox: 1950 });
    expect(frameOf({ RADECSYS: "FK5 " })).toMatchObject({ system: "FK5" });
    expect(frameOf({ RADESYS: "FK4-NO-E", EQUINOX: 1950 })).toMatchObject({ system: "FK4-NO-E", equinox: 1950 });
    expect(frameOf({ RADESYS: "GAPPT" })).toEqual({ system: "native" });
    expect(frameOf({ CTYPE1: "ELON-TAN", CTYPE2: "ELAT-TAN" })).toMatchObject({ system: "ECLIPTIC" });
    const observed = frameOf({ RADESYS: "FK4", "MJD-OBS": 43144.5 }); // 23 years before J2000
    expect(observed.obstime).toBeCloseTo(2000 - 8400 / 365.25, 9);
    expect(frameOf({ RADESYS: "FK4", "DATE-OBS": "01/01/77" }).obstime).toBeCloseTo(1977, 1);
    expect(frameOf({ RADESYS: "FK4", "DATE-OBS": "1977-01-01T12:00:00" }).obstime).toBeCloseTo(1977, 1);
  });
});

describe("parseWcs names what is wrong", () => {
  const wrong: readonly (readonly [ErrorCode, RegExp, Values])[] = [
    ["unsupported", /"XYZ"/, { ...TAN, CTYPE1: "RA---XYZ", CTYPE2: "DEC--XYZ" }],
    ["unsupported", /CUNIT1 = "parsec"/, { ...TAN, CUNIT1: "parsec" }],
    ["unsupported", /-TPD/, { ...TAN, CTYPE1: "RA---TAN-TPD", CTYPE2: "DEC--TAN-TPD" }],
    ["corrupt-data", /two projections/, { ...TAN, CTYPE2: "DEC--SIN" }],
    ["corrupt-data", /singular/, { ...TAN, CDELT1: 0 }],
    ["corrupt-data", /singular/, { ...TAN, CD1_1: 1, CD1_2: 2, CD2_1: 2, CD2_2: 4 }],
    ["corrupt-data", /singular/, { ...TAN, PC1_1: 0 }],
    ["corrupt-data", /CRVAL1 and CRVAL2/, without(TAN, "CRVAL1", "CRVAL2")],
    ["corrupt-data", /CRPIX1 = "NaN"/, { ...TAN, CRPIX1: "NaN" }],
    ["corrupt-data", /CRVAL2 = "north"/, { ...TAN, CRVAL2: "north" }],
    ["corrupt-data", /CDELT1/, { ...TAN, CDELT1: "1E999" }],
    ["corrupt-data", /CRVAL \(40, 95\)/, { ...TAN, CRVAL2: 95 }],
    ["corrupt-data", /COE/, { ...TAN, CTYPE1: "RA---COE", CTYPE2: "DEC--COE" }], // needs PV2_1
    ["corrupt-data", /ZPN/, { ...TAN, CTYPE1: "RA---ZPN", CTYPE2: "DEC--ZPN", PV2_1: -1 }],
    ["corrupt-data", /native latitude 100/, { ...TAN, PV1_1: 0, PV1_2: 100 }],
    ["corrupt-data", /NAXIS = -1/, { ...TAN, NAXIS: -1 }],
    ["corrupt-data", /NAXIS = 100000000/, { ...TAN, NAXIS: 1e8 }],
  ];
  for (const [code, message, values] of wrong) {
    it(`${code}: ${message.source}`, () => {
      const error = errorOf(values);
      expect(error.message).toMatch(message);
      expect(error.code).toBe(code);
    });
  }
});

describe("headers of random values", () => {
  it("give finite numbers, null or a ServiceError, for every projection", () => {
    const codes =
      "AZP SZP TAN STG SIN ARC ZPN ZEA AIR CYP CEA CAR MER SFL PAR MOL AIT COP COE COD COO BON PCO TSC CSC QSC HPX XPH TPV NCP GLS";
    const extremes = [0, -0, 1, -1, 90, -90, 180, 1e-300, 1e300, -1e300, 1e15, 89.999999999];
    const random = createRandom(20261121);
    const any = () => (random() < 0.3 ? (extremes[Math.floor(random() * extremes.length)] ?? 0) : random() * 8 - 4);
    let usable = 0;
    for (const code of codes.split(" ")) {
      for (let trial = 0; trial < 25; trial++) {
        const values: Values = { ...TAN, CTYPE1: `RA---${code}`, CTYPE2: `DEC--${code}` };
        values["CRVAL2"] = random() * 200 - 100;
        for (const keyword of ["PV2_1", "PV2_2", "PV2_3", "PV1_1", "PV1_2", "PV1_0", "LONPOLE", "LATPOLE", "PC1_2"]) {
          if (random() < 0.4) values[keyword] = any() * (keyword.endsWith("POLE") ? 40 : 1);
        }
        let wcs;
        try {
          wcs = getWcs(headerOf(values));
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
          continue;
        }
        usable++;
        for (let point = 0; point < 10; point++) {
          const sky = pixelToSky(wcs, any() * 1000, any() * 1000);
          if (sky !== null) {
            expect(sky.raDegrees >= 0 && sky.raDegrees < 360).toBe(true);
            expect(Math.abs(sky.decDegrees) <= 90).toBe(true);
          }
          const pixel = skyToPixel(wcs, { raDegrees: any() * 90, decDegrees: random() * 180 - 90 });
          if (pixel !== null) expect(Number.isFinite(pixel.x) && Number.isFinite(pixel.y)).toBe(true);
        }
      }
    }
    expect(usable).toBeGreaterThan(100);
  });
});

/** A linear congruential generator: the same numbers in every run. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
