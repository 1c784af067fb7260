import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../src/errors.ts";
import { parseCircle, parseInterval, parsePolygon, parsePos } from "../../src/ivoa/dali-values.ts";
import { Parameters } from "../../src/ivoa/parameters.ts";
import { parseSodaParameters } from "../../src/ivoa/soda.ts";

const soda = (query: string) => parseSodaParameters(new Parameters(new URLSearchParams(query)));
const circle = { shape: "circle", center: { raDegrees: 12, decDegrees: 34 }, radiusDegrees: 0.5 };

describe("DALI 1.1", () => {
  it("DALI-1: parameter names ignore case, values do not", () => {
    expect(soda("iD=des_dr2&pos=circle+12+34+0.5&filter=Y")).toMatchObject({
      id: "des_dr2",
      stencil: circle,
      filters: ["Y"],
    });
  });

  it("DALI-5: RESPONSEFORMAT given twice is an error", () => {
    expect(() => soda("ID=a&RESPONSEFORMAT=fits&responseformat=fits")).toThrow(/RESPONSEFORMAT has 2 values/);
  });

  it("DALI-7: the media type that is asked for is the one that is answered; fits is short for application/fits", () => {
    expect(soda("ID=a&RESPONSEFORMAT=image/fits").mediaType).toBe("image/fits");
    expect(soda("ID=a&RESPONSEFORMAT=application/fits").mediaType).toBe("application/fits");
    expect(soda("ID=a&RESPONSEFORMAT=fits").mediaType).toBe("application/fits");
    expect(() => soda("ID=a&RESPONSEFORMAT=image/gif")).toThrow(/Cannot deliver "image\/gif"/);
  });

  it("DALI-8: a RUNID of up to 64 characters is taken", () => {
    expect(soda(`ID=a&RUNID=${"r".repeat(64)}`).runId).toHaveLength(64);
    expect(() => soda(`ID=a&RUNID=${"r".repeat(65)}`)).toThrow(/RUNID/);
  });

  it("DALI-10: a BAND that is a band's name is taken as FILTER", () => {
    expect(soda("ID=a&band=g")).toMatchObject({ filters: ["g"], band: undefined });
    expect(soda("ID=a&BAND=500e-9 600e-9")).toMatchObject({ filters: [], band: { low: 500e-9, high: 600e-9 } });
  });

  it.each([
    ["-Inf 2", -Infinity, 2],
    ["1 +Inf", 1, Infinity],
    ["1 Inf", 1, Infinity],
    ["-inf inf", -Infinity, Infinity],
    ["-Infinity Infinity", -Infinity, Infinity],
    ["3 3", 3, 3],
    [" 1e-7   +2.5E-7 ", 1e-7, 2.5e-7],
  ])("DALI-11: the interval %j", (text, low, high) => {
    expect(parseInterval(text, "BAND", "metres")).toEqual({ low, high });
  });

  it.each(["1", "1 2 3", "2 1", "NaN 1", "1 x", "", "0x10 0x20", "1e999 1e999", "+Inf -Inf"])(
    "DALI-12: the interval %j is refused",
    (text) => expect(() => parseInterval(text, "BAND", "metres")).toThrow(ServiceError),
  );

  it.each(["10 20", "10 20 0", "10 20 -1", "10 20 181", "361 0 1", "-1 0 1", "0 91 1", "1 2 3 4", "a b c", "1 2 NaN"])(
    "DALI-13: the circle %j is refused",
    (text) => expect(() => parseCircle(text)).toThrow(/Cannot read CIRCLE/),
  );

  it.each(["1 2 3 4", "1 2 3 4 5", "1 2 3 4 5 6 7", "1 2 3 4 5 x", "1 2 3 4 5 91", ""])(
    "DALI-14: the polygon %j is refused",
    (text) => expect(() => parsePolygon(text)).toThrow(/Cannot read POLYGON/),
  );

  it("DALI-14: longitude 0 to 360 and latitude -90 to 90 with their ends", () => {
    expect(parseCircle("360 -90 180")).toMatchObject({ center: { raDegrees: 0, decDegrees: -90 } });
    expect(parsePolygon("0 0 10 0 10 10").vertices).toHaveLength(3);
  });
});

