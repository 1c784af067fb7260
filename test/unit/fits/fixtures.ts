import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { readerOfBytes, type ByteReader } from "../../../src/fits/byte-reader.ts";
import { formatCard } from "../../../src/fits/card-format.ts";
import type { HeaderValue } from "../../../src/fits/card-value.ts";
import { formatHeader } from "../../../src/fits/header.ts";

const folder = new URL("../../fixtures/fits/", import.meta.url);

/** The bytes of a fixture, unwrapped where it is a .gz. */
export function fixture(name: string): Uint8Array {
  const bytes = readFileSync(new URL(name, folder));
  return new Uint8Array(name.endsWith(".gz") ? gunzipSync(bytes) : bytes);
}

/** What astropy and funpack say of a file: see make_truth.py beside it. */
export type HduTruth = {
  readonly name: string;
  readonly version: number;
  readonly headerStart: number;
  readonly dataStart: number;
  readonly dataLength: number;
  readonly end: number;
  readonly cards: number;
  readonly tiles?: readonly {
    readonly column: string;
    readonly start: number;
    readonly length: number;
    readonly ZSCALE: number | null;
    readonly ZZERO: number | null;
  }[];
  readonly funpackHeader?: readonly (readonly [string, HeaderValue | null])[];
};

export const truth = JSON.parse(readFileSync(new URL("truth.json", folder), "utf8")) as Record<string, HduTruth[]>;

/** A file of headers with these keywords, each followed by its data. */
export function fileOf(...hdus: { cards: Record<string, HeaderValue>; data?: Uint8Array }[]): Uint8Array {
  const parts = hdus.flatMap(({ cards, data = new Uint8Array(0) }) => [
    formatHeader(Object.entries(cards).map(([keyword, value]) => formatCard(keyword, value))),
    data,
    new Uint8Array((2880 - (data.length % 2880)) % 2880),
  ]);
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Counts what is read of a file. */
export function countingReader(bytes: Uint8Array): ByteReader & { ranges: { start: number; length: number }[] } {
  const inner = readerOfBytes("counted.fits", bytes);
  const ranges: { start: number; length: number }[] = [];
  return { ...inner, ranges, read: (range) => (ranges.push(range), inner.read(range)) };
}
