import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authenticateByToken } from "../support/users.ts";
import { readHdus } from "../../src/fits/hdu.ts";
import type { LogEntry } from "../../src/http/log-entry.ts";
import { SODA_PARAMETERS } from "../../src/ivoa/soda-parameters.ts";
import { memorySource } from "../support/memory-source.ts";
import { createSampleServices, type SampleServices } from "../support/sample-services.ts";
import { createSyncApp } from "../support/sync-app.ts";

// SODA 1.0 and DALI 1.1 as far as {sync} is concerned; the numbers are those of the project's list of requirements.

const TOKEN = "a-token-for-tests-only";
const DID = "ivo://localhost/des_sample?DESJ035621.6-524840.0/g";
const CIRCLE = "59.09 -52.811 0.005";
/** A small cutout that there is. */
const GOOD = { ID: "des_sample", POS: `CIRCLE ${CIRCLE}`, FILTER: "g" };
/** Where no image is. */
const ELSEWHERE = { ID: "des_sample", FILTER: "g" };
const LABEL =
  /^(Error|AuthenticationError|AuthorizationError|ServiceUnavailable|UsageError|MultiValuedParamNotSupported)\b/;

let services: SampleServices;
let app: ReturnType<typeof createSyncApp>;
let log: LogEntry[] = [];

beforeAll(async () => {
  services = await createSampleServices();
  app = createSyncApp({
    cutouts: services.cutouts,
    timeoutSeconds: 60,
    log: (entry) => log.push(entry),
    authenticate: authenticateByToken(TOKEN),
  });
});
afterAll(() => services.dispose());

type Query = Record<string, string | readonly string[] | undefined>;

function pairsOf(query: Query): URLSearchParams {
  return new URLSearchParams(
    Object.entries(query).flatMap(([name, values]) =>
      [values ?? []].flat().map((value): [string, string] => [name, value]),
    ),
  );
}

async function get(query: Query, init?: RequestInit): Promise<Response> {
  return app.request(`/sync?${pairsOf(query).toString()}`, init);
}

async function refused(query: Query): Promise<string> {
  const response = await get(query);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(response.status).toBe(400);
  return response.text();
}

async function hdusOf(response: Response) {
  expect(response.status).toBe(200);
  const source = memorySource("answer", new Uint8Array(await response.arrayBuffer()));
  const hdus = [];
  for await (const hdu of readHdus(source)) hdus.push(hdu);
  return { source, hdus };
}

async function bandsOf(query: Query): Promise<unknown[]> {
  const { hdus } = await hdusOf(await get(query));
  return hdus.map(({ header }) => header.get("BAND")).filter((band) => band !== undefined);
}

