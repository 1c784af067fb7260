import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ServiceError } from "../../../src/errors.ts";
import { readerOfBytes } from "../../../src/fits/byte-reader.ts";
import { parseColumnForm } from "../../../src/fits/bintable.ts";
import { findHdu } from "../../../src/fits/hdu.ts";
import { describeImage, type PlainImage } from "../../../src/fits/image.ts";
import { formatHeader, parseHeader } from "../../../src/fits/header.ts";
import type { HeaderValue } from "../../../src/fits/card-value.ts";
import type { TiledImage } from "../../../src/fits/tiled-image.ts";
import { readCompressedStreams, readTileDescriptor } from "../../../src/fits/tile-stream.ts";
import { fileOf, fixture, truth } from "./fixtures.ts";

async function imageOf(bytes: Uint8Array, index: number) {
  return describeImage(await findHdu(readerOfBytes("test.fits", bytes), { index }));
}
function tableOf(bytes: Uint8Array, tiled: TiledImage): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + tiled.tableStart, tiled.rowLength * tiled.tileCount);
}

/** A length of 0 leaves a row for `readTileDescriptor`. */
function expectSameStreams(table: DataView, tiled: TiledImage): void {
  const { tileCount, columns } = tiled;
  const numbers = () => new Float64Array(tileCount).fill(-7);
  const numbersOf = (column: unknown) => (column === undefined ? null : numbers());
  const found = {
    offsets: numbers(),
    lengths: numbers(),
    scales: numbersOf(columns.scale),
    zeros: numbersOf(columns.zero),
    nullValues: numbersOf(columns.nullValue),
  };
  readCompressedStreams(table, tiled, found);
  for (let tile = 0; tile < tileCount; tile++) {
    const read = streamOrNull(table, tile, tiled);
    if (read?.storage !== "compressed") {
      expect(found.lengths[tile]).toBe(0);
      continue;
    }
    const { offset, length, scale, zero, nullValue } = read;
    expect([found.offsets[tile], found.lengths[tile]]).toEqual([offset, length]);
    if (found.scales !== null) expect(found.scales[tile]).toBe(scale);
    if (found.zeros !== null) expect(found.zeros[tile]).toBe(zero);
    if (found.nullValues !== null) expect(found.nullValues[tile]).toBe(nullValue);
  }
}

function streamOrNull(table: DataView, tile: number, tiled: TiledImage) {
  try {
    return readTileDescriptor(table, tile, tiled);
  } catch (error) {
    expect(error).toMatchObject({ code: "corrupt-data" });
    return null;
  }
}

const compressed = Object.entries(truth).flatMap(([name, hdus]) =>
  hdus.flatMap((hdu, index) => (hdu.tiles ? [{ name, index, hdu }] : [])),
);

