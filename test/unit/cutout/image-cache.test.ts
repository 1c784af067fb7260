import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { ImageCache } from "../../../src/cutout/image-cache.ts";
import { countingSource } from "../../support/counting-source.ts";
import { memorySource } from "../../support/memory-source.ts";
import { createPixelServices } from "../../support/pixel-services.ts";

it("opens the image of a remote file's first extension with one read", async () => {
  const { decoder } = await createPixelServices();
  const bytes = readFileSync(new URL("../../fixtures/fits/DESJ035621.6-524840.0_g.fits.fz", import.meta.url));
  const source = countingSource(memorySource("https://a/b.fits.fz", bytes));
  const cache = new ImageCache({ open: () => Promise.resolve(source) }, decoder, { maxBytes: 1e9, maxGzipBytes: 1e6 });
  const lease = await cache.open({ file: "https://a/b.fits.fz", hdu: { index: 1 } });
  expect([lease.image.width, lease.image.height]).toEqual([228, 228]);
  expect(source.reads).toBe(1);
  lease.release();
  cache.clear();
  await decoder.close();
});