describe("DALI 1.1 at /sync", () => {
  it("DALI-1: names of parameters ignore case, values do not", async () => {
    const lower = Object.fromEntries(Object.entries(GOOD).map(([name, value]) => [name.toLowerCase(), value]));
    expect((await get(lower)).headers.get("etag")).toBe((await get(GOOD)).headers.get("etag"));
    expect((await get({ ...GOOD, FILTER: "G" })).status).toBe(400);
    expect((await get({ ...GOOD, ID: "DES_SAMPLE" })).status).toBe(404);
  });

  it("DALI-2, 3, 4: GET, POST of a form in both kinds, and query and form together", async () => {
    const etag = (await get(GOOD)).headers.get("etag");
    const form = new FormData();
    for (const [name, value] of Object.entries(GOOD)) form.set(name, value);
    const { ID, ...rest } = GOOD;
    for (const [path, body] of [
      ["/sync", pairsOf(GOOD)],
      ["/sync", form],
      [`/sync?ID=${ID}`, pairsOf(rest)],
    ] as const) {
      const response = await app.request(path, { method: "POST", body });
      expect([response.status, response.headers.get("etag")]).toEqual([200, etag]);
    }
  });

  it.each(["RESPONSEFORMAT", "RUNID"])("DALI-5, 9: %s given twice is an error", async (name) => {
    expect(await refused({ ...GOOD, [name]: ["fits", "fits"] })).toMatch(LABEL);
  });

  it.each(["png", "image/jpeg", "image/png; x=1"])("DALI-6: %s is refused, and said to be to come", async (format) => {
    expect(await refused({ ...GOOD, RESPONSEFORMAT: format })).toMatch(/^UsageError: .* pictures are not there yet/);
  });

  it("DALI-6: any other format is refused, and what there is told", async () => {
    expect(await refused({ ...GOOD, FORMAT: "votable" })).toMatch(/^UsageError: .*application\/fits, image\/fits/);
    expect(await refused({ ...GOOD, COLOR: "true" })).toMatch(
      /^UsageError: Cannot use COLOR "true": .* not there yet, and COLOR takes only "false"$/m,
    );
  });

  it.each([
    ["image/fits", "image/fits"],
    ["application/fits", "application/fits"],
    ["fits", "application/fits"],
    ["Application/FITS; version=4", "application/fits"],
  ])("DALI-7: RESPONSEFORMAT=%s is answered as %s", async (format, mediaType) => {
    expect((await get({ ...GOOD, RESPONSEFORMAT: format })).headers.get("content-type")).toBe(mediaType);
  });

  it("DALI-8: RUNID of up to 64 characters is taken and logged", async () => {
    log = [];
    await (await get({ ...GOOD, RUNID: "night 12" })).arrayBuffer();
    expect(log).toMatchObject([{ status: 200, runId: "night 12" }]);
    expect(await refused({ ...GOOD, RUNID: "x".repeat(65) })).toMatch(/^UsageError: Cannot use RUNID/);
  });

  it("DALI-10: BAND takes the name of a band as FILTER, and no other word", async () => {
    expect(await bandsOf({ ID: "des_sample", POS: GOOD.POS, band: "g" })).toEqual(["g"]);
    expect(await refused({ ID: "des_sample", POS: GOOD.POS, band: "u" })).toMatch(
      /^UsageError: Cannot use band "u": release "des_sample" has g, r, i, z, Y for FILTER; BAND takes wavelengths in metres/,
    );
  });

  it("a name in BAND is refused beside FILTER; wavelengths and FILTER must both be met", async () => {
    const both = { ID: "des_sample", POS: GOOD.POS, FILTER: "r" };
    expect(await refused({ ...both, band: "g" })).toMatch(/^UsageError: Cannot use BAND "g" together with FILTER: /);
    expect(await bandsOf({ ...both, FILTER: "gr", BAND: "-Inf 5.2e-7" })).toEqual(["g"]);
    expect((await get({ ...both, BAND: "-Inf 5.2e-7" })).status).toBe(204);
  });

  it.each([
    ["-Inf 5.2e-7", ["g"]],
    ["7.2e-7 +Inf", ["i"]],
    ["7.2e-7  Inf", ["i"]],
    ["-Infinity +infinity", ["g", "r", "i"]],
    ["-inf inf", ["g", "r", "i"]],
  ])("DALI-11: BAND=%s is open", async (band, bands) => {
    expect(await bandsOf({ ID: "des_sample", POS: GOOD.POS, BAND: band })).toEqual(bands);
  });

  it.each(["BAND", "TIME"])("DALI-11: %s with both ends open asks for nothing", async (name) => {
    expect(await bandsOf({ ...GOOD, [name]: "-Inf +Inf" })).toEqual(["g"]);
  });

  it.each(["BAND", "TIME"])("DALI-12: %s needs two numbers, low before high", async (name) => {
    for (const text of ["5e-7", "1 2 3", "2 1", "NaN NaN", "1 x", "0x1 0x2"]) {
      expect(await refused({ ...GOOD, [name]: text }), text).toMatch(/^UsageError: Cannot read /);
    }
  });

  it.each(["CIRCLE 10 20", "CIRCLE 10 20 0", "CIRCLE 10 20 181", "CIRCLE 361 0 1", "CIRCLE 0 91 1", "CIRCLE 1 2 3 4"])(
    "DALI-13: POS=%s is refused, where no image is as anywhere",
    async (pos) => {
      expect(await refused({ ...ELSEWHERE, POS: pos })).toMatch(/^UsageError: Cannot read CIRCLE/);
    },
  );

  it.each(["BOX 1 2 3 4", "POLYGON 1 2 3 4", "POLYGON 1 2 3 4 5 6 7", "RANGE 1 2 3", "RANGE 1 2 5 4", "", "CIRCLE"])(
    "DALI-14: POS=%s is refused, where no image is as anywhere",
    async (pos) => {
      expect(await refused({ ...ELSEWHERE, POS: pos })).toMatch(/^UsageError: /);
    },
  );

  it("DALI-15: numbers may have a sign and an exponent, and several blanks between them", async () => {
    const etag = (await get({ ...GOOD, CIRCLE: "59.09 -52.811 0.005", POS: "" })).headers.get("etag");
    const written = await get({ ...GOOD, POS: "", CIRCLE: "  +5.909E1   -528.11e-1 5.0e-3 " });
    expect([written.status, written.headers.get("etag")]).toEqual([200, etag]);
    const unescaped = await app.request(`/sync?ID=des_sample&POS=CIRCLE+59.09+-52.811+0.005&BAND=7.2e-7++Inf`);
    expect(unescaped.status).toBe(200);
  });

  it("DALI-16: what there is not is 404", async () => {
    for (const path of ["/sink", "/sync/1", "/sync/capabilities"]) {
      expect((await app.request(path)).status, path).toBe(404);
    }
  });

  it("DALI-17a: a request's fault is 4xx and a service's 5xx, each with the error as text", async () => {
    const images = Object.create(services.images) as typeof services.images;
    images.open = () => Promise.reject(new Error("a disk is gone"));
    const cutouts = { ...services.cutouts, images };
    const broken = createSyncApp({ cutouts, timeoutSeconds: 60, log: () => undefined });
    const response = await broken.request(`/sync?${pairsOf(GOOD).toString()}`);
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/^Error: The service failed \(request [\w-]+\)\n$/);
    expect(response.headers.get("x-request-id")).not.toBeNull();
  });

  it("DALI-18a: UPLOAD and unknown parameters are passed over", async () => {
    const more = { UPLOAD: "x,http://localhost/", MAXREC: "1", engine: "astrocut", persist: "1", phase: "RUN" };
    expect((await get({ ...GOOD, ...more, rgb_bands: "gri", color: "false" })).status).toBe(200);
  });
});

