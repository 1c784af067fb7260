import { describe, expect, it } from "vitest";
import { selectDatasets } from "../../../src/cutout/select-datasets.ts";
import type { Dataset } from "../../../src/surveys/dataset.ts";
import type { SurveyRegistry } from "../../../src/surveys/registry.ts";

/** A registry that finds these images, whatever is asked. */
function registryOf(images: Record<string, readonly string[] | null>): SurveyRegistry {
  const datasets = Object.entries(images).map(([publisherDid, polarizations]) => ({ publisherDid, polarizations }));
  const registry = {
    getRelease: () => ({ release: { id: "test", bands: [] } }),
    findByDid: () => Promise.resolve({ release: "test" }),
    findDatasets: () => Promise.resolve(datasets as unknown as Dataset[]),
  };
  return registry as unknown as SurveyRegistry;
}

async function select(images: Record<string, readonly string[] | null>, polarizations: readonly string[]) {
  const selection = { id: "ivo://x/test?1", stencil: undefined, bands: [], polarizations };
  const all = { ...selection, wavelengthMetres: undefined, timeMjd: undefined };
  const { datasets } = await selectDatasets(registryOf(images), all, new AbortController().signal);
  return datasets.map(({ publisherDid }) => publisherDid);
}

describe("polarizations", () => {
  const images = { none: null, total: ["I"], linear: ["Q", "U"] };

  it("of an image that records none are total intensity", async () => {
    expect(await select(images, ["I"])).toEqual(["none", "total"]);
    expect(await select(images, ["V"])).toEqual([]);
    expect(await select(images, [])).toEqual(["none", "total", "linear"]);
  });

  it("that are asked for together keep the images that hold any of them", async () => {
    expect(await select(images, ["I", "Q", "U"])).toEqual(["none", "total", "linear"]);
    expect(await select(images, ["U", "Q", "XX"])).toEqual(["linear"]);
  });

  it("of one image are not taken apart in silence", async () => {
    await expect(select(images, ["Q"])).rejects.toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringMatching(/^Cannot cut POL Q alone/) as string,
      }),
    );
  });
});
