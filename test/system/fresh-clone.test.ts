import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requireProgram, requirePythonModule, runPython } from "../support/outside-program.ts";
import { cleanEnvironment, ROOT, spawnProgram } from "../support/spawned-program.ts";

/** astropy's own reading of the sample image at the place that the cutout's WCS says it is from. */
const COMPARE = `
import sys, numpy
from astropy.io import fits
from astropy.wcs import WCS
cut, original = fits.open(sys.argv[1]), fits.open(sys.argv[2])
hdu = next(h for h in cut if h.data is not None)
sky = original["SCI"]
dx, dy = (WCS(sky.header).wcs.crpix - WCS(hdu.header).wcs.crpix).round().astype(int)
h, w = hdu.data.shape
assert numpy.array_equal(hdu.data, sky.data[dy:dy + h, dx:dx + w], equal_nan=True), "pixels differ"
assert numpy.isfinite(hdu.data).mean() > 0.5
(ra, dec), = WCS(hdu.header).all_pix2world([[(w - 1) / 2, (h - 1) / 2]], 0)
print(w, h, round(ra, 2), round(dec, 2))
`;

let folder: string;

beforeAll(() => {
  requireProgram("git", "git");
  requireProgram("curl", "curl");
  requirePythonModule("astropy", "python3-astropy");
  folder = mkdtempSync(join(tmpdir(), "recorte-clone-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a fresh clone serves with one command, and the line it prints fetches pixels that astropy reads", async () => {
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", ROOT, join(folder, "recorte")], { stdio: "pipe" });
  const clone = join(folder, "recorte");
  const program = spawnProgram("npm", ["start"], { cwd: clone, env: cleanEnvironment({ PORT: "0" }) });
  try {
    const [, curl = ""] = await program.waitFor(/^ *(curl .+)$/m, 540);
    execFileSync("bash", ["-c", curl], { cwd: folder, stdio: "pipe" });
    const original = join(clone, "sample/des/DESJ035621.6-524840.0_g.fits.fz");
    const printed = runPython(COMPARE, join(folder, "cutout.fits"), original).trim();
    expect(printed).toMatch(/^\d+ \d+ 59\.09 -52\.81$/);
  } finally {
    await program.stop();
  }
}, 600_000); // most of it compiles SQLite: one to four minutes
