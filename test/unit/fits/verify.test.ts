import { describe, expect, test } from "vitest";
import { readerOfBytes } from "../../../src/fits/byte-reader.ts";
import { findHdu, readHdus } from "../../../src/fits/hdu.ts";
import { formatCardText, summarizeHdu } from "../../../src/fits/listing.ts";
import { verifyHdu } from "../../../src/fits/verify.ts";
import { countingReader, fileOf, fixture } from "./fixtures.ts";

async function verify(bytes: Uint8Array, index: number) {
  const reader = readerOfBytes("test.fits", bytes);
  return verifyHdu(reader, await findHdu(reader, { index }));
}

describe("verifyHdu", () => {
  // fpack wrote these sums; astropy and fitsverify agree with them.
  test("CFITSIO's checksums are right, and one changed byte makes them wrong", async () => {
    const bytes = fixture("DESJ035621.6-524840.0_g.fits.fz");
    for (const index of [1, 2, 3]) {
      expect(await verify(bytes, index)).toEqual({ checksum: "ok", datasum: "ok", problems: [] });
    }
    const { dataStart } = await findHdu(readerOfBytes("test.fits", bytes), { index: 2 });
    const damaged = bytes.slice();
    damaged[dataStart + 100] = (damaged[dataStart + 100] ?? 0) ^ 1;
    expect(await verify(damaged, 2)).toMatchObject({ checksum: "wrong", datasum: "wrong" });
    const relabeled = bytes.slice();
    relabeled[dataStart - 2880 + 79] = 0x21;
    expect(await verify(relabeled, 2)).toMatchObject({ checksum: "wrong", datasum: "ok" });
  });

  test("an HDU is read once, in pieces", async () => {
    const cards = { SIMPLE: true, BITPIX: 8, NAXIS: 1, NAXIS1: 2880 * 1000 };
    const reader = countingReader(
      fileOf({ cards }).length === 2880 ? padTo(fileOf({ cards }), 2880 * 1001) : new Uint8Array(0),
    );
    const hdu = await findHdu(reader, { index: 0 });
    reader.ranges.length = 0;
    expect(await verifyHdu(reader, hdu)).toEqual({ checksum: "absent", datasum: "absent", problems: [] });
    expect(reader.ranges.reduce((sum, range) => sum + range.length, 0)).toBe(2880 * 1001);
    expect(Math.max(...reader.ranges.map((range) => range.length))).toBeLessThanOrEqual(1024 * 1024);
  });

  test("what is against the standard is said", async () => {
    const data = new Uint8Array(100).fill(1);
    const cards = { SIMPLE: true, NAXIS: 1, BITPIX: 8, NAXIS1: 99 };
    const file = fileOf({ cards, data });
    file.set([0xb5], 5 * 80 - 1);
    expect((await verify(file.subarray(0, 3000), 0)).problems).toEqual([
      "card 5 has the byte 181, which is no text",
      "card 2 is not BITPIX, which has to stand there",
      "the file ends 2760 bytes before a whole block",
      "the bytes after the data are not all zero",
    ]);
  });
});

test("values that the standard does not allow are said", async () => {
  // fitsverify 4.20 finds fault with the same cards.
  const lines = ["SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    0"];
  lines.push(
    "CD1_1   = 1.5e-07",
    "DATE-OBS= 2001-02-03",
    "BLANK   =                    1",
    "A       = 'ok'",
    "A       = 1",
    "END",
  );
  const text = lines
    .map((line) => line.padEnd(80))
    .join("")
    .padEnd(2880);
  expect(
    (
      await verify(
        Uint8Array.from(text, (character) => character.charCodeAt(0)),
        0,
      )
    ).problems,
  ).toEqual([
    "BLANK is only for integers",
    "CD1_1 has a lower-case exponent",
    "DATE-OBS = 2001-02-03 is neither a number nor T or F, and has no quotes",
    "A occurs more than once; the first counts",
  ]);
});

describe("listing", () => {
  async function summariesOf(name: string) {
    const summaries = [];
    for await (const hdu of readHdus(readerOfBytes(name, fixture(name)))) summaries.push(summarizeHdu(hdu));
    return summaries;
  }

  test("says what is in each HDU", async () => {
    const [primary, science, mask] = await summariesOf("DESJ035621.6-524840.0_g.fits.fz");
    expect(primary).toMatchObject({ index: 0, type: "header only", content: "" });
    expect(science).toMatchObject({
      name: "SCI",
      type: "compressed image",
      content: "228 × 228 float32",
      compression: "RICE_1, tiles of 228 × 1, subtractive dither 2",
    });
    expect(mask).toMatchObject({ content: "228 × 228 int32", compression: "PLIO_1, tiles of 228 × 1" });
    const [plate, table] = await summariesOf("dss_14.29.56-62.41.05.fits.gz");
    expect(plate).toMatchObject({ type: "image", content: "100 × 100 int16" });
    expect(table).toMatchObject({ type: "binary table", content: "4 columns, 15 rows" });
    const [, compressedTable] = await summariesOf("bt12.fits.fz");
    expect(compressedTable).toMatchObject({
      type: "binary table",
      problem: expect.stringMatching(/compressed table/) as unknown,
    });
  });

  test("a card is shown as it stands, without what is no text", () => {
    const raw = new Uint8Array(160).fill(0x20);
    raw.set([0x41, 0xb5, 0x1b]);
    raw.set([0x42], 80);
    expect(formatCardText({ keyword: "", hasValue: false, value: undefined, valueText: "", comment: "", raw })).toBe(
      "A??\nB",
    );
  });
});

function padTo(bytes: Uint8Array, length: number): Uint8Array {
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return padded;
}
