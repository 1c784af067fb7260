import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalArchive } from "../../src/bin/local-archive.ts";
import type { IndexDatabase } from "../../src/db/index-database.ts";
import { separationDegrees } from "../../src/sky/separation.ts";
import { createImageIndex } from "../../src/surveys/image-index.ts";
import { ingest } from "../../src/surveys/ingest.ts";
import type { IngestEvent } from "../../src/surveys/ingest-options.ts";
import { createRegistry } from "../../src/surveys/registry.ts";
import { NEVER, openEmptyIndex } from "../support/survey-index.ts";

const SAMPLE = fileURLToPath(new URL("../../sample", import.meta.url));
const SIM_G = join(SAMPLE, "sim/SIM0356-5248_g.fits.fz");
const HEADER = "tilename;rall;decll;raur;decur;archive_path";
const ROW = "DES0356-5248;58.480572;-53.176389;59.689321;-52.445833;Y6A1/r4931/DES0356-5248/p01/coadd";

async function ingestPaths(database: IndexDatabase, releaseId: string, paths: string[], root: string | null = null) {
  const events: IngestEvent[] = [];
  const files = createLocalArchive(paths);
  const { release, survey } = createRegistry(createImageIndex(database, "example.org")).getRelease(releaseId);
  const options = { release, habits: survey.habits, paths, root, database, files, signal: NEVER };
  const summary = await ingest(options, (event) => events.push(event)).finally(() => files.close());
  const problems = events.filter((event) => event.kind === "problem");
  return { summary, problems: problems.map(({ path, message }) => `${basename(path)}: ${message}`) };
}

