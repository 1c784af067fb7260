import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migrateIndex, openIndexDatabase, type IndexDatabase } from "../../../src/db/index-database.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import { createImageIndex, type ImageIndex } from "../../../src/surveys/image-index.ts";
import { createImageWriter } from "../../../src/surveys/image-writer.ts";
import type { DatasetQuery } from "../../../src/surveys/survey.ts";
import { exampleRecord, squareAt } from "../../support/example-record.ts";
import { NEVER } from "../../support/survey-index.ts";

const AT: Stencil = { shape: "circle", center: { raDegrees: 10, decDegrees: 10 }, radiusDegrees: 0.01 };
const AWAY: Stencil = { shape: "circle", center: { raDegrees: 40, decDegrees: 10 }, radiusDegrees: 0.01 };

let folder: string;
let ours: IndexDatabase;
let others: IndexDatabase;
let index: ImageIndex;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorte-index-"));
  ours = openIndexDatabase(join(folder, "index.sqlite"));
  migrateIndex(ours);
  others = openIndexDatabase(join(folder, "index.sqlite"));
  createImageWriter(others).write([exampleRecord({ key: "a", obsId: "first" })]);
  index = createImageIndex(ours, "example.org");
});
afterEach(async () => {
  ours.close();
  others.close();
  await rm(folder, { recursive: true });
});

/** What every way to find images gives, asked for three times so that the last answer may come from memory. */
async function look(): Promise<{ at: string[]; away: string[]; did: string | undefined }> {
  const at = await index.find({ release: "test", stencil: AT }, NEVER);
  const away = await index.find({ release: "test", stencil: AWAY }, NEVER);
  const did = await index.findByDid("ivo://example.org/test?a", NEVER);
  return { at: at.map((d) => d.obsId), away: away.map((d) => d.obsId), did: did?.obsId };
}

describe.each([
  ["another process", () => others],
  ["this process", () => ours],
])("what %s writes is seen by the next search", (_who, databaseOf) => {
  test("where a row changes, and moves", async () => {
    await look();
    await look();
    expect(await look()).toEqual({ at: ["first"], away: [], did: "first" });
    createImageWriter(databaseOf()).write([exampleRecord({ key: "a", obsId: "second" })]);
    expect(await look()).toEqual({ at: ["second"], away: [], did: "second" });
    await look();
    expect(await look()).toEqual({ at: ["second"], away: [], did: "second" });
    createImageWriter(databaseOf()).write([exampleRecord({ key: "a", obsId: "third", ...squareAt(40, 10, 0.5) })]);
    expect(await look()).toEqual({ at: [], away: ["third"], did: "third" });
  });

  test("where rows come and go", async () => {
    await look();
    await look();
    createImageWriter(databaseOf()).write([exampleRecord({ key: "b" })]);
    expect((await look()).at).toEqual(["first", "b"]);
    await look();
    expect((await look()).at).toEqual(["first", "b"]);
    databaseOf().sqlite.exec("DELETE FROM image_box; DELETE FROM image");
    expect(await look()).toEqual({ at: [], away: [], did: undefined });
  });
});

test("what a transaction takes back is forgotten with it", async () => {
  expect((await look()).at).toEqual(["first"]);
  ours.sqlite.exec("BEGIN; UPDATE image SET obs_id = 'never'");
  expect((await look()).at).toEqual(["never"]);
  expect((await look()).at).toEqual(["never"]);
  ours.sqlite.exec("ROLLBACK");
  expect((await look()).at).toEqual(["first"]);
});

test("images beside the searched shape are not found for being near it", async () => {
  createImageWriter(others).write([exampleRecord({ key: "beside", ...squareAt(10.6, 10, 0.05) })]);
  const near = (raDegrees: number): Stencil => ({ ...AT, center: { raDegrees, decDegrees: 10 } });
  for (let i = 0; i < 2; i++) {
    expect((await index.find({ release: "test", stencil: near(10.52) }, NEVER)).map((d) => d.obsId)).toEqual([]);
    expect((await index.find({ release: "test", stencil: near(10.6) }, NEVER)).map((d) => d.obsId)).toEqual(["beside"]);
  }
});

test("what is remembered of one query does not answer another", async () => {
  const [first, second] = [
    {
      band: "g",
      fieldName: "A",
      timeMinMjd: 100,
      timeMaxMjd: 101,
      wavelengthMinMetres: 4e-7,
      wavelengthMaxMetres: 5e-7,
    },
    {
      band: "r",
      fieldName: "B",
      timeMinMjd: 200,
      timeMaxMjd: 201,
      wavelengthMinMetres: 6e-7,
      wavelengthMaxMetres: 7e-7,
    },
  ];
  const records = [exampleRecord({ key: "1", ...first }), exampleRecord({ key: "2", ...second })];
  createImageWriter(ours).write([...records, exampleRecord({ key: "3", ...second, release: "other" })]);
  const queries: readonly [Partial<DatasetQuery>, readonly string[]][] = [
    [{}, ["first", "1", "2"]],
    [{ bands: ["g"] }, ["1"]],
    [{ bands: ["r"] }, ["2"]],
    [{ bands: ["g", "r"] }, ["1", "2"]],
    [{ wavelengthMetres: { min: -Infinity, max: 5.5e-7 } }, ["1"]],
    [{ wavelengthMetres: { min: 5.5e-7, max: Infinity } }, ["2"]],
    [{ timeMjd: { min: 0, max: 150 } }, ["1"]],
    [{ timeMjd: { min: 150, max: 300 } }, ["2"]],
    [{ fieldName: "A" }, ["1"]],
    [{ fieldName: "B" }, ["2"]],
    [{ did: "ivo://example.org/test?1" }, ["1"]],
    [{ did: "ivo://example.org/test?2" }, ["2"]],
    [{ did: "ivo://example.org/test?2", bands: ["g"] }, []],
    [{ did: "ivo://example.org/other?3" }, []],
    [{ release: "other" }, ["3"]],
  ];
  for (let i = 0; i < 3; i++) {
    for (const [query, expected] of queries) {
      for (const stencil of [AT, undefined]) {
        const found = await index.find({ release: "test", ...query, stencil }, NEVER);
        expect(found.map(({ obsId }) => obsId).sort()).toEqual([...expected].sort());
        const best = await index.find({ release: "test", ...query, stencil, limit: 1 }, NEVER);
        expect(best).toEqual(found.slice(0, 1));
      }
    }
  }
});
