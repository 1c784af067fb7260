import { expect, it } from "vitest";

import { openImage } from "../../../src/cutout/open-image.ts";
import { memorySource } from "../../support/memory-source.ts";
import { createPixelServices } from "../../support/pixel-services.ts";
import { tiledFile } from "../../support/tiled-file.ts";

it("counts all bytes of a header that is one long string", async () => {
  const lines = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1", "NAXIS1  = 1"];
  lines.push("LONG    = 'a&'", ...Array<string>(35_000).fill(`CONTINUE  '${"é".repeat(66)}&'`), "CONTINUE  'z'", "END");
  const header = lines.map((line) => line.padEnd(80)).join("");
  const bytes = Buffer.alloc(2880 * Math.ceil(header.length / 2880 + 1), 32);
  bytes.write(header, "latin1");
  const { decoder } = await createPixelServices();
  const image = await openImage(memorySource("a.fits", bytes), { index: 0 }, decoder);
  expect(image.header.cards).toHaveLength(5);
  expect(image.memoryBytes).toBeGreaterThan(3 * header.length); // as it was read, as text, as a value
  await decoder.close();
});

it("leaves nothing in the arena where the table of tiles is too long to be held", async () => {
  const tiles = 2 ** 26;
  const file = tiledFile({
    ...{ codec: "RICE_1", bitpix: 16, width: 1, height: tiles, streams: { COMPRESSED_DATA: new Uint8Array(8) } },
    cards: { ZTILE2: 1, NAXIS2: tiles },
  });
  const start = Buffer.concat([file, Buffer.alloc(2 ** 16)]); // all that is read of it
  const source = { ...memorySource("a.fits", start), byteLength: file.length + 8 * tiles };
  const { arena, decoder } = await createPixelServices();
  const before = arena.allocatedBytes;
  await expect(openImage(source, { index: 1 }, decoder)).rejects.toMatchObject({ code: "over-limit" });
  expect(arena.allocatedBytes).toBe(before);
  await decoder.close();
});