describe("ingest of FITS files", () => {
  let folder: string;
  let made = 0;
  const newFolder = () => {
    const path = join(folder, String((made += 1)));
    mkdirSync(path);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "recorte-ingest-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // Truth: astropy, see make_sample_footprints.py.
  test("the sample survey lies where astropy says", async () => {
    const database = openEmptyIndex();
    const index = createImageIndex(database, "example.org");
    expect((await ingestPaths(database, "des_sample", [join(SAMPLE, "des")])).summary).toMatchObject({
      added: 3,
      problems: 0,
    });
    expect((await ingestPaths(database, "sim_sample", [join(SAMPLE, "sim")])).summary).toMatchObject({
      added: 6,
      problems: 0,
    });
    const file = new URL("../fixtures/surveys/sample_footprints.json", import.meta.url);
    const truth = JSON.parse(readFileSync(file, "utf8")) as Record<string, { center: Pair; corners: Pair[] }>;
    const found = [
      ...(await index.find({ release: "des_sample" }, NEVER)),
      ...(await index.find({ release: "sim_sample" }, NEVER)),
    ];
    expect(found).toHaveLength(Object.keys(truth).length);
    for (const { planes, center, region, fieldOfViewDegrees } of found) {
      const { center: middle, corners } = truth[basename(planes.image!.location)]; // an image that truth has
      expect(separationDegrees(center, toPosition(middle))).toBeLessThan(1e-10);
      const vertices = region.shape === "polygon" ? region.vertices : [];
      for (const corner of corners.map(toPosition)) {
        expect(Math.min(...vertices.map((vertex) => separationDegrees(vertex, corner)))).toBeLessThan(1e-10);
        expect(fieldOfViewDegrees).toBeCloseTo(2 * separationDegrees(corner, center), 4);
      }
    }
  });

  test("planes are found by EXTNAME, in packed and in plain files", async () => {
    const database = openEmptyIndex();
    await ingestPaths(database, "des_sample", [join(SAMPLE, "des")]);
    const index = createImageIndex(database, "example.org");
    const hdusOf = async (band: string) => {
      const dataset = await index.findByDid(`ivo://example.org/des_sample?DESJ035621.6-524840.0/${band}`, NEVER);
      return Object.entries(dataset!.planes).map(([plane, { extname, hduIndex }]) => [plane, extname, hduIndex]);
    };
    expect(await hdusOf("g")).toEqual([
      ["image", "SCI", 1],
      ["mask", "MSK", 2],
      ["weight", "WGT", 3],
    ]);
    expect(await hdusOf("i")).toEqual([
      ["image", "SCI", 0],
      ["mask", "MSK", 1],
      ["weight", "WGT", 2],
    ]);
  });

  test("the header's facts are taken: tile, band, size, time, exposure", async () => {
    const database = openEmptyIndex();
    await ingestPaths(database, "des_sample", [join(SAMPLE, "des/DESJ035621.6-524840.0_g.fits.fz")]);
    const [dataset] = await createImageIndex(database, "").find({ release: "des_sample" }, NEVER);
    expect(dataset).toMatchObject({
      fieldName: "DES0356-5248",
      obsId: "DESJ035621.6-524840.0",
      band: "g",
      width: 228,
      height: 228,
      timeMinMjd: 56548.39010683,
      timeMaxMjd: 57448, // end of February 2016, when the third season ended
      exposureSeconds: 540,
      byteLength: 146880,
      available: true,
    });
    expect(dataset?.pixelScaleArcsec).toBeCloseTo(0.263, 9);
  });

  test("nothing of the simulated sky says that it was observed", async () => {
    const database = openEmptyIndex();
    await ingestPaths(database, "sim_sample", [join(SAMPLE, "sim")]);
    const index = createImageIndex(database, "example.org");
    for (const dataset of await index.find({ release: "sim_sample" }, NEVER)) {
      expect(JSON.stringify(dataset)).not.toMatch(/DES|DECam|Blanco/);
    }
  });

  test("a scan and a table of the same archive name the same image", async () => {
    const root = newFolder();
    mkdirSync(join(root, "DES0356-5248"));
    copyFileSync(SIM_G, join(root, "DES0356-5248/DES0356-5248_r4931p01_g.fits.fz"));
    writeFileSync(join(root, "tiles.csv"), `${HEADER}\n${ROW}\n`);
    const database = openEmptyIndex();
    const table = await ingestPaths(database, "des_dr2", [join(root, "tiles.csv")], root);
    expect(table.summary).toMatchObject({ added: 5, missing: 4, problems: 0 });
    const scan = await ingestPaths(database, "des_dr2", [root]);
    expect(scan.summary).toMatchObject({ added: 0, updated: 1, ignored: 1, problems: 0 });
    const dataset = await createImageIndex(database, "a").findByDid("ivo://a/des_dr2?DES0356-5248/g", NEVER);
    expect(dataset?.planes.mask).toEqual({
      location: join(root, "DES0356-5248/DES0356-5248_r4931p01_g.fits.fz"),
      extname: "MSK",
      hduIndex: 2,
    });
  });

  test("files that cannot be used are named with the reason, and the others registered", async () => {
    const root = newFolder();
    const bytes = readFileSync(SIM_G);
    const put = (name: string, content: Uint8Array | string) => writeFileSync(join(root, name), content);
    put("SIM0356-5248_g.fits.fz", bytes);
    put("a_cut-short_g.fits.fz", bytes.subarray(0, 9000));
    put("b_empty_g.fits", "");
    put("c_text_g.fits", "this is no FITS file");
    put("d_zeros_g.fits", new Uint8Array(28800));
    put("e_other-band_r.fits.fz", bytes);
    put("f_no-such-band_g.fits", changedCard(bytes, "BAND    = 'g       '", "BAND    = 'u       '"));
    put("g_no-projection_g.fits", changedCard(bytes, "CTYPE1  = 'RA---TAN'", "CTYPE1  = 'PIXEL   '"));
    put("h_bad-number_g.fits", changedCard(bytes, "CRVAL1  =            59.090025", "CRVAL1  =                  NaN"));
    put("i_no-plane_g.fits", changedCard(bytes, "EXTNAME = 'SCI     '", "EXTNAME = 'XXX     '"));
    put("notes.txt", "not called FITS");
    const database = openEmptyIndex();
    const { summary, problems } = await ingestPaths(database, "sim_sample", [root]);
    expect(summary).toMatchObject({ added: 1, ignored: 1, problems: 9 });
    expect(problems.map((problem) => problem[0]).join("")).toBe("abcdefghi");
    const reasons = Object.fromEntries(problems.map((problem) => [problem[0], problem]));
    expect(reasons["e"]).toContain('the header has "g", the name "r"');
    expect(reasons["f"]).toContain('"u"');
    expect(reasons["i"]).toContain('"XXX", "MSK", "WGT"');
    for (const problem of problems) expect(problem).not.toContain("\n");
  });

  test("two files of one name are not registered over each other", async () => {
    const root = newFolder();
    for (const name of ["one", "two"]) {
      mkdirSync(join(root, name));
      copyFileSync(SIM_G, join(root, name, "SIM0356-5248_g.fits.fz"));
    }
    const { summary, problems } = await ingestPaths(openEmptyIndex(), "sim_sample", [root]);
    expect(summary).toMatchObject({ added: 1, problems: 1 });
    expect(problems[0]).toContain(join(root, "one/SIM0356-5248_g.fits.fz"));
  });

  test("a folder with a link to itself ends, and links to files outside are not followed", async () => {
    const root = newFolder();
    const outside = newFolder();
    copyFileSync(SIM_G, join(outside, "SIM0356-5248_g.fits.fz"));
    symlinkSync(root, join(root, "again"));
    symlinkSync(join(outside, "SIM0356-5248_g.fits.fz"), join(root, "SIM0356-5248_g.fits.fz"));
    const { summary } = await ingestPaths(openEmptyIndex(), "sim_sample", [root]);
    expect(summary).toMatchObject({ added: 0, problems: 1 });
  });

  test("paths that are not there and folders without images are problems", async () => {
    const { summary, problems } = await ingestPaths(openEmptyIndex(), "sim_sample", [
      newFolder(),
      join(folder, "none"),
    ]);
    expect(summary).toMatchObject({ added: 0, problems: 2 });
    expect(problems[1]).toContain("there is no such file");
  });
});

type Pair = [raDegrees: number, decDegrees: number];

function toPosition([raDegrees, decDegrees]: Pair) {
  return { raDegrees, decDegrees };
}

/** The file with the first such card changed, in place. */
function changedCard(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(from, 0, "latin1");
  expect(at % 80).toBe(0);
  const changed = Buffer.from(bytes);
  changed.write(to, at, "latin1");
  return changed;
}
