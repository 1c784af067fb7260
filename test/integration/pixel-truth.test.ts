import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openImage } from "../../src/cutout/open-image.ts";
import { gunzipIfWrapped } from "../../src/cutout/gzip-source.ts";
import { preparePlan, readPixelRows } from "../../src/cutout/read.ts";
import { localStore } from "../../src/storage/local.ts";
import { createPixelServices } from "../support/pixel-services.ts";

type Window = { x: [number, number]; y: [number, number]; planes: number[]; raw_sha256: string };
type TruthHdu = { index: number; bitpix: number; naxis: number[]; raw_sha256?: string; windows?: Window[] };
type TruthFile = { file: string; hdus: TruthHdu[] };

type Collection = { truth: string; root: string };
const fixtures = join(import.meta.dirname, "../fixtures");
const collections: Collection[] = [{ truth: join(fixtures, "pixels/truth.json"), root: fixtures }];
// The wider collection that the fixtures were chosen from, where it is at hand.
const wider = process.env.RECORTE_TEST_DATA;
if (wider) collections.push({ truth: join(wider, "truth_real.json"), root: join(wider, "real") });

/** Pixels by CFITSIO 4.2.0, see fixtures/SOURCES.md. */
for (const { truth: truthFile, root } of collections) {
  const truth = JSON.parse(readFileSync(truthFile, "utf8")) as { files: TruthFile[] };
  const files = truth.files
    .map(({ file, hdus }) => ({ file, hdus: hdus.filter((hdu) => hdu.raw_sha256 !== undefined) }))
    .filter(({ hdus }) => hdus.length > 0);
  describe.each(files)("$file", ({ file, hdus }) => {
    const store = localStore({ roots: [root] });
    afterAll(() => store.close());
    for (const hdu of hdus) {
      it(`HDU ${hdu.index}: every pixel, and those of every window, are CFITSIO's`, async () => {
        const services = await createPixelServices({ heapBytes: 64e6, indexBytes: 64e6 });
        const { readable } = await gunzipIfWrapped(await store.open(join(root, file)), 64e6);
        const image = await openImage(readable, { index: hdu.index }, services.decoder);
        expect(image.bitpix).toBe(hdu.bitpix);
        expect(image.shape).toEqual(hdu.naxis);
        const hashOf = async (x: [number, number], y: [number, number], planes?: number[]) => {
          const window = { x0: x[0], y0: y[0], width: x[1] - x[0], height: y[1] - y[0] };
          const plan = await preparePlan(image, window, services);
          const bytes: Uint8Array[] = [];
          const wanted = planesOf(image.shape, planes);
          for await (const rows of readPixelRows(image, plan, services)) {
            if (wanted.has(rows.plane)) bytes.push(rows.bytes.slice());
          }
          return sha256(canonicalNaN(Buffer.concat(bytes), image.bitpix));
        };
        const whole = await hashOf([0, image.width], [0, image.height]);
        expect(whole).toBe(hdu.raw_sha256);
        for (const { x, y, planes, raw_sha256 } of hdu.windows ?? []) {
          expect(await hashOf(x, y, planes), `window ${JSON.stringify({ x, y, planes })}`).toBe(raw_sha256);
        }
        image.dispose();
      });
    }
  });
}

/** The one plane that a window is in: `place` counts from 0 along axes 3, 4 …; without it all planes. */
function planesOf(shape: readonly number[], place: readonly number[] | undefined): Set<number> {
  const depth = shape[2] ?? 1;
  if (place !== undefined && place.length > 0) return new Set([(place[1] ?? 0) * depth + place[0]]);
  return new Set(Array.from({ length: depth * (shape[3] ?? 1) }, (_, plane) => plane));
}

/** Bits of NaN differ between readers: the truth has one kind. */
function canonicalNaN(bytes: Buffer, bitpix: number): Buffer {
  if (bitpix === -32) {
    for (let at = 0; at < bytes.length; at += 4)
      if (Number.isNaN(bytes.readFloatBE(at))) bytes.writeUInt32BE(0x7fc00000, at);
  } else if (bitpix === -64) {
    for (let at = 0; at < bytes.length; at += 8) {
      if (Number.isNaN(bytes.readDoubleBE(at))) bytes.writeBigUInt64BE(0x7ff8000000000000n, at);
    }
  }
  return bytes;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