describe("SODA 1.0", () => {
  it("SODA-3: ID is needed", () => {
    expect(() => soda("POS=CIRCLE 1 2 3")).toThrow(/ID is missing/);
  });

  it("SODA-6, 7, 8, 11: POS in its three shapes, and CIRCLE and POLYGON by themselves", () => {
    expect(parsePos("CIRCLE 12 34 0.5")).toEqual(circle);
    expect(soda("ID=a&CIRCLE=12 34 0.5").stencil).toEqual(circle);
    expect(parsePos("RANGE 10 20 -5 5")).toEqual({
      shape: "range",
      raMinDegrees: 10,
      raMaxDegrees: 20,
      decMinDegrees: -5,
      decMaxDegrees: 5,
    });
    expect(soda("ID=a&POLYGON=1 2 3 4 5 6").stencil).toEqual(parsePos("POLYGON 1 2 3 4 5 6"));
    expect(() => parsePos("BOX 1 2 3 4")).toThrow(/CIRCLE, RANGE or POLYGON/);
    expect(() => parsePos("")).toThrow(/POS/);
  });

  it("SODA-12, 13: RANGE with open bounds", () => {
    expect(parsePos("RANGE -Inf 20 -5 +Inf")).toMatchObject({ raMinDegrees: 0, raMaxDegrees: 20, decMaxDegrees: 90 });
    expect(parsePos("RANGE -Inf +Inf -Inf +Inf")).toEqual({
      shape: "range",
      raMinDegrees: 0,
      raMaxDegrees: 360,
      decMinDegrees: -90,
      decMaxDegrees: 90,
    });
    expect(parsePos("RANGE 350 10 0 1")).toMatchObject({ raMinDegrees: 350, raMaxDegrees: 10 });
    expect(() => parsePos("RANGE 0 10 5 1")).toThrow(/latitude/);
    expect(() => parsePos("RANGE 0 400 1 5")).toThrow(/longitudes/);
  });

  it("SODA-22 to 25: several values are refused by name, never dropped", () => {
    for (const query of [
      "ID=b",
      "POS=CIRCLE 1 2 3",
      "CIRCLE=1 2 3",
      "BAND=1e-7 2e-7&BAND=2e-7 3e-7",
      "TIME=1 2&TIME=3 4",
    ]) {
      const request = () => soda(`ID=a&CIRCLE=1 2 3&${query}`);
      if (query.startsWith("BAND") || query.startsWith("TIME") || query.startsWith("ID")) {
        expect(request).toThrow(expect.objectContaining({ code: "multi-valued" }));
      } else {
        expect(request).toThrow(/POS, CIRCLE and POLYGON together have 2 values/);
      }
    }
  });

  it("refuses with a usage error, or understands, whatever is sent", () => {
    const names = fc.constantFrom(
      "ID",
      "POS",
      "CIRCLE",
      "POLYGON",
      "BAND",
      "TIME",
      "FILTER",
      "PLANE",
      "RESPONSEFORMAT",
      "RUNID",
    );
    const words = fc.constantFrom(
      "CIRCLE",
      "RANGE",
      "POLYGON",
      "1",
      "-90",
      "1e400",
      "Inf",
      "-Inf",
      "NaN",
      "g",
      "\u0000",
      "image",
    );
    const value = fc.oneof(
      fc.string(),
      fc.array(words).map((list) => list.join(" ")),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, value)), (entries) => {
        try {
          parseSodaParameters(new Parameters(entries));
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
          expect(["usage", "multi-valued"]).toContain((error as ServiceError).code);
          expect((error as ServiceError).message.length).toBeLessThan(600);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
