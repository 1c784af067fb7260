import { copyFile, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openImage } from "../../src/cutout/open-image.ts";
import { preparePlan, readPixelRows } from "../../src/cutout/read.ts";
import { findHdu, readHdus } from "../../src/fits/hdu.ts";
import { createSyncApp } from "../support/sync-app.ts";
import type { RequestEntry } from "../../src/http/log-entry.ts";
import { memorySource } from "../support/memory-source.ts";
import { createPixelServices } from "../support/pixel-services.ts";
import { createSampleServices, SAMPLE_FOLDER, type SampleServices } from "../support/sample-services.ts";

const DES = "ID=des_sample&POS=CIRCLE+59.09+-52.811+0.005&FILTER=g";

let services: SampleServices;
let entries: RequestEntry[] = [];
let app: ReturnType<typeof createSyncApp>;

beforeAll(async () => {
  services = await createSampleServices();
  app = createSyncApp({
    cutouts: services.cutouts,
    timeoutSeconds: 60,
    log: (entry) => void (entry.event === "request" && entries.push(entry)),
  });
});
afterAll(() => services.dispose());

const get = (query: string, init?: RequestInit) => app.request(`/sync?${query}`, init);

async function hdusOf(response: Response) {
  const source = memorySource("answer", new Uint8Array(await response.arrayBuffer()));
  const hdus = [];
  for await (const hdu of readHdus(source)) hdus.push(hdu);
  return { source, hdus };
}

