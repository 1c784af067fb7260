import { describe, expect, test } from "vitest";
import {
  fitsByteLength,
  startFits,
  type EncodeOptions,
  type FitsPart,
  type StreamEnd,
} from "../../../src/encode/fits.ts";
import { readerOfBytes } from "../../../src/fits/byte-reader.ts";
import { formatCard } from "../../../src/fits/card-format.ts";
import { readHdus } from "../../../src/fits/hdu.ts";
import { verifyHdu } from "../../../src/fits/verify.ts";

const CARDS = [formatCard("SIMPLE", true), formatCard("BITPIX", 8), formatCard("NAXIS", 1), formatCard("NAXIS1", 5000)];
const EXTENSION = [
  formatCard("XTENSION", "IMAGE"),
  ...CARDS.slice(1),
  formatCard("PCOUNT", 0),
  formatCard("GCOUNT", 1),
];
type Row = { bytes: Uint8Array };
const row = (length: number, value: number): Row => ({ bytes: new Uint8Array(length).fill(value) });

async function* rowsOf(...rows: Row[]): AsyncGenerator<Row> {
  for (const bytes of rows) yield await Promise.resolve(bytes);
}
async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}
/** The whole of it, however it comes. */
async function fileOf(parts: readonly FitsPart[], options?: EncodeOptions): Promise<Uint8Array> {
  const file = await startFits(parts, options);
  return file instanceof Uint8Array ? file : bytesOf(file);
}
async function streamOf(part: FitsPart, options: EncodeOptions): Promise<ReadableStream<Uint8Array>> {
  const file = await startFits([part], { bufferBytes: 0, ...options });
  return file instanceof ReadableStream ? file : expect.unreachable("it is one piece");
}
async function statesOf(bytes: Uint8Array) {
  const reader = readerOfBytes("written.fits", bytes);
  const states = [];
  for await (const hdu of readHdus(reader)) states.push(await verifyHdu(reader, hdu));
  return states;
}

describe("a FITS file", () => {
  test("writes whole HDUs with right checksums, of the length that was announced", async () => {
    const parts: FitsPart[] = [
      { cards: CARDS, byteLength: 5000, rows: rowsOf(row(3001, 7), row(1999, 255)) },
      { cards: EXTENSION, byteLength: 5000, rows: () => rowsOf(row(5000, 1)) },
    ];
    const bytes = await fileOf(parts);
    expect(bytes.length).toBe(fitsByteLength(parts));
    expect(bytes.length).toBe(2 * (2880 + 5760));
    expect(await statesOf(bytes)).toEqual([
      { checksum: "ok", datasum: "ok", problems: [] },
      { checksum: "ok", datasum: "ok", problems: [] },
    ]);
  });

  test("large data are summed in a first pass where there can be one, else go without checksums", async () => {
    let passes = 0;
    const twice: FitsPart = { cards: CARDS, byteLength: 5000, rows: () => (passes++, rowsOf(row(5000, 9))) };
    const once: FitsPart = { cards: EXTENSION, byteLength: 5000, rows: rowsOf(row(5000, 9)) };
    const bytes = await fileOf([twice, once], { bufferBytes: 4999 });
    expect(passes).toBe(2);
    expect((await statesOf(bytes)).map(({ checksum, datasum }) => [checksum, datasum])).toEqual([
      ["ok", "ok"],
      ["absent", "absent"],
    ]);
    expect(bytes.length).toBe(fitsByteLength([twice, once], { bufferBytes: 4999 }));
  });

  test.each([
    ["fewer", [row(4999, 0)]],
    ["more", [row(4000, 0), row(1001, 0)]],
    ["no", []],
  ])("%s bytes than declared break the stream off", async (_what, rows) => {
    for (const bufferBytes of [0, 10_000]) {
      const file = fileOf([{ cards: CARDS, byteLength: 5000, rows: rowsOf(...rows) }], { bufferBytes });
      await expect(file).rejects.toMatchObject({ code: "internal" });
    }
  });

  test("pixels that change between two passes break the stream off", async () => {
    let value = 0;
    const part: FitsPart = { cards: CARDS, byteLength: 5000, rows: () => rowsOf(row(5000, value++)) };
    await expect(fileOf([part], { bufferBytes: 0 })).rejects.toMatchObject({ code: "source-changed" });
  });

  test("an error of the rows breaks the stream off with it", async () => {
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* failing(): AsyncGenerator<Row> {
      yield row(10, 0);
      throw new Error("tile 7 is broken");
    }
    const stream = await streamOf({ cards: CARDS, byteLength: 5000, rows: failing() }, {});
    await expect(bytesOf(stream)).rejects.toThrow("tile 7 is broken");
  });

  test("nothing is made before it is asked for, and canceling ends the rows", async () => {
    const made: number[] = [];
    let ended = false;
    async function* slow(): AsyncGenerator<Row> {
      try {
        for (let i = 0; i < 50; i++) {
          made.push(i);
          yield await Promise.resolve(row(100, i));
        }
      } finally {
        ended = true;
      }
    }
    const reader = (await streamOf({ cards: CARDS, byteLength: 5000, rows: slow() }, {})).getReader();
    await reader.read(); // the header
    expect(made).toEqual([]);
    await reader.read();
    await reader.read();
    expect(made).toEqual([0, 1]);
    await reader.cancel();
    expect(ended).toBe(true);
  });

  test("how it ended is told once, also where it is canceled while a piece is being made", async () => {
    const ends: StreamEnd[] = [];
    const onEnd = (end: StreamEnd) => void ends.push(end);
    const part = (rows: FitsPart["rows"]): FitsPart => ({ cards: CARDS, byteLength: 5000, rows });
    await fileOf([part(rowsOf(row(5000, 0)))], { onEnd });
    await fileOf([part(rowsOf(row(1, 0)))], { onEnd }).catch(() => undefined); // before there is a stream
    await bytesOf(await streamOf(part(rowsOf(row(1, 0))), { onEnd })).catch(() => undefined);
    const reader = (await streamOf(part(rowsOf(row(5000, 0))), { onEnd })).getReader();
    await reader.read();
    const pending = reader.read();
    await reader.cancel();
    await pending;
    expect(ends.map(({ outcome, byteLength }) => [outcome, byteLength])).toEqual([
      ["whole", 2880 + 5760],
      ["failed", 2880 + 1],
      ["canceled", 2880],
    ]);
  });

  test("a header alone is a file", async () => {
    const cards = [formatCard("SIMPLE", true), formatCard("BITPIX", 8), formatCard("NAXIS", 0)];
    const bytes = await fileOf([{ cards, byteLength: 0, rows: rowsOf() }]);
    expect(bytes.length).toBe(2880);
    expect(await statesOf(bytes)).toEqual([{ checksum: "ok", datasum: "ok", problems: [] }]);
  });
});
