import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { maskRowsInPlace, planOutsideMask } from "../../../src/cutout/mask-outside.ts";
import { createHeader, type Header } from "../../../src/fits/header.ts";
import { formatCard } from "../../../src/fits/card-format.ts";
import { parsePos } from "../../../src/ivoa/dali-values.ts";
import type { PixelRows } from "../../../src/raster/pixel-rows.ts";
import type { PixelWindow } from "../../../src/raster/pixel-window.ts";
import { parseWcs } from "../../../src/wcs/parse-wcs.ts";

type Case = { name: string; header: Record<string, string | number>; pos: string; inside: string; open: string };
const truthFile = join(import.meta.dirname, "../../fixtures/mask/truth.json");
const { cases } = JSON.parse(readFileSync(truthFile, "utf8")) as { cases: Case[] };

const headerOf = (values: Record<string, string | number>): Header =>
  createHeader(
    Object.entries(values).map(([keyword, value]) =>
      formatCard(keyword, keyword.startsWith("NAXIS") || typeof value === "string" ? value : { float: value }),
    ),
  );

function imageOf(values: Record<string, string | number>, bitpix = -32) {
  const header = headerOf({ NAXIS: 2, ...values });
  return { name: "image", header, bitpix, wcs: parseWcs(header) };
}

/** One bit a pixel, first pixel first. */
function bitsOf(packed: string): (index: number) => boolean {
  const bytes = inflateSync(Buffer.from(packed, "base64"));
  return (index) => ((bytes[index >> 3] >> (7 - (index & 7))) & 1) === 1;
}

/** Rows of pixels that are all 1, a few at a time. */
async function* ones(window: PixelWindow, bytesPerPixel: number): AsyncGenerator<PixelRows> {
  for (let firstRow = 0; firstRow < window.height; firstRow += 7) {
    const rowCount = Math.min(7, window.height - firstRow);
    const bytes = new Uint8Array(rowCount * window.width * bytesPerPixel).fill(1);
    yield await Promise.resolve({ plane: 0, firstRow, rowCount, bytes });
  }
}

/** Truth by astropy and WCSLIB: test/fixtures/mask/make_truth.py. */
describe.each(cases)("$name", ({ header, pos, inside, open }) => {
  const [width, height] = [Number(header.NAXIS1), Number(header.NAXIS2)];
  const isInside = bitsOf(inside);
  const isOpen = bitsOf(open);

  it.each([
    ["the whole image", { x0: 0, y0: 0, width, height }],
    ["a part of it", { x0: (width * 0.4) | 0, y0: (height * 0.3) | 0, width: (width * 0.4) | 0, height: height >> 1 }],
  ])("%s: every pixel outside is null, every pixel inside is kept", async (_, window) => {
    const mask = planOutsideMask(imageOf(header), window, parsePos(pos));
    const wrong: string[] = [];
    let row = 0;
    for await (const { bytes, rowCount } of maskRowsInPlace(ones(window, 4), window, mask)) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0; i < rowCount * window.width; i++) {
        const [x, y] = [window.x0 + (i % window.width), window.y0 + row + Math.floor(i / window.width)];
        const index = y * width + x;
        const isKept = !Number.isNaN(view.getFloat32(4 * i));
        if (isKept !== isInside(index) && !isOpen(index)) wrong.push(`${x},${y}`);
      }
      row += rowCount;
    }
    expect(row).toBe(window.height);
    expect([wrong.length, wrong.slice(0, 8)]).toEqual([0, []]);
  });
});

describe("maskRowsInPlace", () => {
  it("masks every plane of a cube alike", async () => {
    const window = { x0: 0, y0: 0, width: 300, height: 280 };
    const mask = planOutsideMask(imageOf(cases[0].header), window, parsePos(cases[0].pos));
    async function* planes() {
      for (const plane of [0, 1]) for await (const rows of ones(window, 4)) yield { ...rows, plane };
    }
    const found: Buffer[][] = [[], []];
    for await (const { plane, bytes } of maskRowsInPlace(planes(), window, mask)) found[plane].push(Buffer.from(bytes));
    const [first, second] = found.map((parts) => Buffer.concat(parts));
    expect(first.length).toBe(300 * 280 * 4);
    expect(first.equals(second)).toBe(true);
  });
});

const MEANS_SOMETHING = expect.stringMatching(/^Cannot mask image: its pixels/) as string;

describe("planOutsideMask", () => {
  const window = { x0: 0, y0: 0, width: 300, height: 280 };
  const plan = (bitpix: number, values: Record<string, number> = {}) => {
    const image = imageOf(cases[0].header, bitpix);
    const cards = Object.entries(values).map(([keyword, value]) => formatCard(keyword, value));
    const header = createHeader([...image.header.cards, ...cards]);
    const mask = planOutsideMask({ ...image, header }, window, parsePos(cases[0].pos));
    return [
      Buffer.from(mask.nullPixel).toString("hex"),
      ...mask.cards.map(({ keyword, value }) => `${keyword} ${String(value as string | number | bigint)}`),
    ];
  };

  it("makes NaN of floats, the image's BLANK of integers, or the smallest of them with a BLANK of its own", () => {
    expect(plan(-32)).toEqual(["7fc00000", "CUTMASK outside"]);
    expect(plan(-64)).toEqual(["7ff8000000000000", "CUTMASK outside"]);
    expect(plan(16, { BLANK: -99 })).toEqual(["ff9d", "CUTMASK outside"]);
    expect(plan(8, { BLANK: 255 })).toEqual(["ff", "CUTMASK outside"]);
    expect(plan(16, { BLANK: -99, BZERO: 32768 })).toEqual(["ff9d", "CUTMASK outside"]);
    expect(plan(16)).toEqual(["8000", "BLANK -32768", "CUTMASK outside"]);
    expect(plan(16, { BLANK: 70_000 }), "no pixel can be 70000").toEqual(["8000", "BLANK -32768", "CUTMASK outside"]);
    expect(plan(32, { BZERO: 100 })).toEqual(["80000000", "BLANK -2147483648", "CUTMASK outside"]);
    expect(plan(64)).toEqual(["8000000000000000", "BLANK -9223372036854775808", "CUTMASK outside"]);
  });

  it.each([
    [8, {}],
    [8, { BZERO: -128 }],
    [8, { BLANK: -1 }],
    [16, { BZERO: 32768 }],
    [32, { BZERO: 2147483648 }],
  ])("refuses integers of %i bits, all of whose values are taken: %o", (bitpix, values) => {
    expect(() => plan(bitpix, values)).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: MEANS_SOMETHING,
      }),
    );
  });

  it("refuses an outline that cannot be followed in half a second", () => {
    const image = imageOf({ ...cases[0].header, CD1_1: -1e-7, CD2_2: 1e-7 });
    const large = { x0: -1e8, y0: -1e8, width: 2e8, height: 2e8 };
    const masking = () => planOutsideMask(image, large, parsePos("CIRCLE 36.3 -10.2 5"));
    expect(masking).toThrow(expect.objectContaining({ code: "over-limit" }));
  });
});