describe("GET /sync", () => {
  it("answers with one image as the primary HDU, its length known before, and where it came from", async () => {
    entries = [];
    const response = await get(DES);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/fits");
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="des_sample_J035621.60-524839.6_circle18as_g.fits"',
    );
    const length = Number(response.headers.get("content-length"));
    const { source, hdus } = await hdusOf(response);
    expect(source.byteLength).toBe(length);
    expect(hdus).toHaveLength(1);
    const { header } = hdus[0];
    expect(header.get("CUTPOS")).toBe("CIRCLE 59.09 -52.811 0.005");
    expect(header.get("CUTDID")).toMatch(/^ivo:\/\/localhost\/des_sample\?.+/);
    expect(header.get("CUTFILE")).toBe("DESJ035621.6-524840.0_g.fits.fz");
    expect(header.get("CUTSOFT")).toMatch(/^recorte \d/);
    expect(header.get("TILENAME")).toBe("DES0356-5248");
    expect(header.has("RAC1"), "corners of the whole tile").toBe(false);
    expect(header.has("FZALGOR"), "how the original was packed").toBe(false);
    expect(entries).toMatchObject([{ event: "request", route: "/sync", status: 200, bytes: length }]);
  });

  it("has the pixels of the file at the section it names", async () => {
    const { source, hdus } = await hdusOf(await get(DES));
    const [, x1, x2, y1, y2] = (hdus[0].header.getString("CUTSEC") ?? "")
      .match(/\[(\d+):(\d+),(\d+):(\d+)\]/)!
      .map(Number);
    const pixels = await createPixelServices();
    const file = join(SAMPLE_FOLDER, "des/DESJ035621.6-524840.0_g.fits.fz");
    const lease = await services.images.open({ file, hdu: { name: "SCI" } });
    const window = { x0: x1 - 1, y0: y1 - 1, width: x2 - x1 + 1, height: y2 - y1 + 1 };
    const plan = await preparePlan(lease.image, window, services.pixels);
    const expected: Uint8Array[] = [];
    for await (const rows of readPixelRows(lease.image, plan, services.pixels)) expected.push(rows.bytes.slice());
    lease.release();
    const { dataStart, dataLength } = hdus[0];
    const got = await source.read({ start: dataStart, length: dataLength });
    expect(Buffer.compare(got, Buffer.concat(expected))).toBe(0);
    // And it can be cut again.
    expect((await openImage(source, { index: 0 }, pixels.decoder)).wcs).not.toBeNull();
  });

  it("gives several images as extensions with names and versions of their own", async () => {
    const { hdus } = await hdusOf(await get("ID=des_sample&POS=CIRCLE+59.09+-52.811+0.005&PLANE=image&PLANE=mask"));
    expect(hdus.map(({ name, version, header }) => [name, version, header.get("BAND")])).toEqual([
      ["", 1, undefined],
      ["SCI", 1, "g"],
      ["MSK", 1, "g"],
      ["SCI", 2, "r"],
      ["MSK", 2, "r"],
      ["SCI", 3, "i"],
      ["MSK", 3, "i"],
    ]);
  });

  it("takes one image where it holds the whole shape, and all that meet it where none does", async () => {
    const inside = await hdusOf(await get("ID=sim_sample&POS=CIRCLE+59.0+-52.8+0.02&FILTER=r"));
    expect(inside.hdus).toHaveLength(1);
    const border = await hdusOf(await get("ID=sim_sample&POS=CIRCLE+58.49+-52.8+0.2&FILTER=r"));
    expect(border.hdus.map(({ header }) => header.get("CUTFILE"))).toEqual([
      undefined,
      expect.stringMatching(/SIM035[16]/),
      expect.stringMatching(/SIM035[16]/),
    ]);
  });

  it("cuts one image by its publisher DID, whole without a shape", async () => {
    const { hdus } = await hdusOf(await get(DES));
    const did = encodeURIComponent(hdus[0].header.getString("CUTDID") ?? "");
    const whole = await hdusOf(await get(`ID=${did}`));
    expect(whole.hdus[0].header.get("NAXIS1")).toBe(228);
  });

  it("answers 204 where the shape and the images have nothing in common", async () => {
    expect((await get("ID=des_sample&POS=CIRCLE+10+-52.811+0.005")).status).toBe(204);
    expect((await get(`${DES}&BAND=1e-9+2e-9`)).status).toBe(204);
  });

  it.each([
    ["POS=CIRCLE+59.09+-52.811+0.005", 400, "UsageError: Cannot cut: ID is missing"],
    ["ID=none&POS=CIRCLE+59.09+-52.811+0.005", 404, 'UsageError: Cannot find release "none"'],
    ["ID=des_sample", 400, "UsageError: Cannot cut release"],
    ["ID=des_sample&POS=CIRCLE+59.09+-52.811", 400, 'UsageError: Cannot read CIRCLE "59.09 -52.811": it needs'],
    ["ID=des_sample&POS=SQUARE+1+2+3", 400, "UsageError: Cannot read POS"],
    [`${DES}&FILTER=q`, 400, 'UsageError: Cannot use band "q"'],
    [`${DES}&POS=CIRCLE+1+2+3`, 400, "MultiValuedParamNotSupported: "],
    [`${DES}&RESPONSEFORMAT=image/png`, 400, "UsageError: Cannot deliver"],
  ])("says what is wrong with %s", async (query, status, text) => {
    const response = await get(query);
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toContain(text);
  });

  it("refuses more pixels than are allowed before it reads any", async () => {
    const limited = createSyncApp({
      cutouts: { ...services.cutouts, limits: { maxPixels: 100 } },
      timeoutSeconds: 60,
      log: () => undefined,
    });
    const response = await limited.request(`/sync?${DES}`);
    expect(response.status).toBe(413);
    expect(await response.text()).toMatch(/Cannot cut \d+ pixels into one file: 100 are allowed/);
  });

  it("gives up when its time is over, and says so", async () => {
    const images = Object.create(services.images) as typeof services.images;
    images.open = (_location, signal) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
    const slow = createSyncApp({
      cutouts: { ...services.cutouts, images },
      timeoutSeconds: 0.02,
      log: () => undefined,
    });
    const response = await slow.request(`/sync?${DES}`);
    expect(response.status).toBe(413);
    expect(await response.text()).toMatch(/^UsageError: Cannot cut within the 0.02 seconds that are allowed/);
  });

  it("keeps the ETag of a recipe, and answers conditional requests by it", async () => {
    const etag = (await get(DES)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w.:@-]{24,}"$/);
    expect((await get(DES)).headers.get("etag")).toBe(etag);
    expect((await get(`${DES}&FILTER=r`)).headers.get("etag")).not.toBe(etag);
    expect((await get(DES, { headers: { "If-None-Match": `"x", W/${etag}` } })).status).toBe(304);
    expect((await get(DES, { headers: { "If-None-Match": '"x"' } })).status).toBe(200);
    expect((await get(DES, { headers: { "If-Match": '"x"' } })).status).toBe(412);
    expect((await get(DES, { headers: { "If-Match": etag } })).status).toBe(200);
  });

  it("answers HEAD with the headers of GET", async () => {
    const [head, whole] = [await get(DES, { method: "HEAD" }), await get(DES)];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    for (const name of ["content-length", "etag", "content-type", "content-disposition"]) {
      expect(head.headers.get(name), name).toBe(whole.headers.get(name));
    }
  });

  it("takes the parameters of a form, urlencoded or multipart, with those of the query", async () => {
    const etag = (await get(DES)).headers.get("etag");
    const urlencoded = await app.request("/sync?ID=des_sample", {
      method: "POST",
      body: new URLSearchParams({ pos: "CIRCLE 59.09 -52.811 0.005", filter: "g" }),
    });
    expect(urlencoded.headers.get("etag")).toBe(etag);
    const form = new FormData();
    form.set("POS", "CIRCLE 59.09 -52.811 0.005");
    form.set("band", "g"); // as scripts of the service before this one send it
    expect((await app.request("/sync?ID=des_sample", { method: "POST", body: form })).headers.get("etag")).toBe(etag);
    expect((await app.request("/sync", { method: "DELETE" })).status).toBe(405);
  });

  it("gives memory and images back when the client stops reading", async () => {
    entries = [];
    // Answers of other tests that nobody read hold theirs.
    const before = services.images.inUse;
    const query = "ID=sim_sample&POS=CIRCLE+59.0+-52.8+0.3";
    const reader = (await get(query)).body!.getReader();
    await reader.read();
    expect(services.images.inUse).toBeGreaterThan(before);
    await reader.cancel();
    expect(services.images.inUse).toBe(before);
    const unread = await get(query);
    expect(services.images.inUse).toBeGreaterThan(before);
    await unread.body!.cancel();
    expect(services.images.inUse).toBe(before);
    expect(entries.map(({ status }) => status)).toEqual([499, 499]);
    await (await get(query)).arrayBuffer();
    await get(query, { method: "HEAD" });
    expect(services.images.inUse).toBe(before);
  });
});

