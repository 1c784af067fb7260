import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { IndexDatabase } from "../../src/db/index-database.ts";
import type { LogEntry } from "../../src/http/log-entry.ts";
import { addSiaRoutes, type SiaServices } from "../../src/http/sia-routes.ts";
import { Parameters } from "../../src/ivoa/parameters.ts";
import { parseSiaParameters } from "../../src/ivoa/sia.ts";
import { DES_DR2 } from "../../src/surveys/des/releases.ts";
import { createImageIndex } from "../../src/surveys/image-index.ts";
import type { ImageRecord } from "../../src/surveys/image-record.ts";
import { createImageWriter } from "../../src/surveys/image-writer.ts";
import { createObservationFinder } from "../../src/surveys/observation-finder.ts";
import type { ObservationQuery } from "../../src/surveys/observation-query.ts";
import { createRegistry } from "../../src/surveys/registry.ts";
import { exampleRecord, squareAt } from "../support/example-record.ts";
import { readVoTable, type ReadVoTable } from "../support/read-votable.ts";
import { readingRights } from "../support/reading-rights.ts";
import { ingestTable, openEmptyIndex, readTileTable } from "../support/survey-index.ts";
import { createRoutesApp } from "../support/service-frame.ts";

const PUBLIC_URL = "https://cutout.example.org";
const DATALINK = "application/x-votable+xml;content=datalink";

/** Of release sim_sample: one with everything known, one with nothing, one elsewhere, one across RA 0 and one at a pole. */
const FULL: Partial<ImageRecord> = {
  fieldName: "F1",
  band: "g",
  collection: "one",
  obsId: "obs 1",
  targetName: "M 31",
  fieldOfViewDegrees: 1.4,
  resolutionArcsec: 0.9,
  pixelScaleArcsec: 0.25,
  width: 1000,
  height: 2000,
  timeMinMjd: 55000,
  timeMaxMjd: 55010.5,
  exposureSeconds: 90,
  timeResolutionSeconds: 10,
  wavelengthMinMetres: 4e-7,
  wavelengthMaxMetres: 5.5e-7,
  resolvingPower: 3.2,
  ucd: "phot.count",
  polarizations: ["I", "Q"],
  facility: "T1",
  instrument: "C1",
  byteLength: 1_234_567,
  calibLevel: 3,
};
const RECORDS: readonly ImageRecord[] = (
  [
    { key: "full/g", ...FULL },
    { key: "bare", band: null },
    { key: "far/r", ...squareAt(200, -45, 0.5), band: "r", collection: "two", dataproductType: "cube", calibLevel: 1 },
    { key: "wrap/g", ...squareAt(0, 0, 0.5), band: "g", wavelengthMinMetres: 4e-7, wavelengthMaxMetres: 5.5e-7 },
    { key: "pole/z", ...squareAt(0, 90, 0.5), band: "z", timeMinMjd: 56000, timeMaxMjd: 56001 },
    { key: "gone/g", ...FULL, available: false },
  ] as const
).map((changes) => exampleRecord({ ...changes, release: "sim_sample" }));

function createServices(database: IndexDatabase, limits: Partial<SiaServices["limits"]> = {}): SiaServices {
  return {
    ...readingRights(createRegistry(createImageIndex(database, "example.org"))),
    observations: createObservationFinder(database, "example.org"),
    limits: { defaultRecords: 100, maxRecords: 1000, maxValues: 20, timeoutSeconds: 30, ...limits },
  };
}

function createApp(database: IndexDatabase, limits?: Partial<SiaServices["limits"]>) {
  return createRoutesApp((app) => addSiaRoutes(app, createServices(database, limits)), { publicUrl: PUBLIC_URL });
}

let database: IndexDatabase;
beforeAll(() => {
  database = openEmptyIndex();
  createImageWriter(database).write([...RECORDS, exampleRecord({ key: "unregistered", release: "other" })]);
});

type Query = Record<string, string | string[]>;

function searchOf(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  return new URLSearchParams(pairs).toString();
}

async function query(query: Query, app = createApp(database)): Promise<{ response: Response; table: ReadVoTable }> {
  const response = await app.request(`/query?${searchOf(query)}`);
  return { response, table: readVoTable(await response.text()) };
}

