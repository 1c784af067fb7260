import { describe, expect, test } from "vitest";
import { DES_DR2 } from "../../src/surveys/des/releases.ts";
import { createImageIndex } from "../../src/surveys/image-index.ts";
import { memoryArchive } from "../support/memory-archive.ts";
import { ingestTable, NEVER, openEmptyIndex, readTileTable } from "../support/survey-index.ts";

const HEADER = "tilename;rall;decll;raur;decur;archive_path";
const ROW = "DES0356-5248;58.480572;-53.176389;59.689321;-52.445833;Y6A1/r4931/DES0356-5248/p01/coadd";
const NEXT = "DES0351-5248;57.299506;-53.176389;58.508255;-52.445833;Y6A1/r4931/DES0351-5248/p01/coadd";
const FOLDER = "/des/Y6A1/r4931/DES0356-5248/p01/coadd";

describe("ingest of a table of tiles", () => {
  test("registers each tile in each band, and finds nothing new the second time", async () => {
    const database = openEmptyIndex();
    const table = readTileTable().split("\n").slice(0, 301).join("\n");
    const first = await ingestTable(database, table);
    expect(first.summary).toEqual({ added: 1500, updated: 0, missing: 0, unchecked: 1500, problems: 0, ignored: 0 });
    const again = await ingestTable(database, table);
    expect(again.summary).toEqual({ added: 0, updated: 1500, missing: 0, unchecked: 1500, problems: 0, ignored: 0 });
    expect(createImageIndex(database, "").count("des_dr2").images).toBe(1500);
    expect(again.events.at(-1)).toEqual({ kind: "progress", images: 1500, path: "/tiles.csv" });
  });

  test("files that are not there are reported and registered as missing, and taken up when they are", async () => {
    const database = openEmptyIndex();
    const csv = { "/tiles.csv": `${HEADER}\n${ROW}\n` };
    const g = `${FOLDER}/DES0356-5248_r4931p01_g.fits.fz`;
    const copyOfR = "/des/DES0356-5248/DES0356-5248_r4931p01_r.fits.fz";
    const files = memoryArchive({ ...csv, [g]: "1234567", [copyOfR]: "12" });
    const { summary, events } = await ingestTable(database, csv["/tiles.csv"], { files, root: "/des/" });
    expect(summary).toEqual({ added: 5, updated: 0, missing: 3, unchecked: 0, problems: 0, ignored: 0 });
    expect(events.filter((event) => event.kind === "missing").map((event) => event.path)).toEqual(
      ["i", "z", "Y"].map((band) => `${FOLDER}/DES0356-5248_r4931p01_${band}.fits.fz`),
    );
    const index = createImageIndex(database, "example.org");
    const find = async (bands: string[]) => (await index.find({ release: "des_dr2", bands }, NEVER))[0];
    expect(await find(["g"])).toMatchObject({ available: true, byteLength: 7 });
    expect((await find(["g"]))?.planes).toEqual({
      image: { location: g, extname: "SCI", hduIndex: null },
      mask: { location: g, extname: "MSK", hduIndex: null },
      weight: { location: g, extname: "WGT", hduIndex: null },
    });
    expect((await find(["r"]))?.planes.image?.location).toBe(copyOfR);
    expect(await find(["i"])).toMatchObject({ available: false, byteLength: null });

    const i = `${FOLDER}/DES0356-5248_r4931p01_i.fits.fz`;
    const more = memoryArchive({ ...csv, [g]: "1234567", [copyOfR]: "12", [i]: "123" });
    expect((await ingestTable(database, csv["/tiles.csv"], { files: more, root: "/des" })).summary.missing).toBe(2);
    expect(await find(["i"])).toMatchObject({ available: true, byteLength: 3 });
  });

  test("bad lines are reported with their numbers, and the others registered", async () => {
    const database = openEmptyIndex();
    const lines = [HEADER, ROW, "DES0000-0000;1;2", "", NEXT.replace(";-53.176389", ";?"), NEXT];
    const { summary, events } = await ingestTable(database, `\uFEFF${lines.join("\r\n")}\r\n`);
    expect(summary).toMatchObject({ added: 10, problems: 2 });
    const problems = events.filter((event) => event.kind === "problem");
    expect(problems.map(({ path, line }) => `${path}:${line}`)).toEqual(["/tiles.csv:3", "/tiles.csv:5"]);
    expect(problems.map(({ message }) => message)).toEqual([
      "Cannot read the tile: it has 3 columns, 6 are needed",
      'Cannot read the tile: "?" is not a number of degrees',
    ]);
  });

  test("a tile that stands twice in a table is one", async () => {
    const { summary } = await ingestTable(openEmptyIndex(), [HEADER, ROW, ROW].join("\n"));
    expect(summary).toMatchObject({ added: 5, updated: 5 });
  });

  test("what is not the table, or has no root, is refused before anything is registered", async () => {
    const database = openEmptyIndex();
    await expect(ingestTable(database, "a,b,c\n1,2,3")).rejects.toMatchObject({ code: "corrupt-data" });
    await expect(ingestTable(database, "")).rejects.toThrow("it is empty");
    await expect(ingestTable(database, `${HEADER}\n${ROW}`, { root: null })).rejects.toThrow("--root");
    const elsewhere = ingestTable(database, `${HEADER}\n${ROW}`, { root: "/no/such/folder" });
    await expect(elsewhere).rejects.toThrow('"/no/such/folder"');
    expect(createImageIndex(database, "").count("des_dr2").images).toBe(0);
  });

  test("stops when it is told to", async () => {
    const signal = AbortSignal.abort();
    await expect(ingestTable(openEmptyIndex(), `${HEADER}\n${ROW}`, { signal })).rejects.toMatchObject({
      code: "canceled",
    });
  });

  test("bands of the release are registered, and no others", async () => {
    const release = { ...DES_DR2, bands: DES_DR2.bands.filter(({ name }) => name === "z") };
    const { summary } = await ingestTable(openEmptyIndex(), `${HEADER}\n${ROW}`, { release });
    expect(summary.added).toBe(1);
  });
});
