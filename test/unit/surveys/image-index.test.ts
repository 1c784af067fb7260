import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { boundingBoxOfVectors } from "../../../src/sky/bounding-box.ts";
import { regionContains, regionsIntersect } from "../../../src/sky/region.ts";
import { separationDegrees } from "../../../src/sky/separation.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import type { Dataset } from "../../../src/surveys/dataset.ts";
import { DES_DR2 } from "../../../src/surveys/des/releases.ts";
import { createImageIndex } from "../../../src/surveys/image-index.ts";
import type { ImageIndex } from "../../../src/surveys/image-index.ts";
import { createImageWriter } from "../../../src/surveys/image-writer.ts";
import { statementOf } from "../../../src/surveys/image-selection.ts";
import { exampleRecord, squareAt } from "../../support/example-record.ts";
import { ingestTable, NEVER, openEmptyIndex, readTileTable } from "../../support/survey-index.ts";

const G_ONLY = { ...DES_DR2, bands: DES_DR2.bands.slice(0, 1) };

function circle(raDegrees: number, decDegrees: number, radiusDegrees: number): Stencil {
  return { shape: "circle", center: { raDegrees, decDegrees }, radiusDegrees };
}

describe("the image index, with all tiles of DES DR2", () => {
  let index: ImageIndex;
  let all: Dataset[];
  const fieldsAt = async (stencil: Stencil) =>
    (await index.find({ release: "des_dr2", stencil }, NEVER)).map((dataset) => dataset.fieldName);

  beforeAll(async () => {
    const database = openEmptyIndex();
    await ingestTable(database, readTileTable(), { release: G_ONLY });
    index = createImageIndex(database, "example.org");
    all = await index.find({ release: "des_dr2" }, NEVER);
  });

  test("has one image for each row of the table", () => {
    expect(all).toHaveLength(10_169);
    expect(index.count("des_dr2")).toEqual({ images: 10_169, missing: 0 });
  });

  // Truth: astropy's TAN projection, see make_circles.py. Holds the acceptance cases at RA 0 and off the equator.
  test("circles meet the tiles that astropy says, best first", async () => {
    const file = new URL("../../fixtures/surveys/dr2_circles.json", import.meta.url);
    const circles = JSON.parse(readFileSync(file, "utf8")) as Circle[];
    expect(circles).toHaveLength(250);
    for (const { raDegrees, decDegrees, radiusDegrees, bestFirst, holding } of circles) {
      const stencil = circle(raDegrees, decDegrees, radiusDegrees);
      const found = await index.find({ release: "des_dr2", stencil }, NEVER);
      expect(found.map((dataset) => dataset.fieldName)).toEqual(bestFirst);
      expect(found.filter((dataset) => regionContains(dataset.region, stencil))).toHaveLength(holding);
    }
  });

  test("a circle across RA 0 meets the tiles on both sides", async () => {
    expect(await fieldsAt(circle(359.98, -51.0, 5 / 60))).toContain("DES0002-5040");
    expect(await fieldsAt(circle(359.98, -51.0, 5 / 60))).toContain("DES2357-5040");
  });

  test("a distance in RA is shorter by cos(dec)", async () => {
    const edge = 1.184892; // RA of the eastern edge of DES0002-5040 at Dec -51, by astropy
    const reach = 5 / 60 / Math.cos((51 * Math.PI) / 180); // of 5′ in RA there
    expect(await fieldsAt(circle(edge + 0.98 * reach, -51.0, 5 / 60))).toContain("DES0002-5040");
    expect(await fieldsAt(circle(edge + 1.02 * reach, -51.0, 5 / 60))).not.toContain("DES0002-5040");
  });

  test("ranges and polygons find what a test of every tile finds", async () => {
    const stencils: Stencil[] = [
      { shape: "range", raMinDegrees: 359.5, raMaxDegrees: 0.5, decMinDegrees: -51, decMaxDegrees: -40 },
      { shape: "range", raMinDegrees: 20, raMaxDegrees: 30, decMinDegrees: -66, decMaxDegrees: -60 },
      { shape: "range", raMinDegrees: 0, raMaxDegrees: 360, decMinDegrees: -90, decMaxDegrees: -66.5 },
      { shape: "range", raMinDegrees: 0, raMaxDegrees: 360, decMinDegrees: -90, decMaxDegrees: 90 },
      { shape: "range", raMinDegrees: 350, raMaxDegrees: 10, decMinDegrees: 0, decMaxDegrees: 0 },
      polygon([
        [359, -45],
        [1, -45],
        [0, -43],
      ]),
      polygon([
        [10, -60],
        [80, -60],
        [45, -20],
      ]),
      polygon([
        [0, -70],
        [90, -70],
        [180, -70],
        [270, -70],
      ]),
      polygon([
        [59.0, -52.8],
        [59.1, -52.8],
        [59.1, -52.9],
        [59.0, -52.9],
      ]),
      circle(0, -90, 25),
      circle(45, -30, 90),
    ];
    for (const stencil of stencils) {
      const expected = all.filter((dataset) => regionsIntersect(dataset.region, stencil));
      const found = await index.find({ release: "des_dr2", stencil }, NEVER);
      expect(new Set(found.map(didOf))).toEqual(new Set(expected.map(didOf)));
      expect(found).toHaveLength(expected.length);
    }
  });

  test("any circle and any range finds what a test of every tile finds", async () => {
    const degrees = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const circles = fc
      .tuple(degrees(0, 359.999), degrees(-90, 90), degrees(0.001, 20))
      .map(([ra, dec, radius]) => circle(ra, dec, radius));
    const ranges = fc.tuple(degrees(0, 360), degrees(0, 360), degrees(-90, 90), degrees(-90, 90)).map(
      ([raMinDegrees, raMaxDegrees, a, b]): Stencil => ({
        shape: "range",
        raMinDegrees,
        raMaxDegrees,
        decMinDegrees: Math.min(a, b),
        decMaxDegrees: Math.max(a, b),
      }),
    );
    const holds = fc.asyncProperty(fc.oneof(circles, ranges), async (stencil) => {
      const found = await index.find({ release: "des_dr2", stencil }, NEVER);
      const expected = all.filter((dataset) => regionsIntersect(dataset.region, stencil));
      expect(found.map(didOf).sort()).toEqual(expected.map(didOf).sort());
    });
    await fc.assert(holds, { numRuns: 15 });
  });

  test("every tile is found at its centre and just inside its corners, as one that holds the point", async () => {
    for (const dataset of all.filter((_, i) => i % 23 === 0)) {
      const corners = dataset.region.shape === "polygon" ? dataset.region.vertices : [];
      const inside = corners.map((corner) => between(corner, dataset.center));
      for (const { raDegrees, decDegrees } of [dataset.center, ...inside]) {
        const stencil = circle(raDegrees, decDegrees, 0.1 / 3600);
        const found = await index.find({ release: "des_dr2", stencil }, NEVER);
        expect(found.map(didOf)).toContain(didOf(dataset));
        expect(regionContains(found[0].region, stencil)).toBe(true); // not empty: asserted above
        const distances = found
          .filter(({ region }) => regionContains(region, stencil))
          .map(({ center }) => separationDegrees(center, { raDegrees, decDegrees }));
        expect(distances).toEqual([...distances].sort((a, b) => a - b));
      }
    }
  });
});