/** Keys of what is found, in the order of `RECORDS`. */
async function keysOf(conditions: Query): Promise<string[]> {
  const { response, table } = await query(conditions);
  expect(response.status).toBe(200);
  return table.rows.map((row) => row["obs_publisher_did"]?.replace(/^.*\?/, "") ?? "");
}

const DID = "ivo://example.org/sim_sample?full/g";

// ObsCore 1.1, tables 6 and 7.
const MANDATORY = `
dataproduct_type  char    -       meta.code.class              ObsDataset.dataProductType
calib_level       int     -       meta.code;obs.calib          ObsDataset.calibLevel
obs_collection    char    -       meta.id                      DataID.Collection
obs_id            char    -       meta.id                      DataID.observationID
obs_publisher_did char    -       meta.ref.ivoid               Curation.PublisherDID
access_url        char    -       meta.ref.url                 Access.Reference
access_format     char    -       meta.code.mime               Access.Format
access_estsize    long    kbyte   phys.size;meta.file          Access.Size
target_name       char    -       meta.id;src                  Target.Name
s_ra              double  deg     pos.eq.ra                    Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1
s_dec             double  deg     pos.eq.dec                   Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2
s_fov             double  deg     phys.angSize;instr.fov       Char.SpatialAxis.Coverage.Bounds.Extent.diameter
s_region          char    -       pos.outline;obs.field        Char.SpatialAxis.Coverage.Support.Area
s_xel1            long    -       meta.number                  Char.SpatialAxis.numBins1
s_xel2            long    -       meta.number                  Char.SpatialAxis.numBins2
s_resolution      double  arcsec  pos.angResolution            Char.SpatialAxis.Resolution.Refval.value
t_min             double  d       time.start;obs.exposure      Char.TimeAxis.Coverage.Bounds.Limits.StartTime
t_max             double  d       time.end;obs.exposure        Char.TimeAxis.Coverage.Bounds.Limits.StopTime
t_exptime         double  s       time.duration;obs.exposure   Char.TimeAxis.Coverage.Support.Extent
t_resolution      double  s       time.resolution              Char.TimeAxis.Resolution.Refval.value
t_xel             long    -       meta.number                  Char.TimeAxis.numBins
em_min            double  m       em.wl;stat.min               Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit
em_max            double  m       em.wl;stat.max               Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit
em_res_power      double  -       spect.resolution             Char.SpectralAxis.Resolution.ResolPower.refVal
em_xel            long    -       meta.number                  Char.SpectralAxis.numBins
o_ucd             char    -       meta.ucd                     Char.ObservableAxis.ucd
pol_states        char    -       meta.code;phys.polarization  Char.PolarizationAxis.stateList
pol_xel           long    -       meta.number                  Char.PolarizationAxis.numBins
facility_name     char    -       meta.id;instr.tel            Provenance.ObsConfig.facility.name
instrument_name   char    -       meta.id;instr                Provenance.ObsConfig.instrument.name`
  .trim()
  .split("\n")
  .map((line) => line.split(/ {1,}/));

