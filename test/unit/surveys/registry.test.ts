import { expect, test } from "vitest";
import { createImageIndex } from "../../../src/surveys/image-index.ts";
import { createImageWriter } from "../../../src/surveys/image-writer.ts";
import { createRegistry } from "../../../src/surveys/registry.ts";
import { exampleRecord } from "../../support/example-record.ts";
import { NEVER, openEmptyIndex } from "../../support/survey-index.ts";

function openRegistry() {
  const database = openEmptyIndex();
  const releases = ["des_dr2", "sim_sample", "des_sample"];
  createImageWriter(database).write(releases.map((release) => exampleRecord({ release, key: "a" })));
  return createRegistry(createImageIndex(database, "example.org"));
}

test("no two surveys have a name or a release id in common", () => {
  const registry = openRegistry();
  const names = [...registry.surveys, ...registry.releases].map((named) => ("id" in named ? named.id : named.name));
  expect(new Set(names).size).toBe(names.length);
});

test("a release leads to its survey, and an unknown one is refused with those there are", async () => {
  const registry = openRegistry();
  expect(registry.getRelease("sim_sample")).toMatchObject({ release: { id: "sim_sample" }, survey: { name: "sim" } });
  expect(() => registry.getRelease("des_dr3")).toThrow('"des_dr2"');
  expect(() => registry.getRelease("__proto__")).toThrow("Cannot find release");
  await expect(registry.findDatasets({ release: "des_dr3" }, NEVER)).rejects.toMatchObject({ code: "not-found" });
});

test("an image is found by its DID in whichever survey has it, and its planes are located there", async () => {
  const registry = openRegistry();
  for (const release of ["des_dr2", "sim_sample"]) {
    const dataset = await registry.findByDid(`ivo://example.org/${release}?a`, NEVER);
    expect(dataset?.release).toBe(release);
    expect(registry.locate(dataset!, "image")).toEqual({ location: "/archive/a.fits", extname: null, hduIndex: 0 });
    expect(registry.locate(dataset!, "mask")).toBeNull(); // not null: asserted above
  }
  expect(await registry.findByDid("ivo://example.org/des_dr2?b", NEVER)).toBeNull();
  expect(await registry.findDatasets({ release: "sim_sample" }, NEVER)).toHaveLength(1);
});
