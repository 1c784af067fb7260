import { readFileSync } from "node:fs";

/** Streams that CFITSIO made, and what it decodes from them (test/fixtures/codec-streams/make-streams.c). */
export type HcompressCase = {
  readonly kind: "hcompress";
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly stream: Uint8Array;
  /** int32, little-endian, in rows. */
  readonly pixels: Uint8Array;
  /** The same with SMOOTH = 1. */
  readonly smoothed: Uint8Array;
};
export type PlioCase = {
  readonly kind: "plio";
  readonly name: string;
  readonly count: number;
  readonly stream: Uint8Array;
  readonly pixels: Uint8Array;
};

type Place = readonly [offset: number, length: number];
type Row<T> = { readonly [K in keyof T]: T[K] extends Uint8Array ? Place : T[K] };

const folder = new URL("../fixtures/codec-streams/", import.meta.url);
const bytes = readFileSync(new URL("streams.bin", folder));
const rows = JSON.parse(readFileSync(new URL("cases.json", folder), "utf8")) as (Row<HcompressCase> | Row<PlioCase>)[];
const at = ([offset, length]: Place) => bytes.subarray(offset, offset + length);

export const hcompressCases: readonly HcompressCase[] = rows
  .filter((row) => row.kind === "hcompress")
  .map((row) => ({
    ...row,
    stream: at(row.stream),
    pixels: at(row.pixels),
    // Left out where the scale is too small to smooth anything.
    smoothed: at((row as Partial<typeof row>).smoothed ?? row.pixels),
  }));
export const plioCases: readonly PlioCase[] = rows
  .filter((row) => row.kind === "plio")
  .map((row) => ({ ...row, stream: at(row.stream), pixels: at(row.pixels) }));