describe("SIA 2.0: the answer", () => {
  it("SIA-2: is a VOTable with its standard and status", async () => {
    const { response, table } = await query({});
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/x-votable+xml");
    expect(table.infos.map(({ name, value }) => [name, value])).toEqual([
      ["QUERY_STATUS", "OK"],
      ["standardID", "ivo://ivoa.net/std/SIA#query-2.0"],
    ]);
  });

  it("SIA-3, SIA-4: has the 30 mandatory columns of ObsCore as it describes them", async () => {
    const { fields } = (await query({})).table;
    expect(MANDATORY).toHaveLength(30);
    const described = fields.map(({ name, datatype, unit = "-", ucd, utype }) => [name, datatype, unit, ucd, utype]);
    expect(described.slice(0, 30)).toEqual(
      MANDATORY.map(([name, datatype, unit, ucd, utype]) => [name, datatype, unit, ucd, `obscore:${utype}`]),
    );
  });

  it("SIA-4: says of an image what the index knows", async () => {
    const { rows } = (await query({ ID: DID })).table;
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      dataproduct_type: "image",
      calib_level: "3",
      obs_collection: "one",
      obs_id: "obs 1",
      obs_publisher_did: DID,
      access_estsize: "1235",
      target_name: "M 31",
      s_ra: "10",
      s_dec: "10",
      s_fov: "1.4",
      s_xel1: "1000",
      s_xel2: "2000",
      s_resolution: "0.9",
      t_min: "55000",
      t_max: "55010.5",
      t_exptime: "90",
      t_resolution: "10",
      t_xel: "1",
      em_min: "4e-7",
      em_max: "5.5e-7",
      em_res_power: "3.2",
      em_xel: "1",
      o_ucd: "phot.count",
      pol_states: "/I/Q/",
      pol_xel: "2",
      facility_name: "T1",
      instrument_name: "C1",
    });
    expect(rows[0]?.["s_region"]).toMatch(/^POLYGON ICRS( -?\d+(\.\d+)?){8}$/);
  });

  it("SIA-5: what must not be null is not, also of an image of which little is known", async () => {
    const { rows } = (await query({})).table;
    expect(rows).toHaveLength(5);
    for (const row of rows) {
      for (const name of ["calib_level", "obs_collection", "obs_id", "obs_publisher_did"])
        expect(row[name]).not.toBe("");
    }
    expect(rows[1]).toMatchObject({ target_name: "", s_xel1: "", t_min: "", em_max: "", pol_states: "", o_ucd: "" });
  });

  it("SIA-22, SIA-23, SIA-24: describes {links}, SODA and itself", async () => {
    const { fields, services } = (await query({})).table;
    expect(
      services.map(({ attributes, params }) => [attributes["utype"], params["standardID"], params["accessURL"]]),
    ).toEqual([
      ["adhoc:service", "ivo://ivoa.net/std/DataLink#links-1.1", `${PUBLIC_URL}/links`],
      ["adhoc:service", "ivo://ivoa.net/std/SODA#sync-1.0", `${PUBLIC_URL}/sync`],
      ["adhoc:service", "ivo://ivoa.net/std/SODA#async-1.0", `${PUBLIC_URL}/async`],
      ["adhoc:this", "ivo://ivoa.net/std/SIA#query-2.0", `${PUBLIC_URL}/query`],
    ]);
    const didField = fields.find(({ name }) => name === "obs_publisher_did");
    for (const { inputs } of services.slice(0, 3)) {
      const id = inputs.find(({ attributes }) => attributes["name"] === "ID");
      expect(id?.attributes).toMatchObject({ value: "", ref: didField?.["ID"] });
    }
    const names = services[3]?.inputs.map(({ attributes }) => attributes["name"]);
    expect(names).toEqual(
      "POS BAND TIME POL FOV SPATRES SPECRP EXPTIME TIMERES ID COLLECTION FACILITY INSTRUMENT DPTYPE CALIB TARGET FORMAT FILTER MAXREC RESPONSEFORMAT".split(
        " ",
      ),
    );
  });

  it("SIA-25: access_url is {links} of the image, and access_format says so in the very words", async () => {
    const [row] = (await query({ ID: DID })).table.rows;
    expect(row?.["access_format"]).toBe(DATALINK);
    expect(row?.["access_url"]).toBe(`${PUBLIC_URL}/links?ID=${encodeURIComponent(DID)}`);
  });

  it.each(["votable", "application/x-votable+xml", "text/xml"])(
    "SIA-26: RESPONSEFORMAT=%s is taken",
    async (format) => {
      const { response } = await query({ RESPONSEFORMAT: format });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(format === "text/xml" ? format : "application/x-votable+xml");
    },
  );

  it.each(["csv", "text/html", "application/fits", "application/x-votable+xml,text/csv"])(
    "SIA-27: RESPONSEFORMAT=%s is refused, in a VOTable that says what there is",
    async (format) => {
      const { response, table } = await query({ RESPONSEFORMAT: format });
      expect(response.status).toBe(400);
      expect(response.headers.get("content-type")).toBe("application/x-votable+xml");
      expect(table.infos[0]?.text).toMatch(
        /^UsageFault: .*there is votable \(application\/x-votable\+xml, text\/xml, application\/xml\)$/,
      );
    },
  );

  it("does not tell of images that are not there, nor of releases that are not served", async () => {
    expect(await keysOf({})).toEqual(["full/g", "bare", "far/r", "wrap/g", "pole/z"]);
    expect(
      await keysOf({ ID: ["ivo://example.org/sim_sample?gone/g", "ivo://example.org/other?unregistered"] }),
    ).toEqual([]);
  });
});

