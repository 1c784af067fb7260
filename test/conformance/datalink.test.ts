import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ServiceError } from "../../src/errors.ts";
import { createSyncApp } from "../support/sync-app.ts";
import { addDatalinkRoutes } from "../../src/http/datalink-routes.ts";
import type { LinksServices } from "../../src/http/describe-links.ts";
import { SODA_PARAMETERS } from "../../src/ivoa/soda-parameters.ts";
import { readVoTable, type ReadService } from "../support/read-votable.ts";
import { readingRights } from "../support/reading-rights.ts";
import { createSampleServices, type SampleServices } from "../support/sample-services.ts";
import { createRoutesApp } from "../support/service-frame.ts";

const PUBLIC_URL = "https://cutout.example.org";
const DES_G = "ivo://localhost/des_sample?DESJ035621.6-524840.0/g";
const DES_R = "ivo://localhost/des_sample?DESJ035621.6-524840.0/r";
const UNKNOWN = "ivo://localhost/des_sample?nothing/g";

let sample: SampleServices;
beforeAll(async () => void (sample = await createSampleServices()));
afterAll(() => sample.dispose());

/** The /sync of this test's archive, for addresses that /links gives. */
function sync(address: string): Promise<Response> {
  const app = createSyncApp({ cutouts: sample.cutouts, timeoutSeconds: 60, log: () => undefined });
  const { pathname, search } = new URL(address);
  return Promise.resolve(app.request(pathname + search));
}

function createApp(
  changes: Partial<Omit<LinksServices, "limits">> & { limits?: Partial<LinksServices["limits"]> } = {},
) {
  const services: LinksServices = {
    registry: sample.registry,
    ...readingRights(sample.registry),
    measureImage: async (did) => {
      const response = await sync(`${PUBLIC_URL}/sync?ID=${encodeURIComponent(did)}`);
      await response.body?.cancel();
      return Number(response.headers.get("content-length"));
    },
    ...changes,
    limits: { maxIds: 10, maxMeasuredIds: 5, maxPixels: 1e8, ...changes.limits },
  };
  return createRoutesApp((app) => addDatalinkRoutes(app, services), { publicUrl: PUBLIC_URL });
}

async function links(query: string | string[], app = createApp()) {
  const search = typeof query === "string" ? query : query.map((id) => `ID=${encodeURIComponent(id)}`).join("&");
  const response = await app.request(`/links?${search}`);
  return { response, table: readVoTable(await response.text()) };
}

const inputOf = (service: ReadService, name: string) =>
  service.inputs.find(({ attributes }) => attributes["name"] === name);