describe("the image index, with images of its own", () => {
  test("an image over the pole is found from every side", async () => {
    const database = openEmptyIndex();
    const poles = [90, -90].map((dec) => exampleRecord({ key: `pole${dec}`, ...squareAt(30, dec, 1) }));
    createImageWriter(database).write(poles);
    const index = createImageIndex(database, "example.org");
    for (const [ra, dec, name] of [
      [0, 89.5, "pole90"],
      [120, 89.9, "pole90"],
      [240, 90, "pole90"],
      [200, -89.6, "pole-90"],
    ] as const) {
      const found = await index.find({ release: "test", stencil: circle(ra, dec, 1 / 60) }, NEVER);
      expect(found.map(didOf)).toEqual([`ivo://example.org/test?${name}`]);
    }
    expect(await index.find({ release: "test", stencil: circle(0, 88, 0.1) }, NEVER)).toEqual([]);
  });

  test("an all-sky image is found everywhere", async () => {
    const database = openEmptyIndex();
    createImageWriter(database).write([exampleRecord({ key: "sky", region: { shape: "all-sky" } })]);
    const index = createImageIndex(database, "example.org");
    for (const [ra, dec] of [
      [0, 0],
      [77, -90],
      [359.9, 12],
    ] as const) {
      expect(await index.find({ release: "test", stencil: circle(ra, dec, 1e-6) }, NEVER)).toHaveLength(1);
    }
  });

  test("releases at one place do not see each other's images", async () => {
    const database = openEmptyIndex();
    const releases = ["one", "two", "three"];
    createImageWriter(database).write(releases.map((release) => exampleRecord({ release, key: "a" })));
    const index = createImageIndex(database, "example.org");
    for (const release of releases) {
      const found = await index.find({ release, stencil: circle(10, 10, 0.01) }, NEVER);
      expect(found.map(didOf)).toEqual([`ivo://example.org/${release}?a`]);
    }
    expect(await index.find({ release: "four", stencil: circle(10, 10, 0.01) }, NEVER)).toEqual([]);
  });

  test("times are chosen with ends included, and unknown times satisfy no interval", async () => {
    const database = openEmptyIndex();
    createImageWriter(database).write([
      exampleRecord({ key: "known", timeMinMjd: 57000, timeMaxMjd: 57001 }),
      exampleRecord({ key: "unknown" }),
    ]);
    const index = createImageIndex(database, "example.org");
    const keysIn = async (min: number, max: number) =>
      (await index.find({ release: "test", timeMjd: { min, max } }, NEVER)).map((d) => d.publisherDid.split("?")[1]);
    expect(await keysIn(57001, Infinity)).toEqual(["known"]);
    expect(await keysIn(-Infinity, 57000)).toEqual(["known"]);
    expect(await keysIn(57000.2, 57000.3)).toEqual(["known"]);
    expect(await keysIn(57001.001, 58000)).toEqual([]);
    expect(await keysIn(-Infinity, Infinity)).toEqual(["known"]);
  });

  test("a record written again replaces the old one, its place on the sky too", async () => {
    const database = openEmptyIndex();
    const writer = createImageWriter(database);
    expect(writer.write([exampleRecord({ key: "a" }), exampleRecord({ key: "b" })])).toEqual({ added: 2, updated: 0 });
    const moved = exampleRecord({ key: "a", ...squareAt(200, -40, 1), available: false });
    expect(writer.write([moved, exampleRecord({ key: "c" })])).toEqual({ added: 1, updated: 1 });
    const index = createImageIndex(database, "example.org");
    const keysAt = async (ra: number, dec: number) =>
      (await index.find({ release: "test", stencil: circle(ra, dec, 0.01) }, NEVER)).map((d) =>
        d.publisherDid.slice(-1),
      );
    expect(await keysAt(10, 10)).toEqual(["b", "c"]);
    expect(await keysAt(200, -40)).toEqual(["a"]);
    expect(index.count("test")).toEqual({ images: 3, missing: 1 });
  });

  test("what is written comes back unchanged", async () => {
    const database = openEmptyIndex();
    const facts = { polarizations: ["I", "Q"], timeMinMjd: 56548.39010683, width: 228, band: "Y", available: false };
    const planes = {
      image: { path: "x/a.fits", extname: "SCI", hduIndex: 1 },
      mask: { path: "x/a.fits", extname: null, hduIndex: 2 },
      weight: { path: "y/b.fits", extname: "WGT", hduIndex: null },
    };
    const record = exampleRecord({ key: "DES0028+0209/Y", root: "s3://bucket/des", ...facts, planes });
    createImageWriter(database).write([record]);
    const index = createImageIndex(database, "example.org");
    const dataset = await index.findByDid("ivo://example.org/test?DES0028+0209/Y", NEVER);
    const { publisherDid, planes: located, ...others } = dataset!; // not null, or the next lines fail
    expect(publisherDid).toBe("ivo://example.org/test?DES0028+0209/Y");
    expect(located).toEqual({
      image: { location: "s3://bucket/des/x/a.fits", extname: "SCI", hduIndex: 1 },
      mask: { location: "s3://bucket/des/x/a.fits", extname: null, hduIndex: 2 },
      weight: { location: "s3://bucket/des/y/b.fits", extname: "WGT", hduIndex: null },
    });
    expect(others).toMatchObject(facts);
    expect(record).toMatchObject({ ...others }); // all the rest, region and nulls included
    expect(index.roots()).toEqual(["s3://bucket/des"]);
  });

  test("a search among very many candidates stops when it is told to", async () => {
    const database = openEmptyIndex();
    const many = Array.from({ length: 5000 }, (_, i) =>
      exampleRecord({ key: `k${i}`, ...squareAt(10, 10, 1 + i / 1e5) }),
    );
    createImageWriter(database).write(many);
    const controller = new AbortController();
    const search = createImageIndex(database, "").find(
      { release: "test", stencil: circle(10, 10, 1) },
      controller.signal,
    );
    controller.abort();
    await expect(search).rejects.toMatchObject({ code: "canceled" });
  });
});