describe("SIA 2.0: conditions", () => {
  it.each([
    ["SIA-6", "CIRCLE 10 10 0.1", ["full/g", "bare"]],
    ["SIA-6", "CIRCLE 10.8 10 0.3", ["full/g", "bare"]],
    ["SIA-6", "CIRCLE 11.2 10 0.3", []],
    ["SIA-6", "CIRCLE 359.9 0.1 0.01", ["wrap/g"]],
    ["SIA-6", "CIRCLE 123 89.9 0.01", ["pole/z"]],
    ["SIA-6", "CIRCLE 0 0 180", ["full/g", "bare", "far/r", "wrap/g", "pole/z"]],
    ["SIA-7", "RANGE 9.9 10.1 9.9 10.1", ["full/g", "bare"]],
    ["SIA-7", "RANGE 359 1 -1 1", ["wrap/g"]],
    ["SIA-7", "RANGE -Inf +Inf -Inf -10", ["far/r"]],
    ["SIA-8", "POLYGON 9 9 11 9 11 11 9 11", ["full/g", "bare"]],
    ["SIA-8", "POLYGON 9 9 9 11 11 11 11 9", ["full/g", "bare"]],
    ["SIA-8", "POLYGON 20 20 21 20 21 21", []],
  ])("%s: POS=%s", async (_, pos, keys) => {
    expect(await keysOf({ POS: pos })).toEqual(keys);
  });

  it.each<[string, Query, string[]]>([
    ["SIA-9", { POS: ["CIRCLE 200 -45 0.1", "CIRCLE 0 0 0.1", "CIRCLE 0 0 0.2"] }, ["far/r", "wrap/g"]],
    ["SIA-9", { POS: "CIRCLE 10 10 0.1", BAND: "5e-7" }, ["full/g"]],
    ["SIA-9", { POS: "CIRCLE 200 -45 0.1", BAND: "5e-7" }, []],
    ["SIA-9", { BAND: "5e-7", TIME: ["55001", "57000"] }, ["full/g"]],
    ["SIA-10", { BAND: "5e-7" }, ["full/g", "wrap/g"]],
    ["SIA-10", { BAND: "5.5e-7 6e-7" }, ["full/g", "wrap/g"]],
    ["SIA-10", { BAND: "5.6e-7 6e-7" }, []],
    ["SIA-10", { BAND: ["1e-9", "-Inf 4e-7"] }, ["full/g", "wrap/g"]],
    ["SIA-11", { TIME: "55010.5" }, ["full/g"]],
    ["SIA-11", { TIME: "55010.6 +Inf" }, ["pole/z"]],
    ["SIA-11", { TIME: ["55000 55001", "56001 60000"] }, ["full/g", "pole/z"]],
    ["SIA-12", { POL: "Q" }, ["full/g"]],
    ["SIA-12", { POL: ["V", "I"] }, ["full/g"]],
    ["SIA-12", { POL: "RR" }, []],
    ["SIA-13", { FOV: "1.3 1.5", POS: "CIRCLE 10 10 0.1" }, ["full/g", "bare"]],
    ["SIA-13", { FOV: "2 +Inf" }, []],
    ["SIA-13", { SPATRES: "-Inf 0.9" }, ["full/g"]],
    ["SIA-13", { SPATRES: "0.8" }, []],
    ["SIA-13", { SPECRP: "3 4" }, ["full/g"]],
    ["SIA-13", { EXPTIME: "90" }, ["full/g"]],
    ["SIA-13", { EXPTIME: "90.1 +Inf" }, []],
    ["SIA-13", { TIMERES: "1 10" }, ["full/g"]],
    ["SIA-14", { ID: DID }, ["full/g"]],
    [
      "SIA-14, SODA-5a",
      { ID: ["IVO://Example.ORG/SIM_sample?full/g", "ivo://example.org/sim_sample?FAR/R"] },
      ["full/g", "far/r"],
    ],
    ["SIA-14", { ID: "ivo://example.com/sim_sample?full/g" }, []],
    ["SIA-14", { ID: DID, POS: "CIRCLE 200 -45 0.1" }, []],
    ["SIA-14", { COLLECTION: "one" }, ["full/g"]],
    ["SIA-14", { COLLECTION: ["one", "two"] }, ["full/g", "far/r"]],
    ["SIA-14", { COLLECTION: "One" }, []],
    ["SIA-14", { FACILITY: "T1" }, ["full/g"]],
    ["SIA-14", { INSTRUMENT: "C1" }, ["full/g"]],
    ["SIA-14", { INSTRUMENT: "c1" }, []],
    ["SIA-14", { TARGET: "M 31" }, ["full/g"]],
    ["SIA-14", { TARGET: "m 31" }, []],
    ["SIA-15", { DPTYPE: "cube" }, ["far/r"]],
    ["SIA-15", { DPTYPE: ["image", "cube"] }, ["full/g", "bare", "far/r", "wrap/g", "pole/z"]],
    ["SIA-15", { CALIB: ["1", "3"] }, ["full/g", "far/r"]],
    ["SIA-15", { CALIB: "0" }, []],
    ["SIA-15", { FORMAT: DATALINK, COLLECTION: "one" }, ["full/g"]],
    ["SIA-15", { FORMAT: "application/fits" }, []],
    ["FILTER", { FILTER: "g" }, ["full/g", "wrap/g"]],
    ["FILTER", { FILTER: "rz" }, ["far/r", "pole/z"]],
    ["FILTER", { FILTER: ["g,r", "Y"] }, ["full/g", "far/r", "wrap/g"]],
  ])("%s: %j", async (_, conditions, keys) => {
    expect(await keysOf(conditions)).toEqual(keys);
  });

  it.each(["BAND", "TIME", "SPATRES", "SPECRP", "EXPTIME", "TIMERES"])(
    "SIA-10 to SIA-13: null satisfies no condition, not even %s=-Inf +Inf",
    async (name) => {
      expect(await keysOf({ [name]: "-Inf +Inf" })).not.toContain("bare");
    },
  );

  it("SIA-9: takes as many values as it says, of every parameter at once", async () => {
    const app = createApp(database, { maxValues: 1000 });
    const many = (of: (i: number) => string) => Array.from({ length: 1000 }, (_, i) => of(i));
    const bounds = Object.fromEntries(
      ["BAND", "TIME", "FOV", "SPATRES", "SPECRP", "EXPTIME", "TIMERES"].map((name) => [
        name,
        many((i) => `${i} +Inf`),
      ]),
    );
    const body = new URLSearchParams(searchOf({ ...bounds, POS: many((i) => `CIRCLE 10 10 ${0.1 + i / 1e4}`) }));
    for (const [band, rows] of [
      ["1e-9 1", 1],
      ["2 3", 0],
    ] as const) {
      body.set("BAND", band);
      const response = await app.request("/query", { method: "POST", body });
      expect(readVoTable(await response.text()).rows).toHaveLength(rows);
    }
  });

  it("SIA-14, SIA-15: a name in quotes, or SQL, is only a name", async () => {
    for (const name of ["'", '"', "x' OR '1'='1", "\\", "]", "%"]) {
      for (const parameter of ["COLLECTION", "TARGET", "FACILITY", "INSTRUMENT", "ID", "FORMAT"]) {
        expect(await keysOf({ [parameter]: name })).toEqual([]);
      }
    }
  });
});