describe("a file that is replaced, or goes", () => {
  it("is never served stale; what is missing is named, or an error", async () => {
    const folder = await mkdtemp(join(tmpdir(), "recorte-archive-"));
    const name = (band: string) => join(folder, `DESJ035621.6-524840.0_${band}.fits.fz`);
    const sample = (band: string) => join(SAMPLE_FOLDER, `des/DESJ035621.6-524840.0_${band}.fits.fz`);
    for (const band of ["g", "r"]) await copyFile(sample(band), name(band));
    const own = await createSampleServices({}, { des_sample: folder });
    const ownApp = createSyncApp({ cutouts: own.cutouts, timeoutSeconds: 60, log: () => undefined });
    try {
      const before = await ownApp.request(`/sync?${DES}`);
      const bytes = await before.arrayBuffer();
      await copyFile(sample("g"), `${name("g")}.new`);
      await rename(`${name("g")}.new`, name("g"));
      await utimes(name("g"), 1e9, 1e9);
      const after = await ownApp.request(`/sync?${DES}`);
      expect(after.headers.get("etag")).not.toBe(before.headers.get("etag"));
      expect(Buffer.compare(Buffer.from(await after.arrayBuffer()), Buffer.from(bytes))).toBe(0);

      await rm(name("g"));
      const both = "ID=des_sample&POS=CIRCLE+59.09+-52.811+0.005";
      const partial = await ownApp.request(`/sync?${both}`);
      expect(partial.headers.get("x-missing-images")).toBe("1");
      const { header } = await findHdu(memorySource("a", new Uint8Array(await partial.arrayBuffer())), { index: 0 });
      expect(header.get("MISS1")).toMatch(/\/g$/);
      expect((await ownApp.request(`/sync?${both}&MISSING=fail`)).status).toBe(500);
      const gone = await ownApp.request(`/sync?${DES}`);
      expect(gone.status).toBe(500);
      expect(await gone.text()).toMatch(/^Error: The image is on record, and its file cannot be found \(request /);

      await writeFile(name("g"), "not FITS at all");
      const damaged = await ownApp.request(`/sync?${DES}`);
      expect(damaged.status).toBe(500);
      expect(await damaged.text()).toMatch(/^Error: The image's file is damaged/);
    } finally {
      await own.dispose();
      await rm(folder, { recursive: true });
    }
  });
});
