import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePos } from "../../../src/ivoa/dali-values.ts";
import { formatPos, parseSize } from "../../../src/jobs/list-size.ts";
import { separationDegrees } from "../../../src/sky/separation.ts";

type Box = { ra: number; dec: number; size: string; corners: readonly (readonly [number, number])[] };
const boxes = JSON.parse(
  readFileSync(new URL("../../fixtures/lists/boxes.json", import.meta.url), "utf8"),
) as readonly Box[];

describe("parseSize", () => {
  it.each([
    ["1", [1]],
    [" 2.5 ", [2.5]],
    ["1e1", [10]],
    [".5", [0.5]],
    ["1,2", [1, 2]],
    ["1 2", [1, 2]],
    ["1x2", [1, 2]],
    ["1.5 X 2.5", [1.5, 2.5]],
    ["1 × 2", [1, 2]],
    ["10800", [10800]],
  ])("reads %j", (text, numbers) => {
    const size = parseSize(text, "SIZE");
    expect(size.kind === "circle" ? [size.diameterArcmin] : [size.widthArcmin, size.heightArcmin]).toEqual(numbers);
  });

  it.each([
    "",
    "0",
    "-1",
    "1 0",
    "1 2 3",
    "x",
    "1,",
    "1x",
    "NaN",
    "Inf",
    "1e999",
    "10801",
    "1..2",
    ".",
    "1'",
    "1 arcmin",
  ])("refuses %j", (text) => {
    expect(() => parseSize(text, "SIZE")).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("refuses at once what is a megabyte long", () => {
    const started = performance.now();
    for (const text of ["1".repeat(1e6), " ".repeat(1e6), "1 ".repeat(5e5), ".".repeat(1e6)]) {
      expect(() => parseSize(text, "SIZE")).toThrow(/^Cannot read SIZE .{1,200}$/);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("the shape about a position", () => {
  it("of one number is a circle, whose window is as wide", () => {
    const text = formatPos({ raDegrees: 1e-7, decDegrees: -10.5 }, parseSize("3", "SIZE"));
    expect(text).toBe("CIRCLE 1e-7 -10.5 0.025");
    expect(parsePos(text)).toMatchObject({ shape: "circle", radiusDegrees: 0.025 });
  });

  it.each(boxes)("of $size at $ra $dec has the corners that WCSLIB finds", ({ ra, dec, size, corners }) => {
    const stencil = parsePos(formatPos({ raDegrees: ra, decDegrees: dec }, parseSize(size, "SIZE")));
    if (stencil.shape !== "polygon") throw new Error("It is no polygon");
    expect(stencil.vertices).toHaveLength(4);
    for (const [i, [raDegrees, decDegrees]] of corners.entries()) {
      // A tenth of a milliarcsecond.
      expect(separationDegrees(stencil.vertices[i], { raDegrees, decDegrees })).toBeLessThan(3e-8);
    }
  });

  it("is a POS that can be read, whatever the position and size", () => {
    const size = fc.double({ min: 1e-9, max: 10800, noNaN: true });
    const position = fc.record({
      raDegrees: fc.double({ min: 0, max: 360, maxExcluded: true, noNaN: true }),
      decDegrees: fc.double({ min: -90, max: 90, noNaN: true }),
    });
    fc.assert(
      fc.property(position, size, size, (at, width, height) => {
        expect(parsePos(formatPos(at, { kind: "circle", diameterArcmin: width })).shape).toBe("circle");
        const box = { kind: "box", widthArcmin: width, heightArcmin: height } as const;
        expect(parsePos(formatPos(at, box)).shape).toBe("polygon");
      }),
    );
  });
});
