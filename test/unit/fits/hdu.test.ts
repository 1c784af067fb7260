import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readerOfBytes } from "../../../src/fits/byte-reader.ts";
import { findHdu, readHdus, type Hdu } from "../../../src/fits/hdu.ts";
import { describeImage } from "../../../src/fits/image.ts";
import { ServiceError } from "../../../src/errors.ts";
import { countingReader, fileOf, fixture, truth } from "./fixtures.ts";

async function hdusOf(bytes: Uint8Array): Promise<Hdu[]> {
  const hdus: Hdu[] = [];
  for await (const hdu of readHdus(readerOfBytes("test.fits", bytes))) hdus.push(hdu);
  return hdus;
}
const PRIMARY = { SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true };
const TABLE = { XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 8, NAXIS2: 3, PCOUNT: 5, GCOUNT: 1, TFIELDS: 0 };

describe("the chain of HDUs", () => {
  test.each(Object.keys(truth))("%s is found as astropy finds it", async (name) => {
    const hdus = await hdusOf(fixture(name));
    const wanted = truth[name] ?? [];
    expect(hdus.length).toBe(wanted.length);
    hdus.forEach((hdu, index) => {
      const { headerStart, dataStart, end, version, dataLength } = hdu;
      const { name: extname } = wanted[index] ?? {};
      expect(wanted[index]).toMatchObject({ headerStart, dataStart, end, version, dataLength });
      expect(hdu.name || "PRIMARY").toBe(extname || "PRIMARY");
    });
  });

  test("headers are read, data are not", async () => {
    const bytes = new Uint8Array(2880 * 1000);
    bytes.set(fileOf({ cards: { SIMPLE: true, BITPIX: 8, NAXIS: 1, NAXIS1: 2880 * 900 } }));
    bytes.set(fileOf({ cards: TABLE, data: new Uint8Array(29) }), 2880 * 901);
    const reader = countingReader(bytes.subarray(0, 2880 * 903));
    const hdu = await findHdu(reader, { index: 1 });
    expect(hdu.dataStart).toBe(2880 * 902);
    expect(reader.ranges.length).toBe(2);
    expect(reader.ranges.reduce((sum, range) => sum + range.length, 0)).toBeLessThanOrEqual(2 * 4 * 2880);
  });

  test("random groups have no first axis, and as many groups as GCOUNT", async () => {
    // FITS 4.0, section 6.1.1: |BITPIX| × GCOUNT × (PCOUNT + NAXIS2 × NAXIS3) = 2 × 4 × (6 + 3 × 5) bytes.
    const cards = {
      SIMPLE: true,
      BITPIX: 16,
      NAXIS: 3,
      NAXIS1: 0,
      NAXIS2: 3,
      NAXIS3: 5,
      GROUPS: true,
      PCOUNT: 6,
      GCOUNT: 4,
    };
    const [hdu] = await hdusOf(fileOf({ cards, data: new Uint8Array(168) }));
    expect(hdu).toMatchObject({ kind: "groups", dataLength: 168 });
    expect(() => describeImage(hdu)).toThrow(ServiceError);
  });

  test("kinds are told by XTENSION", async () => {
    const other = { XTENSION: "FOREIGN", BITPIX: 8, NAXIS: 1, NAXIS1: 7, PCOUNT: 0, GCOUNT: 1 };
    const ascii = { ...TABLE, XTENSION: "TABLE", PCOUNT: 0 };
    const image = {
      XTENSION: "IMAGE",
      BITPIX: -64,
      NAXIS: 1,
      NAXIS1: 2,
      PCOUNT: 0,
      GCOUNT: 1,
      EXTNAME: "a ",
      EXTVER: 3,
    };
    const data = new Uint8Array(29);
    const hdus = await hdusOf(
      fileOf(
        { cards: PRIMARY },
        { cards: TABLE, data },
        { cards: ascii, data },
        { cards: other, data },
        { cards: image, data },
      ),
    );
    expect(hdus.map((hdu) => hdu.kind)).toEqual(["image", "bintable", "table", "other", "image"]);
    expect(hdus.map((hdu) => hdu.dataLength)).toEqual([0, 29, 24, 7, 16]);
    expect(hdus[4]).toMatchObject({ name: "a", version: 3, level: 1 });
    expect(hdus.slice(0, 4).map((hdu) => describeImage(hdu))).toEqual([null, null, null, null]);
  });

  test("an end without padding is accepted, special records after the last HDU are not read", async () => {
    const image = { SIMPLE: true, BITPIX: 8, NAXIS: 1, NAXIS1: 100 };
    const whole = fileOf({ cards: image, data: new Uint8Array(100).fill(1) });
    expect((await hdusOf(whole.subarray(0, 2980))).length).toBe(1);
    expect((await hdusOf(new Uint8Array([...whole, ...new Uint8Array(2880).fill(65)]))).length).toBe(1);
  });

  test("a name is found in any case, with its version", async () => {
    const reader = readerOfBytes("test0.fits", fixture("test0.fits"));
    expect((await findHdu(reader, { name: "sci", version: 3 })).index).toBe(3);
    expect((await findHdu(reader, { name: "SCI" })).index).toBe(1);
    await expect(findHdu(reader, { name: "WGT" })).rejects.toMatchObject({ code: "not-found" });
    await expect(findHdu(reader, { index: 9 })).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("headers that lie", () => {
  test.each([
    ["data beyond the end of the file", { NAXIS: 2, NAXIS1: 100, NAXIS2: 100 }],
    ["axes whose product overflows", { NAXIS: 3, NAXIS1: 2 ** 50, NAXIS2: 2 ** 50, NAXIS3: 2 ** 50 }],
    ["a negative axis", { NAXIS: 2, NAXIS1: -1, NAXIS2: -1 }],
    ["more than 999 axes", { NAXIS: 1000 }],
    ["an axis that is not there", { NAXIS: 2, NAXIS1: 1 }],
    ["NAXIS as a string", { NAXIS: "2" }],
    ["an unknown BITPIX", { BITPIX: 12 }],
    ["an axis beyond 2^53", { NAXIS: 1, NAXIS1: 2n ** 60n }],
  ])("%s: corrupt-data, with file and HDU", async (_what, cards) => {
    const file = fileOf({ cards: PRIMARY }, { cards: { XTENSION: "IMAGE", BITPIX: 8, ...cards } });
    const error: unknown = await hdusOf(file).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "corrupt-data" });
    expect((error as Error).message).toMatch(/HDU 1 of test\.fits/);
  });

  test("what is no FITS is refused after one read", async () => {
    const reader = countingReader(new Uint8Array(1_000_000));
    await expect(findHdu(reader, { index: 0 })).rejects.toMatchObject({ code: "corrupt-data" });
    expect(reader.ranges.length).toBe(1);
    await expect(findHdu(countingReader(new Uint8Array(0)), { index: 0 })).rejects.toMatchObject({
      code: "corrupt-data",
    });
  });

  test("a chain of endless HDUs ends over the limit", async () => {
    const header = fileOf({ cards: { XTENSION: "IMAGE", BITPIX: 8, NAXIS: 0, PCOUNT: 0, GCOUNT: 1 } });
    const primary = fileOf({ cards: PRIMARY });
    const endless = {
      key: "endless.fits",
      byteLength: 2 ** 40,
      read: ({ start, length }: { start: number; length: number }) =>
        Promise.resolve((start === 0 ? primary : header).subarray(0, length)),
    };
    await expect(findHdu(endless, { index: 1e9 })).rejects.toMatchObject({ code: "over-limit" });
  });

  test("an aborted listing is canceled", async () => {
    const reader = readerOfBytes("test0.fits", fixture("test0.fits"));
    await expect(findHdu(reader, { index: 1 }, AbortSignal.abort())).rejects.toMatchObject({ code: "canceled" });
  });

  test("no damage to a header does more than a typed error", async () => {
    const original = fixture("galsim_test_cubeF.fits.fz");
    const damage = fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 32, max: 126 })), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(original.length), async (bytes, cut) => {
        const file = original.slice(0, cut % 3 === 0 ? cut : original.length);
        for (const [at, byte] of bytes) file[at % file.length] = byte;
        try {
          for (const hdu of await hdusOf(file)) describeImage(hdu);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
