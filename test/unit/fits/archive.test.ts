import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readerOfBytes, type ByteReader } from "../../../src/fits/byte-reader.ts";
import { readHdus } from "../../../src/fits/hdu.ts";
import { describeImage } from "../../../src/fits/image.ts";
import { readTileDescriptor } from "../../../src/fits/tile-stream.ts";
import type { RangeSource } from "../../../src/storage/range-source.ts";

// A wider run: a folder with `truth_real.json` and the files that it describes, whose values are CFITSIO's and astropy's.
const folder = process.env.RECORTE_TEST_DATA;

type HduTruth = {
  readonly kind: string;
  readonly bitpix?: number;
  readonly naxis?: readonly number[];
  readonly bscale?: number;
  readonly bzero?: number;
  readonly blank?: number | null;
  readonly compression?: {
    readonly ztile: readonly number[];
    readonly zquantiz: string | null;
    readonly zdither0: number | null;
  };
};
type Truth = { readonly files: readonly { readonly file: string; readonly hdus: readonly HduTruth[] }[] };

describe.skipIf(folder === undefined || !existsSync(join(folder, "truth_real.json")))(
  "an archive of real files",
  () => {
    const truth: Truth =
      folder === undefined || !existsSync(join(folder, "truth_real.json"))
        ? { files: [] }
        : (JSON.parse(readFileSync(join(folder, "truth_real.json"), "utf8")) as Truth);

    test.each(truth.files.map(({ file, hdus }) => [file, hdus] as const))("%s", async (file, hdus) => {
      const stored = readFileSync(join(folder ?? "", "real", file));
      const bytes = new Uint8Array(file.endsWith(".gz") ? gunzipSync(stored) : stored);
      let index = 0;
      for await (const hdu of readHdus(readerOfBytes(file, bytes))) {
        const wanted = hdus[index++];
        if (wanted?.kind === "compressed_table") {
          expect(() => describeImage(hdu)).toThrow(/compressed table/);
          continue;
        }
        const image = describeImage(hdu);
        expect(image !== null).toBe(wanted?.naxis !== undefined);
        if (image === null || wanted === undefined) continue;
        const { bitpix, bscale, bzero, blank, shape } = image;
        expect({ bitpix, bscale, bzero, blank: blank ?? null, naxis: shape }).toEqual({
          bitpix: wanted.bitpix,
          bscale: wanted.bscale,
          bzero: wanted.bzero,
          blank: wanted.blank,
          naxis: wanted.naxis,
        });
        expect(image.kind === "tiled").toBe(wanted.compression !== undefined);
        if (image.kind === "plain" || wanted.compression === undefined) continue;
        expect(image.tileShape).toEqual(wanted.compression.ztile);
        if (image.quantiser.startsWith("dither")) expect(image.ditherSeed).toBe(wanted.compression.zdither0);
        const table = new DataView(bytes.buffer, image.tableStart, image.rowLength * image.tileCount);
        for (let tile = 0; tile < image.tileCount; tile++) {
          expect(readTileDescriptor(table, tile, image).length).toBeGreaterThan(0);
        }
      }
      expect(index).toBe(hdus.length);
    });
  },
);

test("a RangeSource can be read as FITS", () => {
  const asReader = (source: RangeSource): ByteReader => source;
  expect(asReader).toBeTypeOf("function");
});