describe("DataLink 1.1", () => {
  it("DL-1, DL-2, CLI-2: answers anybody 200 with a VOTable of the type that clients look for", async () => {
    const { response, table } = await links([DES_G]);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/x-votable+xml;content=datalink");
    expect(table.rows.length).toBeGreaterThan(0);
  });

  it("DL-3: names its standard and its status in the results", async () => {
    const { infos } = (await links([DES_G])).table;
    expect(infos).toContainEqual({ name: "standardID", value: "ivo://ivoa.net/std/DataLink#links-1.1", text: "" });
    expect(infos[0]).toEqual({ name: "QUERY_STATUS", value: "OK", text: "" });
  });

  it("DL-4: has the columns of section 3.2", async () => {
    const { fields } = (await links([DES_G])).table;
    const described = fields.map(({ name, datatype, ucd, unit }) => [name, datatype, ucd, unit]);
    expect(described.slice(0, 8)).toEqual([
      ["ID", "char", "meta.id;meta.main", undefined],
      ["access_url", "char", "meta.ref.url", undefined],
      ["service_def", "char", "meta.ref", undefined],
      ["error_message", "char", "meta.code.error", undefined],
      ["description", "char", "meta.note", undefined],
      ["semantics", "char", "meta.code", undefined],
      ["content_type", "char", "meta.code.mime", undefined],
      ["content_length", "long", "phys.size;meta.file", "byte"],
    ]);
  });

  it("DL-5: a row has an address, a service or an error, and one of them", async () => {
    for (const row of (await links([DES_G, UNKNOWN, "sim_sample"])).table.rows) {
      const given = [row["access_url"], row["service_def"], row["error_message"]].filter((cell) => cell !== "");
      expect(given).toHaveLength(1);
    }
  });

  it("DL-6: tells the image, its planes, and cutouts by terms of the vocabulary", async () => {
    const { rows } = (await links([DES_G])).table;
    expect(rows.map((row) => [row["semantics"], row["local_semantics"]])).toEqual([
      ["#this", "image"],
      ["#auxiliary", "mask"],
      ["#weight", "weight"],
      ["#cutout", "soda-sync"],
      ["#cutout", "soda-async"],
    ]);
  });

  it("DL-7: every service_def is the XML ID of a service that is described, also of several images", async () => {
    const { rows, services } = (await links([DES_G, DES_R])).table;
    const named = rows.map((row) => row["service_def"]).filter((name) => name !== "");
    const described = services
      .map(({ attributes }) => attributes)
      .filter(({ utype }) => utype === "adhoc:service")
      .map(({ ID }) => ID);
    expect(named).toEqual(described);
    expect(new Set(named).size).toBe(4);
  });

  it("DL-8, DL-12: the services are SODA's, sync and async, at the addresses of the capabilities", async () => {
    const { services } = (await links([DES_G])).table;
    expect(services[0]?.params).toMatchObject({
      accessURL: `${PUBLIC_URL}/sync`,
      standardID: "ivo://ivoa.net/std/SODA#sync-1.0",
      contentType: "application/fits",
    });
    expect(services[1]?.params).toMatchObject({
      accessURL: `${PUBLIC_URL}/async`,
      standardID: "ivo://ivoa.net/std/SODA#async-1.0",
    });
  });

  // SODA 1.0, section 3.3.
  it.each([
    ["POS", "pos.outline;obs", undefined, "char", "*", undefined],
    ["CIRCLE", "pos.outline;obs", "deg", "double", "3", "circle"],
    ["POLYGON", "pos.outline;obs", "deg", "double", "*", "polygon"],
    ["BAND", "em.wl;stat.interval", "m", "double", "2", "interval"],
    ["TIME", "time.interval;obs.exposure", "d", "double", "2", "interval"],
    ["POL", "meta.code;phys.polarization", undefined, "char", "*", undefined],
  ])("DL-9, CLI-4: the three factors of %s are SODA's", async (name, ucd, unit, datatype, arraysize, xtype) => {
    for (const service of (await links([DES_G])).table.services.slice(0, 2)) {
      const { attributes } = inputOf(service, name)!;
      expect([attributes["ucd"], attributes["unit"], attributes["datatype"]]).toEqual([ucd, unit, datatype]);
      expect([attributes["arraysize"], attributes["xtype"]]).toEqual([arraysize, xtype]);
    }
  });

  it("DL-10: ID has the identifier of the image", async () => {
    const { services } = (await links([DES_G])).table;
    expect(inputOf(services[0], "ID")?.attributes).toMatchObject({ value: DES_G });
    expect(inputOf(services[0], "ID")?.attributes).not.toHaveProperty("ref");
  });

  it("DL-11: limits are those of the image", async () => {
    const [sync] = (await links([DES_G])).table.services;
    const dataset = (await sample.registry.findByDid(DES_G, new AbortController().signal))!;
    const numbers = (text = "") => text.split(" ").map(Number);
    expect(inputOf(sync, "BAND")).toMatchObject({ min: "4.176e-7", max: "5.475e-7" });
    const time = inputOf(sync, "TIME")!;
    expect([Number(time.min), Number(time.max)]).toEqual([dataset.timeMinMjd, dataset.timeMaxMjd]);
    const [ra, dec, radius] = numbers(inputOf(sync, "CIRCLE")?.max);
    expect([ra, dec]).toEqual([dataset.center.raDegrees, dataset.center.decDegrees]);
    expect(radius * 2).toBeCloseTo(dataset.fieldOfViewDegrees, 12);
    const { region } = dataset;
    const vertices = region.shape === "polygon" ? region.vertices : [];
    expect(numbers(inputOf(sync, "POLYGON")?.max)).toEqual(vertices.flatMap((v) => [v.raDegrees, v.decDegrees]));
    expect(inputOf(sync, "POL")?.options).toEqual(["I"]);
  });

  it("DL-11, DL-13: our own parameters have their options, those that the image has", async () => {
    const [sync] = (await links([DES_G])).table.services;
    expect(inputOf(sync, "FILTER")?.options).toEqual(["g"]);
    expect(inputOf(sync, "FILTER")?.attributes["ucd"]).toBe("meta.id;instr.filter");
    expect(inputOf(sync, "PLANE")?.options).toEqual(["image", "mask", "weight"]);
    expect(inputOf(sync, "MISSING")?.options).toEqual(["report", "fail"]);
  });

  it("DL-13: every option is one that the parameter takes", async () => {
    for (const service of (await links([DES_G, "sim_sample"])).table.services) {
      for (const { attributes, options } of service.inputs) {
        const parameter = SODA_PARAMETERS[attributes["name"] as keyof typeof SODA_PARAMETERS];
        if (service.attributes["utype"] !== "adhoc:this") {
          for (const option of options) expect(() => parameter.parse(option)).not.toThrow();
        }
      }
    }
  });

  it("DL-14: the example of a descriptor works, and so does the descriptor with the middle of its limits", async () => {
    const [service] = (await links([DES_G])).table.services;
    expect((await sync(service.params["exampleURL"])).status).toBe(200);
    const [ra, dec, radius] = inputOf(service, "CIRCLE")!.max!.split(" ").map(Number);
    const query = new URLSearchParams({ ID: inputOf(service, "ID")!.attributes["value"] });
    query.set("CIRCLE", `${ra} ${dec} ${radius / 20}`);
    query.set("BAND", `${inputOf(service, "BAND")!.min} ${inputOf(service, "BAND")!.max}`);
    query.set("TIME", `${inputOf(service, "TIME")!.min} ${inputOf(service, "TIME")!.max}`);
    expect((await sync(`${service.params["accessURL"]}?${query.toString()}`)).status).toBe(200);
  });

  it("DL-15, DL-16: an unknown identifier is one row that says so", async () => {
    for (const id of [UNKNOWN, "ivo://elsewhere/x?y", "<&>\u0001'\"", "nothing"]) {
      const { response, table } = await links([id]);
      expect(response.status).toBe(200);
      expect(table.rows).toHaveLength(1);
      expect(table.rows[0]?.["error_message"]).toMatch(/^NotFoundFault: /);
      expect(table.rows[0]?.["semantics"]).toBe("#this");
    }
  });

  it("DL-17: without an ID there is an empty table, and the service describes itself", async () => {
    const { response, table } = await links("");
    expect(response.status).toBe(200);
    expect(table.rows).toEqual([]);
    expect(table.fields).not.toEqual([]);
    expect(table.services).toMatchObject([
      { attributes: { type: "meta", utype: "adhoc:this" }, params: { accessURL: `${PUBLIC_URL}/links` } },
    ]);
    expect(inputOf(table.services[0], "ID")?.attributes).toMatchObject({ value: "", ucd: "meta.id;meta.main" });
  });

  it("DL-18: takes many identifiers by GET and by POST, and keeps the rows of one together", async () => {
    const ids = [DES_R, UNKNOWN, DES_G, DES_R];
    const body = new URLSearchParams(ids.map((id) => ["ID", id]));
    const posted = await createApp().request("/links", { method: "POST", body });
    for (const table of [(await links(ids)).table, readVoTable(await posted.text())]) {
      const order = table.rows.map((row) => row["ID"]).filter((id, i, all) => id !== all[i - 1]);
      expect(order).toEqual([DES_R, UNKNOWN, DES_G]);
    }
  });

  it("DL-18: beyond its limit says OVERFLOW, after whole identifiers", async () => {
    const app = createApp({ limits: { maxIds: 2 } });
    const { table } = await links([DES_G, UNKNOWN, DES_R], app);
    expect(new Set(table.rows.map((row) => row["ID"]))).toEqual(new Set([DES_G, UNKNOWN]));
    expect(table.laterInfos).toEqual([{ name: "QUERY_STATUS", value: "OVERFLOW", text: "" }]);
    expect((await links([DES_G, UNKNOWN], app)).table.laterInfos).toEqual([]);
  });

  it.each(["votable", "application/x-votable+xml", "application/x-votable+xml;content=datalink", "text/xml"])(
    "DL-19: RESPONSEFORMAT=%s is taken",
    async (format) => {
      const { response } = await links(`ID=${encodeURIComponent(DES_G)}&RESPONSEFORMAT=${encodeURIComponent(format)}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(
        format === "text/xml" ? "text/xml" : "application/x-votable+xml;content=datalink",
      );
    },
  );

  it.each(["RESPONSEFORMAT=csv", "RESPONSEFORMAT=votable&responseformat=votable"])(
    "DL-20: %s is refused in a VOTable",
    async (query) => {
      const { response, table } = await links(query);
      expect(response.status).toBe(400);
      expect(response.headers.get("content-type")).toBe("application/x-votable+xml");
      expect(table.infos[0]).toMatchObject({ name: "QUERY_STATUS", value: "ERROR" });
      expect(table.infos[0]?.text).toMatch(/^UsageFault: Cannot /);
    },
  );

  it("DL-21: #this and the planes deliver what is declared", async () => {
    const { rows } = (await links([DES_G])).table;
    const files = rows.filter((row) => row["local_semantics"]?.match(/^(image|mask|weight)$/));
    expect(files).toHaveLength(3);
    for (const row of files) {
      const response = await sync(row["access_url"]);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(row["content_type"]);
      const bytes = (await response.arrayBuffer()).byteLength;
      if (row["semantics"] === "#this") expect(bytes).toBe(Number(row["content_length"]));
    }
  });

  it("DL-21: of many identifiers no file is opened, and no size is told", async () => {
    const app = createApp({
      limits: { maxMeasuredIds: 1 },
      measureImage: () => Promise.reject(new Error("opened")),
    });
    const { rows } = (await links([DES_G, DES_R], app)).table;
    expect(rows.filter((row) => row["semantics"] === "#this").map((row) => row["content_length"])).toEqual(["", ""]);
  });

  it("DL-21: an image larger than one synchronous cutout may be is offered in parts only", async () => {
    const tooLarge = new ServiceError("over-limit", "no");
    for (const app of [
      createApp({ limits: { maxPixels: 100 } }),
      createApp({ measureImage: () => Promise.reject(tooLarge) }),
    ]) {
      const { rows } = (await links([DES_G], app)).table;
      expect(rows.map((row) => row["semantics"])).toEqual(["#cutout", "#cutout"]);
    }
  });

  it.each([
    ["missing-file", "FatalFault: The file of this image cannot be found"],
    ["corrupt-data", "FatalFault: The file of this image is damaged"],
    ["unavailable", "TransientFault: The file of this image cannot be reached now"],
  ] as const)(
    "DL-5: an image whose file is no good (%s) is an error row, and the others are there",
    async (code, text) => {
      const measureImage = (did: string) =>
        did === DES_G ? Promise.reject(new ServiceError(code, "/archive/secret.fits")) : Promise.resolve(2880);
      const { rows } = (await links([DES_G, DES_R], createApp({ measureImage }))).table;
      expect(rows.filter((row) => row["ID"] === DES_G)).toMatchObject([{ error_message: text, semantics: "#this" }]);
      expect(rows.filter((row) => row["ID"] === DES_R)).toHaveLength(5);
    },
  );

  it("DL-1: a fault of ours is a VOTable without its details", async () => {
    const measureImage = () => Promise.reject(new Error("/archive/secret.fits"));
    const { response, table } = await links([DES_G], createApp({ measureImage }));
    expect(response.status).toBe(500);
    expect(table.infos[0]?.text).toMatch(/^FatalFault: The service failed \(request /);
  });

  it("DL-13: a release is described as a whole: any of its bands, and no shape", async () => {
    const { rows, services } = (await links(["sim_sample"])).table;
    expect(rows.map((row) => row["semantics"])).toEqual(["#cutout", "#cutout"]);
    expect(inputOf(services[0], "FILTER")?.options).toEqual(["g", "r", "i", "z", "Y"]);
    expect(inputOf(services[0], "CIRCLE")?.max).toBeUndefined();
    expect(inputOf(services[0], "BAND")).toMatchObject({ min: "4.176e-7", max: "0.0000010169" });
  });

  it("DALI-1, DALI-4: names of parameters ignore case, and those of query and body go together", async () => {
    const body = new URLSearchParams({ id: DES_G });
    const response = await createApp().request(`/links?Id=${encodeURIComponent(DES_R)}`, { method: "POST", body });
    const { rows } = readVoTable(await response.text());
    expect(new Set(rows.map((row) => row["ID"]))).toEqual(new Set([DES_G, DES_R]));
  });

  it("UWS-45: other methods are 405", async () => {
    expect((await createApp().request("/links", { method: "PUT" })).status).toBe(405);
  });

  it("DL-1: whatever is sent is answered with a VOTable", async () => {
    const app = createApp({ measureImage: () => Promise.resolve(1) });
    const ids = fc.oneof(
      fc.constantFrom(DES_G, "sim_sample", "ivo://", "ivo://localhost/des_sample?"),
      fc.string({ unit: "binary" }),
    );
    const pair = fc.oneof(
      fc.tuple(fc.constantFrom("ID", "id"), ids),
      fc.tuple(fc.constantFrom("RESPONSEFORMAT", "MAXREC", "RUNID", "X"), fc.string({ unit: "binary" })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { maxLength: 5 }), async (pairs) => {
        const response = await app.request(`/links?${new URLSearchParams(pairs).toString()}`);
        expect([200, 400]).toContain(response.status);
        const { infos } = readVoTable(await response.text());
        expect(infos[0]?.value).toBe(response.status === 200 ? "OK" : "ERROR");
      }),
      { numRuns: 200 },
    );
  });
});
