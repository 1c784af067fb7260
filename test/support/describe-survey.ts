import { beforeAll, describe, expect, test } from "vitest";
import type { IcrsPosition } from "../../src/sky/position.ts";
import { regionContains } from "../../src/sky/region.ts";
import type { Stencil } from "../../src/sky/stencil.ts";
import type { Dataset } from "../../src/surveys/dataset.ts";
import type { Survey } from "../../src/surveys/survey.ts";
import { NEVER } from "./survey-index.ts";

/** A survey with images in it, and one image that is known to be there. */
export type SurveyUnderTest = {
  readonly survey: Survey;
  readonly release: string;
  readonly image: {
    readonly publisherDid: string;
    readonly fieldName: string;
    readonly band: string;
    /** Well inside the image. */
    readonly position: IcrsPosition;
  };
  /** Far from every image. */
  readonly elsewhere: IcrsPosition;
};

/** What every survey must do, whatever is behind it. */
export function describeSurvey(name: string, open: () => Promise<SurveyUnderTest>): void {
  describe(`survey ${name}`, () => {
    let given: SurveyUnderTest;
    let survey: Survey;
    const arcminuteAt = (center: IcrsPosition): Stencil => ({ shape: "circle", center, radiusDegrees: 1 / 60 });
    const find = (query: Partial<Parameters<Survey["findDatasets"]>[0]>) =>
      survey.findDatasets({ release: given.release, ...query }, NEVER);
    const didsOf = (datasets: Dataset[]) => datasets.map((dataset) => dataset.publisherDid);

    beforeAll(async () => {
      given = await open();
      survey = given.survey;
    });

    test("has releases of different ids, with bands in order of wavelength and the image as first plane", () => {
      const ids = survey.releases.map((release) => release.id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const release of survey.releases) {
        expect(release.id).toMatch(/^[a-z0-9_]+$/);
        expect(release.planes[0]).toBe("image");
        const names = release.bands.map((band) => band.name);
        expect(new Set(names).size).toBe(names.length);
        for (const band of release.bands) expect(band.wavelengthMinMetres).toBeLessThan(band.wavelengthMaxMetres);
        const starts = release.bands.map((band) => band.wavelengthMinMetres);
        expect(starts).toEqual([...starts].sort((a, b) => a - b));
      }
    });

    test("finds an image by position, and the one that holds the shape comes first", async () => {
      const stencil = arcminuteAt(given.image.position);
      const found = await find({ stencil, bands: [given.image.band] });
      expect(didsOf(found)).toContain(given.image.publisherDid);
      const holding = found.map((dataset) => regionContains(dataset.region, stencil));
      expect(holding).toEqual([...holding].sort((a, b) => Number(b) - Number(a)));
      expect(holding[0]).toBe(true);
    });

    test("finds nothing where there is no image", async () => {
      expect(await find({ stencil: arcminuteAt(given.elsewhere) })).toEqual([]);
    });

    test("finds an image by its DID, letter by letter", async () => {
      const { publisherDid } = given.image;
      expect((await survey.findByDid(publisherDid, NEVER))?.publisherDid).toBe(publisherDid);
      expect(didsOf(await find({ did: publisherDid }))).toEqual([publisherDid]);
      for (const other of [publisherDid.toUpperCase(), `${publisherDid} `, publisherDid.slice(0, -1), "", "ivo://"]) {
        expect(await survey.findByDid(other, NEVER)).toBeNull();
        expect(await find({ did: other })).toEqual([]);
      }
    });

    test("finds the images of a field by its name", async () => {
      const found = await find({ fieldName: given.image.fieldName });
      expect(didsOf(found)).toContain(given.image.publisherDid);
      expect(new Set(found.map((dataset) => dataset.fieldName))).toEqual(new Set([given.image.fieldName]));
    });

    test("all conditions of a query must hold", async () => {
      const { publisherDid, fieldName, position } = given.image;
      expect(didsOf(await find({ did: publisherDid, fieldName, stencil: arcminuteAt(position) }))).toEqual([
        publisherDid,
      ]);
      expect(await find({ did: publisherDid, stencil: arcminuteAt(given.elsewhere) })).toEqual([]);
      expect(await find({ did: publisherDid, fieldName: "no such field" })).toEqual([]);
      expect(await find({ did: publisherDid, bands: [] })).toEqual([]);
      expect(await find({ did: publisherDid, bands: ["no such band"] })).toEqual([]);
    });

    test("chooses by band name and by wavelength, ends included", async () => {
      const stencil = arcminuteAt(given.image.position);
      const band = survey.releases.flatMap(({ bands }) => bands).find(({ name }) => name === given.image.band);
      const { wavelengthMinMetres: min, wavelengthMaxMetres: max } = band!; // the image is of this band
      const named = await find({ stencil, bands: [given.image.band] });
      expect(new Set(named.map((dataset) => dataset.band))).toEqual(new Set([given.image.band]));
      const { publisherDid } = given.image;
      for (const wavelengthMetres of [
        { min: max, max: Infinity },
        { min: -Infinity, max: min },
        { min: -Infinity, max: Infinity },
        { min: (min + max) / 2, max: (min + max) / 2 },
      ]) {
        expect(didsOf(await find({ did: publisherDid, wavelengthMetres }))).toEqual([publisherDid]);
      }
      expect(await find({ did: publisherDid, wavelengthMetres: { min: max + 1e-10, max: Infinity } })).toEqual([]);
      expect(await find({ did: publisherDid, wavelengthMetres: { min: 0, max: min - 1e-10 } })).toEqual([]);
    });

    test("gives the best images when asked for few", async () => {
      const stencil: Stencil = { shape: "circle", center: given.image.position, radiusDegrees: 2 };
      const all = didsOf(await find({ stencil }));
      expect(didsOf(await find({ stencil, limit: 1 }))).toEqual(all.slice(0, 1));
      expect(await find({ stencil, limit: 0 })).toEqual([]);
      expect(await find({ limit: 2 })).toHaveLength(Math.min(2, (await find({})).length));
    });

    test("knows what ObsCore never leaves null, and what fits together", async () => {
      const dataset = await survey.findByDid(given.image.publisherDid, NEVER);
      expect(dataset).toMatchObject({
        release: given.release,
        band: given.image.band,
        fieldName: given.image.fieldName,
      });
      const { calibLevel, collection, obsId, center, region, fieldOfViewDegrees } = dataset!; // asserted above
      expect([0, 1, 2, 3, 4]).toContain(calibLevel);
      expect(collection).not.toBe("");
      expect(obsId).not.toBe("");
      expect(fieldOfViewDegrees).toBeGreaterThan(0);
      expect(regionContains(region, { shape: "circle", center, radiusDegrees: 1e-9 })).toBe(true);
    });

    test("locates the planes that a dataset has, and no others", async () => {
      const dataset = (await survey.findByDid(given.image.publisherDid, NEVER))!; // found in another test
      for (const plane of ["image", "mask", "weight", "variance"] as const) {
        const location = survey.locate(dataset, plane);
        expect(location).toEqual(dataset.planes[plane] ?? null);
        if (location === null) continue;
        expect(location.location).toMatch(/^(\/|[a-z0-9]+:\/\/)/);
        expect(location.extname ?? location.hduIndex).not.toBeNull();
      }
      expect(survey.locate(dataset, "image")).not.toBeNull();
    });

    test("does not know releases of others, and stops when it is told to", async () => {
      await expect(find({ release: "no_such_release" })).rejects.toMatchObject({ code: "not-found" });
      const gone = AbortSignal.abort();
      await expect(survey.findDatasets({ release: given.release }, gone)).rejects.toMatchObject({ code: "canceled" });
      await expect(survey.findByDid(given.image.publisherDid, gone)).rejects.toMatchObject({ code: "canceled" });
    });
  });
}
