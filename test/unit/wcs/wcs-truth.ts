import { readFileSync } from "node:fs";
import { parseCards } from "../../../src/fits/card.ts";
import { createHeader } from "../../../src/fits/header.ts";
import type { Header } from "../../../src/fits/header.ts";
import { parseWcs } from "../../../src/wcs/parse-wcs.ts";
import { pixelToWorld, worldToPixel } from "../../../src/wcs/wcs.ts";
import type { Wcs } from "../../../src/wcs/wcs.ts";

/** One header with points by WCSLIB; two numbers alone where it has no answer. */
export type WcsCase = {
  readonly name: string;
  readonly cards: readonly string[];
  /** x, y (from 0), longitude, latitude (degrees). */
  readonly pixelToWorld: readonly (readonly number[])[];
  /** Longitude, latitude, x, y. */
  readonly worldToPixel: readonly (readonly number[])[];
};

export function readCases(fileName: string): WcsCase[] {
  const url = new URL(`../../fixtures/wcs/${fileName}`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { cases: WcsCase[] }).cases;
}

export function headerOfCards(cards: readonly string[]): Header {
  return createHeader(parseCards(new TextEncoder().encode(cards.map((card) => card.padEnd(80)).join(""))));
}

/** A header of these keywords, numbers as JavaScript writes them. */
export function headerOf(values: Record<string, string | number | boolean>): Header {
  const format = (value: string | number | boolean) =>
    typeof value === "string" ? `'${value}'` : typeof value === "boolean" ? (value ? "T" : "F") : String(value);
  return headerOfCards(Object.entries(values).map(([keyword, value]) => `${keyword.padEnd(8)}= ${format(value)}`));
}

export function getWcs(header: Header, options: { alternate?: string } = {}): Wcs {
  const wcs = parseWcs(header, options);
  if (wcs === null) throw new Error("the header has no celestial WCS");
  return wcs;
}

/** Degrees between two directions. */
export function separation(lonA: number, latA: number, lonB: number, latB: number): number {
  const radians = Math.PI / 180;
  const a = Math.sin(((latA - latB) / 2) * radians);
  const b = Math.sin(((lonA - lonB) / 2) * radians);
  const squared = a * a + Math.cos(latA * radians) * Math.cos(latB * radians) * b * b;
  return (2 * Math.asin(Math.sqrt(Math.min(squared, 1)))) / radians;
}

export type Differences = {
  /** Greatest distance from WCSLIB, degrees of the sky. */
  toWorld: number;
  toPixel: number;
  /** Greatest distance from a point after there and back, degrees of the sky. */
  thereAndBack: number;
  /** Points that one side has and the other has not. */
  missing: (readonly number[])[];
  extraWorld: (readonly number[])[];
  extraPixel: (readonly number[])[];
};

/** How far the points of a case are from what we make of its header. */
export function compare({ cards, ...points }: WcsCase): Differences {
  const wcs = getWcs(headerOfCards(cards));
  const found: Differences = { toWorld: 0, toPixel: 0, thereAndBack: 0, missing: [], extraWorld: [], extraPixel: [] };
  for (const point of points.pixelToWorld) {
    const [x = NaN, y = NaN, lon, lat] = point;
    const world = pixelToWorld(wcs, x, y);
    if (lon === undefined || lat === undefined) {
      if (world !== null) found.extraWorld.push(point);
      continue;
    }
    if (world === null) {
      found.missing.push(point);
      continue;
    }
    found.toWorld = Math.max(found.toWorld, separation(world.lonDegrees, world.latDegrees, lon, lat));
    const pixel = worldToPixel(wcs, world);
    const back = pixel && pixelToWorld(wcs, pixel.x, pixel.y);
    const away = back ? separation(back.lonDegrees, back.latDegrees, world.lonDegrees, world.latDegrees) : Infinity;
    found.thereAndBack = Math.max(found.thereAndBack, away);
  }
  for (const point of points.worldToPixel) {
    const [lonDegrees = NaN, latDegrees = NaN, x, y] = point;
    const pixel = worldToPixel(wcs, { lonDegrees, latDegrees });
    const ours = pixel && pixelToWorld(wcs, pixel.x, pixel.y);
    if (pixel !== null) {
      const away = ours ? separation(ours.lonDegrees, ours.latDegrees, lonDegrees, latDegrees) : Infinity;
      found.thereAndBack = Math.max(found.thereAndBack, away);
    }
    if (x === undefined || y === undefined) {
      if (pixel !== null) found.extraPixel.push(point);
      continue;
    }
    if (pixel === null) {
      found.missing.push(point);
      continue;
    }
    // Where the plane runs to infinity a pixel is nothing on the sky: the smaller of both measures counts.
    const inPlane = Math.hypot(pixel.x - x, pixel.y - y) * wcs.pixelScaleDegrees;
    const theirs = pixelToWorld(wcs, x, y);
    const onSky =
      ours && theirs ? separation(ours.lonDegrees, ours.latDegrees, theirs.lonDegrees, theirs.latDegrees) : Infinity;
    found.toPixel = Math.max(found.toPixel, Math.min(inPlane, onSky));
  }
  return found;
}
