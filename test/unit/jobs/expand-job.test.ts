import { describe, expect, it } from "vitest";
import { Parameters } from "../../../src/ivoa/parameters.ts";
import { parseSodaParameters } from "../../../src/ivoa/soda.ts";
import type { CoordinateRow } from "../../../src/jobs/coordinate-list.ts";
import { expandJob } from "../../../src/jobs/expand-job.ts";
import type { ParameterList } from "../../../src/jobs/job.ts";
import type { Dataset } from "../../../src/surveys/dataset.ts";
import { createImageIndex } from "../../../src/surveys/image-index.ts";
import { createRegistry } from "../../../src/surveys/registry.ts";
import { openEmptyIndex } from "../../support/survey-index.ts";

const IMAGE = "ivo://localhost/des_dr2?DES0219-1041/g";
const registry = {
  ...createRegistry(createImageIndex(openEmptyIndex(), "localhost")),
  findByDid: (did: string) => Promise.resolve(did === IMAGE ? ({} as Dataset) : null),
};

/** `POS=CIRCLE 1 2 3&FILTER=g` */
function parametersOf(text: string): [string, string][] {
  return [...new URLSearchParams(text.replaceAll(" ", "%20").replaceAll("+", "%2B"))];
}

async function expand(text: string, rows: readonly CoordinateRow[] | null = null, maxResults = 1000) {
  return expandJob({ parameters: parametersOf(text), rows, registry, limits: { maxResults } });
}

/** `ID=… FILTER=g` of every recipe, without what all have. */
function textOf(recipe: ParameterList): string {
  return recipe.map(([name, value]) => `${name}=${value}`).join("&");
}

function row(number: number, raDegrees: number, decDegrees: number, overrides: ParameterList = []): CoordinateRow {
  return { number, id: null, position: { raDegrees, decDegrees }, overrides, columns: {} };
}

describe("the combinations of a job", () => {
  it("are 4 for 2 CIRCLE and 2 BAND (SODA-32), each a request that /sync understands", async () => {
    const recipes = await expand("ID=des_dr2&CIRCLE=36 -10 0.1&CIRCLE=37 -10 0.1&BAND=4e-7 5e-7&BAND=6e-7 +Inf");
    expect(recipes.map(({ recipe }) => textOf(recipe))).toEqual([
      "ID=des_dr2&CIRCLE=36 -10 0.1&BAND=4e-7 5e-7",
      "ID=des_dr2&CIRCLE=36 -10 0.1&BAND=6e-7 +Inf",
      "ID=des_dr2&CIRCLE=37 -10 0.1&BAND=4e-7 5e-7",
      "ID=des_dr2&CIRCLE=37 -10 0.1&BAND=6e-7 +Inf",
    ]);
    for (const { recipe, rowNumber } of recipes) {
      expect(rowNumber).toBeNull();
      expect(() => parseSodaParameters(new Parameters(recipe))).not.toThrow();
    }
  });

  it("are the product of ID, shape, band and time, in the order given", async () => {
    const text =
      "TIME=56000 57000&time=57000 58000&polygon=1 1 2 1 2 2&POS=RANGE 1 2 3 4&Circle=1 1 1&FILTER=ri&ID=des_dr2&ID=sim_sample";
    const recipes = await expand(text);
    expect(recipes).toHaveLength(2 * 3 * 2 * 2);
    expect(recipes.slice(0, 5).map(({ recipe }) => textOf(recipe))).toEqual([
      "ID=des_dr2&POLYGON=1 1 2 1 2 2&FILTER=r&TIME=56000 57000",
      "ID=des_dr2&POLYGON=1 1 2 1 2 2&FILTER=r&TIME=57000 58000",
      "ID=des_dr2&POLYGON=1 1 2 1 2 2&FILTER=i&TIME=56000 57000",
      "ID=des_dr2&POLYGON=1 1 2 1 2 2&FILTER=i&TIME=57000 58000",
      "ID=des_dr2&POS=RANGE 1 2 3 4&FILTER=r&TIME=56000 57000",
    ]);
    expect(textOf(recipes[12].recipe)).toMatch(/^ID=sim_sample&POLYGON/);
    expect(new Set(recipes.map(({ recipe }) => textOf(recipe)))).toHaveLength(24);
  });

  it("take a band from every letter, comma and repetition, and from BAND by letters", async () => {
    const filters = async (text: string) =>
      (await expand(`ID=des_dr2&POS=CIRCLE 1 1 1&${text}`)).map(({ recipe }) => recipe[2]?.[1]);
    expect(await filters("FILTER=gri")).toEqual(["g", "r", "i"]);
    expect(await filters("FILTER=g,r i")).toEqual(["g", "r", "i"]);
    expect(await filters("FILTER=z&filter=Yz&band=g")).toEqual(["z", "Y", "g"]);
    expect(await filters("")).toEqual([undefined]); // all bands together
  });

  it("share what takes one value, without RUNID and what /sync does not know; POL is one filter", async () => {
    const [{ recipe }, ...others] = await expand(
      `ID=${IMAGE}&POL=I&POL=Q&PLANE=image&PLANE=mask&FORMAT=fits&MASK=none&MISSING=fail&CHECKSUMS=always&DISPOSITION=inline&RUNID=a&PHASE=RUN&x=y&POS=`,
    );
    expect(others).toEqual([]);
    expect(textOf(recipe)).toBe(
      `ID=${IMAGE}&POL=I&POL=Q&PLANE=image&PLANE=mask&FORMAT=fits&MASK=none&MISSING=fail&CHECKSUMS=always&DISPOSITION=inline`,
    );
  });

  it("are counted before they are made", async () => {
    const text = `ID=des_dr2&FILTER=grizY&${"POS=CIRCLE 1 1 1&".repeat(1000)}${"TIME=1 2&".repeat(1000)}`;
    await expect(expand(text)).rejects.toMatchObject({ code: "over-limit", message: /5000000 results.*1000/ });
    expect(await expand("ID=des_dr2&POS=CIRCLE 1 1 1&FILTER=gr", null, 2)).toHaveLength(2);
    await expect(expand("ID=des_dr2&POS=CIRCLE 1 1 1&FILTER=gri", null, 2)).rejects.toMatchObject({
      code: "over-limit",
    });
  });

  it.each([
    ["POS=CIRCLE 1 1 1", "usage", /ID is missing/],
    ["ID=des_dr9&POS=CIRCLE 1 1 1", "not-found", /des_dr9/],
    ["ID=ivo://localhost/des_dr2?nowhere/g", "not-found", /nowhere/],
    ["ID=ivo://localhost/none?x", "not-found", /none/],
    ["ID=ivo:x", "not-found", /ivo:x/],
    ["ID=des_dr2&FILTER=g", "usage", /position/],
    ["ID=des_dr2&POS=CIRCLE 1 1 1&FILTER=gq", "usage", /"gq".*g, r, i, z, Y/],
    ["ID=des_dr2&POS=CIRCLE 1 1 1&FILTER=y", "usage", /"y"/], // case counts
    ["ID=des_dr2&POS=CIRCLE 1 1 1&POS=CIRCLE 1 1", "usage", /1 1/],
    ["ID=des_dr2&POS=CIRCLE 1 1 1&TIME=2 1", "usage", /TIME/],
    ["ID=des_dr2&POS=CIRCLE 1 1 1&RESPONSEFORMAT=doc", "usage", /doc/],
    ["ID=des_dr2&POS=CIRCLE 1 1 1&SIZE=2", "usage", /SIZE/],
    [`ID=${IMAGE}&MASK=outside`, "usage", /MASK/],
  ])("refuses %s", async (text, code, message) => {
    await expect(expand(text)).rejects.toMatchObject({ code, message });
  });
});

