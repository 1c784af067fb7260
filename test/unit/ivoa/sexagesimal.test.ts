import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAngle } from "../../../src/ivoa/sexagesimal.ts";

type Truth = Readonly<Record<"ra" | "dec", readonly (readonly [string, number])[]>>;
const truth = JSON.parse(readFileSync(new URL("../../fixtures/lists/angles.json", import.meta.url), "utf8")) as Truth;

describe("an angle", () => {
  it.each(truth.ra)("as RA %s is %d degrees, as astropy reads it", (text, degrees) => {
    expect(parseAngle(text, { axis: "ra" })).toBeCloseTo(degrees, 11);
  });

  it.each(truth.dec)("as Dec %s is %d degrees, as astropy reads it", (text, degrees) => {
    expect(parseAngle(text, { axis: "dec" })).toBeCloseTo(degrees, 11);
  });

  it.each([
    [" 36.30911 ", 36.30911],
    ["3.6e1", 36],
    ["360", 360],
    ["36d18m32.796s", 36.30911],
    ["02 ʰ", null],
    ["−0", 0],
  ])("as RA %j is %d degrees, whatever else is written", (text, degrees) => {
    const read = parseAngle(text, { axis: "ra" });
    if (degrees === null) expect(read).toHaveProperty("problem");
    else expect(read).toBeCloseTo(degrees, 11);
  });

  it("in hours as a decimal is 15 times as many degrees", () => {
    expect(parseAngle("2.5", { axis: "ra", unit: "hours" })).toBe(37.5);
    expect(parseAngle("2:30:00", { axis: "ra", unit: "hours" })).toBe(37.5);
  });

  it.each([
    ["ra", "", "none"],
    ["ra", "x", "neither"],
    ["ra", "1,5", "neither"],
    ["ra", "0x10", "neither"],
    ["ra", "NaN", "neither"],
    ["ra", "-1", "outside 0 to 360"],
    ["ra", "1e309", "outside"],
    ["ra", "25:00:00", "outside"],
    ["ra", "1:60:00", "60 minutes"],
    ["ra", "1:00:60", "60 seconds"],
    ["ra", "1:2.5:3", "neither"],
    ["ra", "1:2:3:4", "neither"],
    ["dec", "90.0001", "outside -90 to 90"],
    ["dec", "-90:00:00.1", "outside"],
    ["dec", "2h25m14s", "hours"],
    ["dec", "--1", "neither"],
    ["dec", "٣", "neither"],
  ] as const)("as %s %j is refused: %s", (axis, text, reason) => {
    expect(parseAngle(text, { axis })).toEqual({ problem: expect.stringContaining(reason) as string });
  });

  it("is in its range, or refused, whatever the text", () => {
    const part = fc.oneof(
      fc.constantFrom("12", "-12", "60", "h", "d", "m", "s", ":", " ", "°", "'", '"', ".", "e", "+", "−", "99999"),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.constantFrom("ra" as const, "dec" as const), (value, axis) => {
        const read = parseAngle(value, { axis });
        if (typeof read !== "number") return read.problem.length < 200;
        return axis === "ra" ? read >= 0 && read <= 360 : Math.abs(read) <= 90;
      }),
      { numRuns: 500 },
    );
  });

  it("is refused at once where it is a megabyte long", () => {
    const started = performance.now();
    for (const text of ["1".repeat(1e6), " ".repeat(1e6), `1${" ".repeat(1e6)}x`, "1:".repeat(5e5), "-".repeat(1e6)]) {
      expect(parseAngle(text, { axis: "ra" })).toHaveProperty("problem");
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