describe("who asks", () => {
  const withToken = (authorization: string) => get(GOOD, { headers: { Authorization: authorization } });

  it("AUTH-6, 8: a token lets its user in, and the answer tells whom", async () => {
    for (const scheme of ["Bearer", "bearer", "Token"]) {
      const response = await withToken(`${scheme} ${TOKEN}`);
      expect([response.status, response.headers.get("x-vo-authenticated")]).toEqual([200, "test"]);
    }
    expect((await get(GOOD)).headers.get("x-vo-authenticated")).toBeNull();
  });

  it.each([`Bearer not-${"x"}-known`, "Bearer", "Basic dGVzdDp0ZXN0", "nonsense"])(
    "AUTH-2, 7, 12a: %s is 401 with a challenge, never taken as nobody",
    async (authorization) => {
      const response = await withToken(authorization);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer .*error="invalid_token"/);
      expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
      expect(await response.text()).toMatch(/^AuthenticationError: /);
    },
  );

  it("every answer has the id of its request, the client's own where it has one", async () => {
    for (const [query, status] of [
      [GOOD, 200],
      [{ ...GOOD, BAND: "1e-9 2e-9" }, 204],
      [{}, 400],
    ] as const) {
      const response = await get(query, { headers: { "X-Request-Id": "from-a-proxy" } });
      expect([response.status, response.headers.get("x-request-id")]).toEqual([status, "from-a-proxy"]);
    }
    expect((await app.request("/nowhere")).headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
  });
});

type Truth = Record<"release" | "band" | "pos" | "section" | "image" | "mask" | "maskedImage" | "maskedMask", string>;
const truthFile = join(import.meta.dirname, "../fixtures/soda/truth.json");
const { cases } = JSON.parse(readFileSync(truthFile, "utf8")) as { cases: (Truth & { outside: number })[] };