describe("SIA 2.0: how many", () => {
  it("SIA-16: MAXREC=0 describes the answer and has none", async () => {
    const { table } = await query({ MAXREC: "0" });
    expect(table.rows).toEqual([]);
    expect(table.fields.length).toBeGreaterThanOrEqual(30);
    expect(table.services).toHaveLength(4);
  });

  it("SIA-17: OVERFLOW where there is more, after the rows", async () => {
    const { table } = await query({ MAXREC: "2" });
    expect(table.rows).toHaveLength(2);
    expect(table.laterInfos).toEqual([{ name: "QUERY_STATUS", value: "OVERFLOW", text: "" }]);
    const all = (await query({ MAXREC: "5" })).table;
    expect(all.rows).toHaveLength(5);
    expect(all.laterInfos).toEqual([]);
  });

  it("SIA-17: the service's own limits hold with no MAXREC and with a larger one", async () => {
    const app = createApp(database, { defaultRecords: 1, maxRecords: 3 });
    for (const [maxrec, rows] of [
      [[], 1],
      [["1000000"], 3],
      [["2"], 2],
    ] as const) {
      const { table } = await query({ MAXREC: [...maxrec] }, app);
      expect(table.rows).toHaveLength(rows);
      expect(table.laterInfos).toHaveLength(1);
    }
    const inside = (await query({ POS: "CIRCLE 0 0 180", MAXREC: "3" }, app)).table;
    expect([inside.rows.length, inside.laterInfos.length]).toEqual([3, 1]);
  });
});

