import { mkdtemp, open, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatCard } from "../../src/fits/card-format.ts";
import { formatHeader } from "../../src/fits/header.ts";

/** 64 MB of pixels in a file that takes no room: more than all buffers on the way. */
export const LARGE_SIZE = 4000;
/** All of them, as a query of /sync. */
export const LARGE = "ID=des_sample&POS=CIRCLE+10+-10+1&FILTER=g";

/** A folder for the release des_sample with one large image. */
export async function createLargeArchive(): Promise<{ readonly folder: string; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "recorte-archive-"));
  await writeLargeImage(join(folder, "DES0040-1000_g.fits"), LARGE_SIZE);
  return { folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}

/** A float image of `size` × `size` zeros that takes no room on disk: a header, and a hole. About RA 10, Dec -10; its band
 * is in its name. */
export async function writeLargeImage(path: string, size: number): Promise<void> {
  const scale = 0.263 / 3600;
  const header = formatHeader([
    formatCard("SIMPLE", true),
    formatCard("BITPIX", -32),
    formatCard("NAXIS", 2),
    formatCard("NAXIS1", size),
    formatCard("NAXIS2", size),
    formatCard("EXTNAME", "SCI"),
    formatCard("BAND", /_(\w+)\.fits$/.exec(path)?.[1] ?? "g"),
    formatCard("RADESYS", "ICRS"),
    formatCard("CTYPE1", "RA---TAN"),
    formatCard("CTYPE2", "DEC--TAN"),
    formatCard("CRVAL1", { float: 10 }),
    formatCard("CRVAL2", { float: -10 }),
    formatCard("CRPIX1", { float: (size + 1) / 2 }),
    formatCard("CRPIX2", { float: (size + 1) / 2 }),
    formatCard("CD1_1", { float: -scale }),
    formatCard("CD2_2", { float: scale }),
  ]);
  const file = await open(path, "w");
  await file.write(header);
  await file.close();
  await truncate(path, header.length + Math.ceil((size * size * 4) / 2880) * 2880);
}