describe("the combinations of a list", () => {
  it("are each row with everything else, about its position, 1 arc minute across", async () => {
    const recipes = await expand("ID=des_dr2&FILTER=g&FILTER=r", [row(1, 36.5, -10.25), row(2, 0, 90)]);
    expect(recipes.map(({ rowNumber, recipe }) => `${rowNumber} ${textOf(recipe)}`)).toEqual([
      "1 ID=des_dr2&POS=CIRCLE 36.5 -10.25 0.00833333333333&FILTER=g",
      "1 ID=des_dr2&POS=CIRCLE 36.5 -10.25 0.00833333333333&FILTER=r",
      "2 ID=des_dr2&POS=CIRCLE 0 90 0.00833333333333&FILTER=g",
      "2 ID=des_dr2&POS=CIRCLE 0 90 0.00833333333333&FILTER=r",
    ]);
  });

  it("follow what a row says itself", async () => {
    const rows = [
      row(1, 10, 0),
      row(2, 20, 0, [
        ["SIZE", "12"],
        ["FILTER", "gr"],
        ["RESPONSEFORMAT", "image/fits"],
      ]),
    ];
    const recipes = await expand("ID=des_dr2&BAND=1e-7 2e-7&FORMAT=fits&SIZE=6&PLANE=mask", rows);
    expect(recipes.map(({ rowNumber, recipe }) => `${rowNumber} ${textOf(recipe)}`)).toEqual([
      "1 ID=des_dr2&POS=CIRCLE 10 0 0.05&BAND=1e-7 2e-7&FORMAT=fits&PLANE=mask",
      "2 ID=des_dr2&POS=CIRCLE 20 0 0.1&FILTER=g&PLANE=mask&RESPONSEFORMAT=image/fits",
      "2 ID=des_dr2&POS=CIRCLE 20 0 0.1&FILTER=r&PLANE=mask&RESPONSEFORMAT=image/fits",
    ]);
    await expect(expand("ID=des_dr2", rows, 2)).rejects.toMatchObject({ code: "over-limit", message: /3 results/ });
  });

  it("name all rows that are wrong, for any of the releases", async () => {
    const rows = ["q", "g", "Y", "k"].map((filter, i) => row(7 + i, 1, 1, [["FILTER", filter]]));
    await expect(expand("ID=des_dr2", rows)).rejects.toMatchObject({
      code: "usage",
      message: /^Cannot use the list: 2 of its 4 rows are wrong: row 7: .*"q".*; row 10: .*"k"/,
    });
  });

  it("do not go with shapes", async () => {
    await expect(expand("ID=des_dr2&CIRCLE=1 1 1", [row(1, 1, 1)])).rejects.toMatchObject({
      code: "usage",
      message: /CIRCLE/,
    });
  });
});