test("a query by position reads the R*Tree and single rows, never the whole table", () => {
  const database = openEmptyIndex();
  const plans: string[] = [];
  const prepare = database.sqlite.prepare.bind(database.sqlite);
  for (const conditions of [{}, { bands: ["g"] }, { timeMjd: { min: 0, max: 1 } }]) {
    const box = boundingBoxOfVectors(circle(1, 2, 3));
    const { text, values } = statementOf({ releaseNumber: 1, box, ...conditions });
    const rows = prepare(`EXPLAIN QUERY PLAN ${text}`).all(values) as { detail: string }[];
    plans.push(rows.map((row) => row.detail).join("; "));
  }
  for (const plan of plans) {
    // Strategy 2 with all eight bounds handed to the R*Tree: B is <=, D is >=, then the number of the column.
    expect(plan).toMatch(/^SCAN box VIRTUAL TABLE INDEX 2:([BD][0-7]){8};/);
    expect(plan).not.toMatch(/SCAN image/);
  }
});

test("a query by name reads the rows of that name, never the whole release", () => {
  const database = openEmptyIndex();
  const named = [{ fieldName: "a" }, { fieldName: "a", bands: ["g"] }, { key: "a/g" }, { key: "a/g", fieldName: "a" }];
  for (const query of named) {
    const { text, values } = statementOf({ releaseNumber: 1, ...query });
    const [first] = database.sqlite.prepare(`EXPLAIN QUERY PLAN ${text}`).all(values) as { detail: string }[];
    expect(first?.detail).toMatch(/^SEARCH image USING .*INDEX .*\(release_number=\? AND (key|field_name)=\?\)/);
  }
});

type Circle = {
  raDegrees: number;
  decDegrees: number;
  radiusDegrees: number;
  bestFirst: string[];
  /** How many of them hold the circle. */
  holding: number;
};

function polygon(vertices: [number, number][]): Stencil {
  return { shape: "polygon", vertices: vertices.map(([raDegrees, decDegrees]) => ({ raDegrees, decDegrees })) };
}

function didOf(dataset: Dataset): string {
  return dataset.publisherDid;
}

/** A ten-thousandth of the way from the corner to the centre. */
function between(corner: Dataset["center"], center: Dataset["center"]): Dataset["center"] {
  const east = ((center.raDegrees - corner.raDegrees + 540) % 360) - 180;
  return {
    raDegrees: (corner.raDegrees + east * 1e-4 + 360) % 360,
    decDegrees: corner.decDegrees + (center.decDegrees - corner.decDegrees) * 1e-4,
  };
}
