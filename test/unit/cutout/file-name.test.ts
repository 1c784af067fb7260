import { describe, expect, it } from "vitest";
import { formatFileName, formatJ } from "../../../src/cutout/file-name.ts";

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
