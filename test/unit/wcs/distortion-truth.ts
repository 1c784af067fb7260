import { readFileSync } from "node:fs";
import type { Header } from "../../../src/fits/header.ts";

export type Image = { file: string; cards: string[]; pixels: [number, number][]; sky: [number, number][] };

const { images } = JSON.parse(
  readFileSync(new URL("../../fixtures/wcs-distortion/distortions.json", import.meta.url), "utf8"),
) as { images: Image[] };

export function imagesOf(pattern: RegExp): Image[] {
  const found = images.filter(({ file }) => pattern.test(file));
  if (found.length === 0) throw new Error(`no image like ${pattern.source}`);
  return found;
}

/** A card with a number, in the fixed format. */
export function card(keyword: string, value: number | string): string {
  const text = typeof value === "number" ? String(value).toUpperCase().padStart(20) : `'${value}'`;
  return `${keyword.padEnd(8)}= ${text}`.padEnd(80);
}

/** The linear part of a header with CRPIX and CD: (pixel from 0) → offset from CRPIX, → plane in degrees. */
export function linearOf(header: Header) {
  const number = (keyword: string) => header.getNumber(keyword) ?? 0;
  return {
    offset: ([x, y]: readonly [number, number]) => [x + 1 - number("CRPIX1"), y + 1 - number("CRPIX2")] as const,
    toPlane: ([u, v]: readonly [number, number]) =>
      [number("CD1_1") * u + number("CD1_2") * v, number("CD2_1") * u + number("CD2_2") * v] as const,
    fromPlane: ([x, y]: readonly [number, number]) => {
      const [a, b, c, d] = [number("CD1_1"), number("CD1_2"), number("CD2_1"), number("CD2_2")];
      return [(d * x - b * y) / (a * d - b * c), (a * y - c * x) / (a * d - b * c)] as const;
    },
  };
}

/** Tangent plane about CRVAL, degrees, from the text-book formula (Paper II, section 5.1.3, with the pole in the north). */
export function tangentPlane(header: Header, [ra, dec]: readonly [number, number]): readonly [number, number] {
  const rad = Math.PI / 180;
  const ra0 = (header.getNumber("CRVAL1") ?? 0) * rad;
  const dec0 = (header.getNumber("CRVAL2") ?? 0) * rad;
  const [a, d] = [ra * rad - ra0, dec * rad];
  const depth = Math.sin(d) * Math.sin(dec0) + Math.cos(d) * Math.cos(dec0) * Math.cos(a);
  const north = Math.sin(d) * Math.cos(dec0) - Math.cos(d) * Math.sin(dec0) * Math.cos(a);
  return [(Math.cos(d) * Math.sin(a)) / depth / rad, north / depth / rad];
}