describe("SODA 1.0 at /sync", () => {
  /** Truth by astropy: test/fixtures/soda/make_truth.py. */
  it.each(cases)(
    "SODA-1, 2, 14: $release $band $pos is the box of the shape, cut at the image's edge",
    async (truth) => {
      const query = { ID: truth.release, FILTER: truth.band, POS: truth.pos, PLANE: ["image", "mask"] };
      const { source, hdus } = await hdusOf(await get(query));
      const [, image, mask] = hdus;
      expect(image.header.get("CUTSEC")).toBe(truth.section);
      const digestOf = async ({ dataStart, dataLength }: typeof image) =>
        createHash("sha256")
          .update(await source.read({ start: dataStart, length: dataLength }))
          .digest("hex");
      expect([await digestOf(image), await digestOf(mask)]).toEqual([truth.image, truth.mask]);
    },
  );

  it.each(cases)("MASK=outside of $release $band $pos: no pixel outside has a value", async (truth) => {
    const query = { ID: truth.release, FILTER: truth.band, POS: truth.pos, PLANE: ["image", "mask"] };
    const { source, hdus } = await hdusOf(await get({ ...query, MASK: "outside" }));
    const [, image, mask] = hdus;
    const digestOf = async ({ dataStart, dataLength }: typeof image) =>
      createHash("sha256")
        .update(await source.read({ start: dataStart, length: dataLength }))
        .digest("hex");
    expect([await digestOf(image), await digestOf(mask)]).toEqual([truth.maskedImage, truth.maskedMask]);
    expect([image.header.get("CUTMASK"), image.header.has("BLANK")]).toEqual(["outside", false]);
    expect([mask.header.get("CUTMASK"), mask.header.get("BLANK")]).toEqual(["outside", -(2 ** 31)]);
    const etags = [query, { ...query, MASK: "outside" }, { ...query, MASK: "none" }].map(async (each) =>
      (await get(each)).headers.get("etag"),
    );
    const [plain, masked, none] = await Promise.all(etags);
    expect(masked).not.toBe(plain);
    expect(none).toBe(plain);
  });

  it("MASK=outside needs a shape", async () => {
    expect(await refused({ ID: DID, MASK: "outside" })).toMatch(/^UsageError: Cannot use MASK outside: it needs/);
    expect(await refused({ ...GOOD, MASK: "inside" })).toMatch(/^UsageError: Cannot use MASK "inside"/);
  });

  it("MOSAIC: what is not there yet is said to be so", async () => {
    expect((await get({ ...GOOD, MOSAIC: "none" })).status).toBe(200);
    expect(await refused({ ...GOOD, MOSAIC: "auto" })).toMatch(
      /^UsageError: Cannot use MOSAIC "auto": it is not there yet, and MOSAIC takes only "none"$/m,
    );
    expect(await refused({ ...GOOD, MOSAIC: "x" })).toMatch(/^UsageError: Cannot use MOSAIC "x": it needs "none"/);
  });

  it("SODA-3, 4, 5, 5a: ID is needed, and used as it is, letter by letter", async () => {
    expect(await refused({ POS: GOOD.POS })).toMatch(/^UsageError: Cannot cut: ID is missing/);
    for (const id of ["unknown", "ivo://localhost/des_sample?none/g", DID.toUpperCase()]) {
      const response = await get({ ID: id, POS: GOOD.POS });
      expect(response.status, id).toBe(404);
      expect(await response.text()).toMatch(/^UsageError: /);
    }
    expect(await bandsOf({ ID: DID, POS: GOOD.POS })).toEqual(["g"]);
  });

  it.each([
    ["SODA-6, 11: CIRCLE=x is POS=CIRCLE x", { POS: `CIRCLE ${CIRCLE}` }, { CIRCLE }],
    [
      "SODA-8, 9: POLYGON=x is POS=POLYGON x",
      { POS: "POLYGON 59.08 -52.82 59.1 -52.82 59.09 -52.8" },
      { POLYGON: "59.08 -52.82 59.1 -52.82 59.09 -52.8" },
    ],
  ])("%s", async (_, one, other) => {
    const section = async (shape: Query) => {
      const { hdus } = await hdusOf(await get({ ID: "des_sample", FILTER: "g", ...shape }));
      return hdus[0].header.get("CUTSEC");
    };
    expect(await section(one)).toBe(await section(other));
    expect(await section(one)).toMatch(/^\[\d+:\d+,\d+:\d+\]$/);
  });

  it("SODA-10: a polygon may run either way round", async () => {
    const sections = ["59.08 -52.82 59.1 -52.82 59.09 -52.8", "59.09 -52.8 59.1 -52.82 59.08 -52.82"].map(
      async (text) => {
        const { hdus } = await hdusOf(await get({ ID: DID, POLYGON: text }));
        return hdus[0].header.get("CUTSEC");
      },
    );
    const [one, other] = await Promise.all(sections);
    expect(one).toBe(other);
  });

  it.each(["-Inf +Inf -Inf +Inf", "-Inf 360 -90 Inf", "0 360 -90 90"])(
    "SODA-7, 12, 13: RANGE %s is the whole image",
    async (text) => {
      const { hdus } = await hdusOf(await get({ ID: DID, POS: `RANGE ${text}` }));
      expect(hdus[0].header.get("CUTSEC")).toBe("[1:228,1:228]");
    },
  );

  it("SODA-12: RANGE may be open on any side", async () => {
    for (const text of [
      "-Inf 59.09 -52.82 -52.80",
      "59.09 +Inf -52.82 -52.80",
      "59 60 -Inf -52.81",
      "59 60 -52.81 Inf",
    ]) {
      const { hdus } = await hdusOf(await get({ ID: DID, POS: `RANGE ${text}` }));
      expect(hdus[0].header.get("CUTSEC"), text).not.toBe("[1:228,1:228]");
    }
  });

  it.each([
    ["SODA-15: space", { POS: "CIRCLE 10 -52.811 0.005" }],
    ["SODA-17: BAND", { BAND: "1e-9 2e-9" }],
    ["SODA-19: TIME", { TIME: "40000 40001" }],
    ["POL", { POL: "Q" }],
    ["BAND, by one of the two bands that FILTER asks for", { FILTER: "gr", BAND: "8e-7 9e-7" }],
  ])("%s without overlap is 204 without a body", async (_, change) => {
    for (const id of [GOOD.ID, DID]) {
      const response = await get({ ...GOOD, ID: id, ...(id === DID ? { FILTER: "" } : {}), ...change });
      expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([204, 0]);
    }
  });

  it("bad parameters are refused also where nothing would overlap", async () => {
    const nowhere = { ...GOOD, POS: "CIRCLE 10 -52.811 0.005" };
    for (const bad of [{ BAND: "1" }, { POL: "X" }, { FILTER: "q" }, { MASK: "x" }, { TIME: "b" }, { PLANE: "x" }]) {
      expect(await refused({ ...nowhere, ...bad }), JSON.stringify(bad)).toMatch(/^UsageError: /);
    }
    expect(await refused({ ...nowhere, BAND: ["1e-7 2e-7", "3e-7 4e-7"] })).toMatch(/^MultiValuedParamNotSupported: /);
  });

  it("SODA-16: BAND is wavelength in metres, and its ends count", async () => {
    const at = (band: string) => bandsOf({ ID: "des_sample", POS: GOOD.POS, BAND: band });
    expect(await at("5.475e-7 5.475e-7")).toEqual(["g"]);
    expect((await get({ ...GOOD, FILTER: "", BAND: "5.48e-7 5.66e-7" })).status).toBe(204);
    expect(await at("7.1e-7 7.1e-7"), "r and i overlap here").toEqual(["r", "i"]);
  });

  it("SODA-18: TIME is MJD, and its ends count", async () => {
    const at = async (time: string) => (await get({ ...GOOD, TIME: time })).status;
    expect(await at("57448 57448")).toBe(200);
    expect(await at("57448.1 60000")).toBe(204);
    expect(await at("-Inf 56548.3")).toBe(204);
    expect(await at("-Inf 56548.4")).toBe(200);
  });

  it.each("I Q U V RR LL RL LR XX YY XY YX POLI POLA".split(" "))("SODA-21: POL=%s is understood", async (state) => {
    expect((await get({ ...GOOD, POL: state })).status).toBe(state === "I" ? 200 : 204);
  });

  it("SODA-20: POL may be repeated, and all values are one filter", async () => {
    expect((await get({ ...GOOD, POL: ["Q", "I"] })).status).toBe(200);
    expect((await get({ ...GOOD, POL: ["Q", "U"] })).status).toBe(204);
    expect(await refused({ ...GOOD, POL: ["I", "i"] })).toMatch(/^UsageError: Cannot use POL "i"/);
  });

  it.each([
    ["ID", { ID: ["des_sample", "sim_sample"] }],
    ["POS", { POS: [GOOD.POS, GOOD.POS] }],
    ["POS and CIRCLE", { CIRCLE }],
    ["CIRCLE", { POS: "", CIRCLE: [CIRCLE, CIRCLE] }],
    ["POLYGON and POS", { POLYGON: "1 1 2 2 1 2" }],
    ["BAND", { BAND: ["4e-7 5e-7", "5e-7 6e-7"] }],
    ["TIME", { TIME: ["1 2", "3 4"] }],
    ["MASK", { MASK: ["none", "outside"] }],
  ])("SODA-22 to 25: several values of %s are refused by name", async (_, change) => {
    expect(await refused({ ...GOOD, ...change })).toMatch(/^MultiValuedParamNotSupported: /);
  });

  it("SODA-26: every refusal begins with a label, and says more", async () => {
    for (const change of [{ ID: "none" }, { POS: "x" }, { BAND: ["1 2", "1 2"] }, { FILTER: "q" }, { PLANE: "x" }]) {
      const response = await get({ ...GOOD, ...change });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
      expect(await response.text()).toMatch(new RegExp(`${LABEL.source}: \\S.{10,}\n$`));
    }
  });

  it("SODA-27: shapes may be written in lower case", async () => {
    expect((await get({ ...GOOD, POS: `circle ${CIRCLE}` })).status).toBe(200);
  });

  it.each(["0 0 1", "360 0 1", "0 90 5", "180 -90 5", "0 0 180", "359.9999 89.9999 0.5"])(
    "SODA-28, 29: a circle at RA 0, 360 or a pole (%s) is a circle like any other",
    async (circle) => {
      const { status } = await get({ ...GOOD, POS: "", CIRCLE: circle });
      expect(status).toBe(circle === "0 0 180" ? 200 : 204);
    },
  );

  it("SODA-30: requests at once get what they get alone", async () => {
    const queries = ["g", "r", "i"].flatMap((filter) => Array.from({ length: 8 }, () => ({ ...GOOD, FILTER: filter })));
    const digest = async (query: Query) =>
      createHash("sha256")
        .update(new Uint8Array(await (await get(query)).arrayBuffer()))
        .digest("hex");
    const together = await Promise.all(queries.map(digest));
    for (const [i, query] of queries.entries()) expect(together[i]).toBe(await digest(query));
    expect(new Set(together).size).toBe(3);
  });

  it("SODA-36a: parameters of the standard have its names, UCDs and units", () => {
    const factors = Object.values(SODA_PARAMETERS)
      .filter(({ origin }) => origin === "SODA")
      .map(({ name, ucd, unit, datatype, arraysize, xtype }) =>
        [name, ucd, unit, datatype, arraysize, xtype].join("|"),
      );
    expect(factors).toEqual([
      "ID|meta.ref.url;meta.curation||char|*|",
      "POS|pos.outline;obs||char|*|",
      "CIRCLE|pos.outline;obs|deg|double|3|circle",
      "POLYGON|pos.outline;obs|deg|double|*|polygon",
      "BAND|em.wl;stat.interval|m|double|2|interval",
      "TIME|time.interval;obs.exposure|d|double|2|interval",
      "POL|meta.code;phys.polarization||char|*|",
    ]);
  });

  it("every parameter reads its own example, and every word it offers", () => {
    for (const { name, example, words, parse } of Object.values(SODA_PARAMETERS)) {
      expect(() => parse(example), name).not.toThrow();
      for (const { value } of words) expect(() => parse(value), `${name}=${value}`).not.toThrow();
    }
  });
});