describe("tile-compressed images", () => {
  test.each(compressed)("$name[$index]: tiles lie where astropy finds them", async ({ name, index, hdu }) => {
    const bytes = fixture(name);
    const tiled = (await imageOf(bytes, index)) as TiledImage;
    const wanted = hdu.tiles ?? [];
    // make_truth.py takes all tiles of a small table, else the first two and the last.
    const tiles = wanted.length === tiled.tileCount ? wanted.map((_, tile) => tile) : [0, 1, tiled.tileCount - 1];
    expect(tiles.length).toBe(wanted.length);
    tiles.forEach((tile, i) => {
      const stream = readTileDescriptor(tableOf(bytes, tiled), tile, tiled);
      const { column, start, length, ZSCALE, ZZERO } = wanted[i] ?? {};
      expect(
        { compressed: "COMPRESSED_DATA", gzip: "GZIP_COMPRESSED_DATA", uncompressed: "UNCOMPRESSED_DATA" }[
          stream.storage
        ],
      ).toBe(column);
      expect(stream.length).toBe(length);
      const at = tiled.heapStart + stream.offset;
      expect(bytes.subarray(at, at + stream.length)).toEqual(bytes.subarray(start, (start ?? 0) + stream.length));
      expect([stream.scale, stream.zero]).toEqual([ZSCALE ?? 1, ZZERO ?? 0]);
    });
  });

  test.each(compressed)("$name[$index]: rows read together are those read one by one", async ({ name, index }) => {
    const bytes = fixture(name);
    const tiled = (await imageOf(bytes, index)) as TiledImage;
    expectSameStreams(tableOf(bytes, tiled), tiled);
  });

  test.each(compressed)("$name[$index]: the header is the one that funpack writes", async ({ name, index, hdu }) => {
    const tiled = (await imageOf(fixture(name), index)) as TiledImage;
    const mine: [string, HeaderValue | null][] = tiled.imageHeader.cards
      .filter((card) => card.hasValue)
      .map((card) => [card.keyword, card.value ?? null]);
    // funpack writes checksums of its own.
    const isOfContent = ([keyword]: readonly [string, unknown]) => keyword !== "CHECKSUM" && keyword !== "DATASUM";
    const byKeyword = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1);
    const theirs = [...(hdu.funpackHeader ?? [])].filter(isOfContent).sort(byKeyword);
    expect(mine.filter(isOfContent).sort(byKeyword)).toEqual(theirs);
  });

  test("a DES plane is described", async () => {
    // The values are fpack's, read with `listhead`.
    const bytes = fixture("DESJ035621.6-524840.0_g.fits.fz");
    expect(await imageOf(bytes, 1)).toMatchObject({
      kind: "tiled",
      bitpix: -32,
      shape: [228, 228],
      codec: "RICE_1",
      tileShape: [228, 1],
      tilesPerAxis: [1, 228],
      tileCount: 228,
      blockSize: 32,
      bytePixel: 4,
      quantiser: "dither-2",
      ditherSeed: 216,
    });
    expect(await imageOf(bytes, 2)).toMatchObject({ codec: "PLIO_1", bitpix: 32, quantiser: "none", ditherSeed: 1 });
  });

  test("a cube in tiles of rows and an HCOMPRESS image in one tile", async () => {
    expect(await imageOf(fixture("galsim_test_cubeF.fits.fz"), 1)).toMatchObject({
      shape: [7, 5, 12],
      tileShape: [7, 1, 1],
      tilesPerAxis: [1, 5, 12],
      quantiser: "dither-1",
    });
    expect(await imageOf(fixture("m13_hcomp.fits"), 1)).toMatchObject({ codec: "HCOMPRESS_1", tileShape: [300, 300] });
  });

  test("a compressed table is unsupported", async () => {
    await expect(imageOf(fixture("bt12.fits.fz"), 1)).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("what the table may say", () => {
  const CARDS: Record<string, HeaderValue> = {
    XTENSION: "BINTABLE",
    BITPIX: 8,
    NAXIS: 2,
    NAXIS1: 16,
    NAXIS2: 2,
    PCOUNT: 40,
    GCOUNT: 1,
    TFIELDS: 1,
    TTYPE1: "COMPRESSED_DATA",
    TFORM1: "1QI(4)",
    ZIMAGE: true,
    ZCMPTYPE: "RICE_1",
    ZBITPIX: 16,
    ZNAXIS: 2,
    ZNAXIS1: 10,
    ZNAXIS2: 2,
    THEAP: 40,
  };
  const row = (length: bigint, offset: bigint) => {
    const view = new DataView(new ArrayBuffer(16));
    view.setBigInt64(0, length);
    view.setBigInt64(8, offset);
    return new Uint8Array(view.buffer);
  };
  async function tiledOf(cards: Record<string, HeaderValue>, rows: Uint8Array[] = []) {
    const data = new Uint8Array(72);
    rows.forEach((bytes, i) => data.set(bytes, 16 * i));
    const file = fileOf({ cards: { SIMPLE: true, BITPIX: 8, NAXIS: 0 } }, { cards: { ...CARDS, ...cards }, data });
    const tiled = (await imageOf(file, 1)) as TiledImage;
    return { tiled, table: tableOf(file, tiled) };
  }

  test("64-bit descriptors count elements, and the heap may begin after a gap", async () => {
    const { tiled, table } = await tiledOf({}, [row(4n, 0n), row(16n, 0n)]);
    expect([tiled.heapStart - tiled.tableStart, tiled.heapLength]).toEqual([40, 32]);
    expect(tiled).toMatchObject({ blockSize: 32, bytePixel: 4, tileShape: [10, 1] });
    expect(readTileDescriptor(table, 0, tiled)).toMatchObject({ storage: "compressed", offset: 0, length: 8 });
    expect(readTileDescriptor(table, 1, tiled)).toMatchObject({ offset: 0, length: 32 });
  });

  test("part of a table can be handed over", async () => {
    const { tiled, table } = await tiledOf({}, [row(4n, 0n), row(3n, 2n)]);
    const second = new DataView(table.buffer, table.byteOffset + 16, 16);
    expect(readTileDescriptor(second, 1, tiled, 1)).toMatchObject({ offset: 2, length: 6 });
    expect(() => readTileDescriptor(second, 0, tiled, 1)).toThrow(/not handed over/);
  });

  test.each([
    [17n, 0n],
    [1n, 31n],
    [1n, 33n],
    [-1n, 0n],
    [1n, -1n],
    [2n ** 62n, 0n],
    [1n, 2n ** 62n],
    [0n, 0n],
  ])("a descriptor of %s elements at %s is corrupt", async (length, offset) => {
    const { tiled, table } = await tiledOf({}, [row(length, offset), row(4n, 0n)]);
    expect(() => readTileDescriptor(table, 0, tiled)).toThrow(expect.objectContaining({ code: "corrupt-data" }));
    expectSameStreams(table, tiled);
  });

  test.each([
    [17, 0],
    [1, 31],
    [16, 0],
    [0, 0],
    [2 ** 32 - 1, 0],
    [1, 2 ** 32 - 1],
  ])("32-bit descriptors of %s elements at %s are the same read together", async (length, offset) => {
    const descriptor = new DataView(new ArrayBuffer(8));
    descriptor.setUint32(0, length);
    descriptor.setUint32(4, offset);
    for (const TFORM1 of ["1PI(4)", "1PX(4)", "1PB(4)", "0PB(4)"]) {
      const fields = { TFIELDS: 2, TFORM1, TTYPE2: "GZIP_COMPRESSED_DATA", TFORM2: "1PB" };
      const { tiled, table } = await tiledOf(fields, [new Uint8Array(descriptor.buffer)]);
      expectSameStreams(table, tiled);
    }
  });

  test.each(["B", "I", "J", "K", "E", "D"])("a scale of type %s is the same read together", async (code) => {
    const fields = { TFIELDS: 2, TFORM1: "1PB(4)", TTYPE2: "ZSCALE", TFORM2: `1${code}` };
    const bytes = Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0x41, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x80);
    const { tiled, table } = await tiledOf(fields, [bytes, bytes]);
    expect(streamOrNull(table, 1, tiled)?.storage).toBe("compressed");
    expectSameStreams(table, tiled);
  });

  test.each<[string, Record<string, HeaderValue>]>([
    ["a number of rows that is not that of its tiles", { ZNAXIS2: 3 }],
    ["a tile of no pixels", { ZTILE1: 0 }],
    ["a heap before the end of the table", { THEAP: 31 }],
    ["a heap after the data", { THEAP: 73 }],
    ["columns wider than its rows", { TFORM1: "1QI", TFIELDS: 2, TFORM2: "J" }],
    ["a table of one axis", { NAXIS: 1 }],
    ["no column of data", { TTYPE1: "SOMETHING" }],
    ["a column of data that is no descriptor", { TFORM1: "2D" }],
    ["an unknown format", { TFORM1: "1PZ" }],
    ["no codec", { ZCMPTYPE: true }],
    ["a Rice block of no pixels", { ZNAME1: "BLOCKSIZE", ZVAL1: 0 }],
    ["pixels of three bytes", { ZNAME1: "BYTEPIX", ZVAL1: 3 }],
    ["dither without a seed", { ZBITPIX: -32, ZQUANTIZ: "SUBTRACTIVE_DITHER_1" }],
    ["a ZBITPIX that is none", { ZBITPIX: 24 }],
  ])("%s is corrupt", async (_what, cards) => {
    await expect(tiledOf(cards)).rejects.toMatchObject({ code: "corrupt-data" });
  });

  test("an unknown codec or quantiser is unsupported", async () => {
    await expect(tiledOf({ ZCMPTYPE: "ZSTD" })).rejects.toMatchObject({ code: "unsupported" });
    await expect(tiledOf({ ZBITPIX: -32, ZQUANTIZ: "MAGIC" })).rejects.toMatchObject({ code: "unsupported" });
  });

  test("a tile of 2^31 pixels or more is unsupported", async () => {
    const cards = { ZNAXIS1: 2 ** 20, ZNAXIS2: 2 ** 13, ZTILE1: 2 ** 20, ZTILE2: 2 ** 12 };
    await expect(tiledOf(cards)).rejects.toMatchObject({ code: "unsupported" });
  });

  test("scale, zero and null value may be keywords; floats that are scaled are not dithered unless it is said", async () => {
    const { tiled, table } = await tiledOf({ ZBITPIX: -32, ZSCALE: 0.5, ZZERO: 3, ZBLANK: -5 }, [row(1n, 0n)]);
    expect(tiled.quantiser).toBe("no-dither");
    expect(readTileDescriptor(table, 0, tiled)).toMatchObject({ scale: 0.5, zero: 3, nullValue: -5 });
    expect((await tiledOf({ ZBITPIX: -32 })).tiled.quantiser).toBe("none");
  });

  test("any row of bytes gives a range inside the heap or a typed error", async () => {
    const { tiled } = await tiledOf({ TFORM1: "1PI" });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        try {
          const { offset, length } = readTileDescriptor(new DataView(bytes.buffer), 0, tiled);
          expect(offset + length).toBeLessThanOrEqual(tiled.heapLength);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
    );
  });
});

describe("plain images", () => {
  test("BLANK and scale are read; unsigned integers are recognised", async () => {
    const cards = { SIMPLE: true, BITPIX: 16, NAXIS: 2, NAXIS1: 3, NAXIS2: 2, BSCALE: 1, BZERO: 32768, BLANK: -1 };
    const image = (await imageOf(fileOf({ cards, data: new Uint8Array(12) }), 0)) as PlainImage;
    expect(image).toMatchObject({ kind: "plain", shape: [3, 2], bzero: 32768, blank: -1, unsignedConvention: true });
    expect(image.dataStart).toBe(2880);
  });

  test("64-bit BZERO keeps its value", async () => {
    const cards = { SIMPLE: true, BITPIX: 64, NAXIS: 1, NAXIS1: 1, BZERO: 2n ** 63n };
    const image = await imageOf(fileOf({ cards, data: new Uint8Array(8) }), 0);
    expect(image).toMatchObject({ bzero: 2 ** 63, unsignedConvention: true });
  });

  test("an extension without room for its image is corrupt", async () => {
    const cards = { XTENSION: "IMAGE", BITPIX: 16, NAXIS: 2, NAXIS1: 3, NAXIS2: 2, PCOUNT: 0, GCOUNT: 0 };
    const file = fileOf({ cards: { SIMPLE: true, BITPIX: 8, NAXIS: 0 } }, { cards });
    await expect(imageOf(file, 1)).rejects.toMatchObject({ code: "corrupt-data" });
  });

  test("an axis of length 0 is no image", async () => {
    const cards = { SIMPLE: true, BITPIX: 16, NAXIS: 2, NAXIS1: 0, NAXIS2: 2 };
    expect(await imageOf(fileOf({ cards }), 0)).toBeNull();
  });
});

test("column formats have the widths of the standard's table 18", () => {
  const widths = ["L", "17X", "3B", "I", "2J", "K", "16A", "E", "D", "C", "M", "1PB(99)", "QJ", "0PB", "0D"].map(
    (form) => parseColumnForm(form).width,
  );
  expect(widths).toEqual([1, 3, 3, 2, 8, 8, 16, 4, 8, 8, 16, 8, 16, 0, 0]);
});

test("a translated header can be written and read again", async () => {
  const image = await imageOf(fixture("bok_170430_ooi_r_ccd4.fits.fz"), 1);
  const header = image?.imageHeader;
  expect(parseHeader(formatHeader(header?.cards ?? [])).cards).toEqual(header?.cards);
});