describe("SIA 2.0: errors", () => {
  it.each<[string, Query]>([
    ["CIRCLE", { POS: "CIRCLE 1 2" }],
    ["CIRCLE", { POS: "CIRCLE 400 2 1" }],
    ["POS", { POS: "BOX 1 2 3 4" }],
    ["BAND", { BAND: "g" }],
    ["BAND", { BAND: "2 1" }],
    ["BAND", { BAND: "1 2 3" }],
    ["TIME", { TIME: "2020-01-01" }],
    ["POL", { POL: "K" }],
    ["DPTYPE", { DPTYPE: "spectrum" }],
    ["CALIB", { CALIB: "1.5" }],
    ["FILTER", { FILTER: "q" }],
    ["MAXREC", { MAXREC: "-1" }],
    ["MAXREC", { MAXREC: "many" }],
    ["answer as", { RESPONSEFORMAT: "text/csv" }],
    ["SIA-20 MAXREC", { MAXREC: ["1", "2"] }],
    ["SIA-20 RESPONSEFORMAT", { RESPONSEFORMAT: ["votable", "votable"] }],
    ["TARGET", { TARGET: Array.from({ length: 21 }, (_, i) => `t${i}`) }],
  ])("SIA-18, SIA-19: %s that is wrong is a UsageFault in a VOTable, with 4xx (%j)", async (name, conditions) => {
    const { response, table } = await query(conditions);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(response.headers.get("content-type")).toBe("application/x-votable+xml");
    expect(table.infos[0]).toMatchObject({ name: "QUERY_STATUS", value: "ERROR" });
    expect(table.infos[0]?.text).toMatch(new RegExp(`^UsageFault: Cannot .*(${name.replace("SIA-20 ", "")})`));
  });

  it("SIA-18: a fault of ours is a FatalFault without its details", async () => {
    const broken = openEmptyIndex();
    const app = createApp(broken);
    broken.close();
    const { response, table } = await query({}, app);
    expect(response.status).toBe(500);
    expect(table.infos[0]?.text).toMatch(/^FatalFault: The service failed \(request /);
  });

  it("SIA-19: a search that takes too long says what would help", async () => {
    const services = createServices(database, { timeoutSeconds: 0.02 });
    const find: SiaServices["observations"]["find"] = (_query, _limit, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    const app = createRoutesApp((routes) => addSiaRoutes(routes, { ...services, observations: { find } }));
    const { response, table } = await query({}, app);
    expect(response.status).toBe(413);
    expect(table.infos[0]?.text).toMatch(/^UsageFault: Cannot search within the 0.02 seconds that are allowed/);
  });

  it("SIA-21: takes POST, and names in any case", async () => {
    const body = new URLSearchParams([
      ["pos", "CIRCLE 10 10 0.1"],
      ["Collection", "one"],
    ]);
    const response = await createApp(database).request("/query?maxrec=10", { method: "POST", body });
    expect(readVoTable(await response.text()).rows).toHaveLength(1);
  });

  it("UWS-45: other methods are 405", async () => {
    expect((await createApp(database).request("/query", { method: "DELETE" })).status).toBe(405);
  });

  it("answers HEAD without a search's rows", async () => {
    const response = await createApp(database).request("/query?POS=CIRCLE+10+10+1", { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });
});

describe("whatever is sent", () => {
  const NAMES =
    "POS BAND TIME POL FOV SPATRES SPECRP EXPTIME TIMERES ID COLLECTION FACILITY INSTRUMENT DPTYPE CALIB TARGET FORMAT FILTER MAXREC RESPONSEFORMAT RUNID X".split(
      " ",
    );
  const words = fc.oneof(
    fc.constantFrom(
      "CIRCLE",
      "RANGE",
      "POLYGON",
      "0",
      "90",
      "-90",
      "360",
      "1e308",
      "1e-320",
      "-Inf",
      "+Inf",
      "NaN",
      "g",
    ),
    fc.constantFrom(
      "I",
      "image",
      "votable",
      "ivo://example.org/sim_sample?full/g",
      "'",
      "%",
      "\u0000",
      "\ud800",
      "]]>",
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.integer({ min: -400, max: 400 }).map(String),
  );
  const value = fc.array(words, { maxLength: 9 }).map((parts) => parts.join(" "));
  const pairs = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 6 });

  it("is answered with a VOTable: rows, or what was wrong", async () => {
    const app = createApp(database);
    await fc.assert(
      fc.asyncProperty(pairs, async (sent) => {
        const response = await app.request(`/query?${new URLSearchParams(sent).toString()}`);
        const { infos } = readVoTable(await response.text());
        expect([200, 400, 413]).toContain(response.status);
        expect(infos[0]?.value).toBe(response.status === 200 ? "OK" : "ERROR");
        if (response.status !== 200) expect(infos[0]?.text).toMatch(/^UsageFault: Cannot /);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same by POST", async () => {
    const app = createApp(database);
    await fc.assert(
      fc.asyncProperty(pairs, async (sent) => {
        const body = new URLSearchParams(sent);
        const [get, post] = await Promise.all([
          app.request(`/query?${body.toString()}`, { headers: { "X-Request-Id": "one" } }),
          app.request("/query", { method: "POST", body, headers: { "X-Request-Id": "one" } }),
        ]);
        expect([post.status, await post.text()]).toEqual([get.status, await get.text()]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("SIA 2.0 over all tiles of DES DR2", () => {
  let tiles: IndexDatabase;
  beforeAll(async () => {
    tiles = openEmptyIndex();
    const release = { ...DES_DR2, bands: DES_DR2.bands.slice(0, 1) };
    await ingestTable(tiles, readTileTable(), { release });
  }, 60_000);

  it("SIA-17: streams every row that is allowed, in full, and says that there are more", async () => {
    const app = createApp(tiles, { maxRecords: 10_000 });
    const { table } = await query({ MAXREC: "10000" }, app);
    expect(table.rows).toHaveLength(10_000);
    expect(new Set(table.rows.map((row) => row["obs_publisher_did"])).size).toBe(10_000);
    expect(table.laterInfos).toHaveLength(1);
  });

  it("SIA-6: the tiles at a position, and none else", async () => {
    const rows = (await query({ POS: "CIRCLE 35.23676 -10.33269 0.1666667" }, createApp(tiles))).table.rows;
    // Three tiles, as its users know the place.
    expect(new Set(rows.map((row) => row["obs_id"])).size).toBe(3);
    expect(rows).toHaveLength(3);
  });

  it("breaks a stream that cannot go on, and logs why", async () => {
    const entries: LogEntry[] = [];
    const services = createServices(tiles);
    const find: typeof services.observations.find = async (query, limit, signal) => {
      const found = await services.observations.find(query, limit, signal);
      return {
        ...found,
        async *datasets(signal) {
          yield* found.datasets(signal);
          throw new Error("the disk is gone");
        },
      };
    };
    const app = createRoutesApp((routes) => addSiaRoutes(routes, { ...services, observations: { find } }), {
      log: (entry) => entries.push(entry),
    });
    const response = await app.request("/query");
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("the disk is gone");
    expect(entries).toMatchObject([{ event: "request", status: 500, error: { message: "the disk is gone" } }]);
  });

  it("gives other work its turn while it searches", async () => {
    const { observations } = createServices(tiles);
    const nothing = Object.fromEntries(
      Object.keys(parseSiaParameters(new Parameters([]), { maxValues: 1 })).map((name) => [name, []]),
    );
    const whole = { shape: "circle", center: { raDegrees: 0, decDegrees: 0 }, radiusDegrees: 180 } as const;
    const query = { ...nothing, releases: ["des_dr2"], stencils: [whole] } as unknown as ObservationQuery;
    const controller = new AbortController();
    const searching = observations.find({ ...query, bands: ["g"] }, 1e6, controller.signal);
    setTimeout(() => controller.abort(), 1);
    await expect(searching).rejects.toThrow("Stopped the search");
  });

  it("stops a stream that nobody reads on", async () => {
    const response = await createApp(tiles, { defaultRecords: 20_000, maxRecords: 20_000 }).request("/query");
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect((await query({ MAXREC: "1" }, createApp(tiles))).table.rows).toHaveLength(1);
  });
});
