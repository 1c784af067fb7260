import { describe, expect, it } from "vitest";
import { formatFileName, formatJ, resultFileName } from "../../../src/cutout/file-name.ts";

describe("formatJ", () => {
  it.each([
    [36.30911, -10.18749, "J022514.18-101114.9"], // 2h25m14.1864s, -10°11'14.964"
    [0, 0, "J000000.00+000000.0"],
    [359.999999, 89.99999, "J235959.99+895959.9"], // cut off, so that it never reads 24h or 90°
    [15, -0.5, "J010000.00-003000.0"],
  ])("names RA %d, Dec %d", (raDegrees, decDegrees, name) => {
    expect(formatJ({ raDegrees, decDegrees })).toBe(name);
  });
});

describe("formatFileName", () => {
  it("says release, place, shape with its size, and bands", () => {
    const center = { raDegrees: 36.30911, decDegrees: -10.18749 };
    const parts = { release: "des_dr2", bands: ["g", "r"], name: "" };
    const named = (stencil: Parameters<typeof formatFileName>[0]["stencil"]) => formatFileName({ ...parts, stencil });
    expect(named({ shape: "circle", center, radiusDegrees: 1 / 60 })).toBe(
      "des_dr2_J022514.18-101114.9_circle60as_gr.fits",
    );
    const range = { shape: "range", raMinDegrees: 359, raMaxDegrees: 1, decMinDegrees: -1, decMaxDegrees: 1 } as const;
    expect(named(range)).toBe("des_dr2_J000000.00+000000.0_range7200asx7200as_gr.fits");
  });

  it("holds nothing that a file system or a header would stumble over", () => {
    const name = formatFileName({ release: '../"x\r\n', stencil: undefined, bands: ["ä/b"], name: "a b" });
    expect(name).toMatch(/^[A-Za-z0-9._+-]+$/);
  });
});

describe("resultFileName", () => {
  it.each([
    ["des_dr2_J022514.18-101114.9_circle60as_g.fits", 12, 40, "des_dr2_J022514.18-101114.9_circle60as_g_00012.fits"],
    ["a.fits", 7, 1_000_000, "a_0000007.fits"],
    ["a.fits.fz", 1, 2, "a_00001.fits.fz"],
    ["a.png", 1, 2, "a_00001.png"],
    ["a_1.5_b", 1, 2, "a_1.5_b_00001"],
    ["a.fits", 1, 1, "a.fits"],
  ])("of %s, number %d of %d, is %s", (fileName, number, total, name) => {
    expect(resultFileName(fileName, number, total)).toBe(name);
  });

  it("is no other file's of the job, also where cutouts have the same name", () => {
    const names = ["a.fits", "a_00002.fits", "a.png"].flatMap((name) =>
      Array.from({ length: 300 }, (_, i) => [name, i + 1] as const),
    );
    // The number of a result is its own.
    const made = names.map(([name], i) => resultFileName(name, i + 1, names.length));
    expect(new Set(made).size).toBe(names.length);
  });
});
