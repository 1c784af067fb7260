import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSyncApp, type SyncAppServices } from "../support/sync-app.ts";
import type { SyncEntry } from "../../src/jobs/sync-history.ts";
import { openCutout } from "../../src/cutout/open-cutout.ts";
import { cutoutRequestOf } from "../../src/http/sync-request.ts";
import { Parameters } from "../../src/ivoa/parameters.ts";
import { parseSodaParameters } from "../../src/ivoa/soda.ts";
import { scaledStencil } from "../../src/sky/scaled-stencil.ts";
import { parsePos } from "../../src/ivoa/dali-values.ts";
import { formatStencil } from "../../src/cutout/provenance.ts";
import { centerOfStencil } from "../../src/surveys/stencil-center.ts";
import { createSampleServices, type SampleServices } from "../support/sample-services.ts";

let services: SampleServices;
beforeAll(async () => {
  services = await createSampleServices();
});
afterAll(() => services.dispose());

function createApp(changes: Partial<SyncAppServices> & { maxPixels?: number } = {}) {
  const { maxPixels = 1e8, ...rest } = changes;
  const cutouts = { ...services.cutouts, limits: { maxPixels } };
  return createSyncApp({ cutouts, timeoutSeconds: 60, log: () => undefined, ...rest });
}

const SIM = { ID: "sim_sample", FILTER: "r" };
type Query = Record<string, string>;
const get = (app: ReturnType<typeof createApp>, query: Query, init?: RequestInit) =>
  app.request(`/sync?${new URLSearchParams(query).toString()}`, init);

describe("a request that is too large", () => {
  it("is told the limit, what it would be, and the largest radius, which is then accepted", async () => {
    const app = createApp({ maxPixels: 5000 });
    const response = await get(app, { ...SIM, POS: "CIRCLE 59 -52.8 0.1" });
    expect(response.status).toBe(413);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    const text = await response.text();
    expect(text).toMatch(/^UsageError: Cannot cut \d+ pixels into one file: 5000 are allowed/);
    const radius = Number(/^Largest radius about this centre that fits now: ([\d.]+) degrees$/m.exec(text)?.[1]);
    expect(radius).toBeGreaterThan(0);
    expect((await get(app, { ...SIM, POS: `CIRCLE 59 -52.8 ${radius}` })).status).toBe(200);
    expect((await get(app, { ...SIM, POS: `CIRCLE 59 -52.8 ${radius * 1.05}` })).status).toBe(413);
    expect((await get(app, { ...SIM, POS: "CIRCLE 59 -52.8 0.1" }, { method: "HEAD" })).status).toBe(413);
  });

  it("is told the same request as a job, of the address that clients know", async () => {
    const app = createApp({ maxPixels: 5000, publicUrl: "https://cutout.example.org/" });
    const form = new URLSearchParams({ ...SIM, circle: "59 -52.8 0.1", phase: "ABORT", secret: "x" });
    const text = await (await app.request("/sync", { method: "POST", body: form })).text();
    const [, address, query] = /^As a job: POST (\S+)\?(\S+)$/m.exec(text) ?? [];
    expect(address).toBe("https://cutout.example.org/async");
    expect([...new URLSearchParams(query)]).toEqual([
      ["ID", "sim_sample"],
      ["CIRCLE", "59 -52.8 0.1"],
      ["FILTER", "r"],
      ["PHASE", "RUN"],
    ]);
    const polygon = Array.from({ length: 500 }, (_, i) => {
      const angle = (2 * Math.PI * i) / 500;
      return `${59 + 0.1 * Math.cos(angle)} ${-52.8 + 0.1 * Math.sin(angle)}`;
    }).join(" ");
    const long = await app.request("/sync", { method: "POST", body: new URLSearchParams({ ...SIM, polygon }) });
    expect(await long.text()).toMatch(/^As a job: POST the same parameters, and PHASE=RUN, to https:\/\/cutout.e/m);
  });

  it.each(["RANGE 58.9 59.1 -52.9 -52.7", "POLYGON 58.9 -52.9 59.1 -52.9 59 -52.7"])(
    "is told what %s would be smaller, ready to be sent, and by how much; and that is then accepted",
    async (pos) => {
      const app = createApp({ maxPixels: 5000 });
      const text = await (await get(app, { ...SIM, POS: pos })).text();
      const told = /that fits now: POS=([A-Z]+ [\d. -]+) \(([\d.]+) of its width and height\)$/m.exec(text);
      const [shrunken, factor] = [told?.[1] ?? "", Number(told?.[2])];
      expect(factor).toBeGreaterThan(0);
      expect(shrunken.split(" ")[0]).toBe(pos.split(" ")[0]);
      expect(shrunken.length).toBeLessThan(80); // digits that a person may type
      expect((await get(app, { ...SIM, POS: shrunken })).status).toBe(200);
      const stencil = parsePos(pos);
      const scaled = (k: number) => formatStencil(scaledStencil(stencil, centerOfStencil(stencil), k));
      expect((await get(app, { ...SIM, POS: scaled(factor * 1.05) })).status).toBe(413);
    },
  );

  it("is told a circle of an image asked for as a whole", async () => {
    const app = createApp({ maxPixels: 5000 });
    const did = "ivo://localhost/des_sample?DESJ035621.6-524840.0/g";
    const text = await (await get(app, { ID: did })).text();
    const pos = /that fits now: POS=(CIRCLE [\d. -]+) \(degrees\)$/m.exec(text)?.[1] ?? "";
    expect((await get(app, { ID: did, POS: pos })).status).toBe(200);
  });

  it("is refused without opening all of its images where the first are far too large already", async () => {
    const images = Object.create(services.images) as typeof services.images;
    let opened = 0;
    images.open = (location, signal) => {
      opened++;
      return services.images.open(location, signal);
    };
    const cutouts = { ...services.cutouts, images, limits: { maxPixels: 100 } };
    const given = new Parameters([
      ["ID", "sim_sample"],
      ["POS", "CIRCLE 59 -52.8 5"],
    ]);
    const opening = openCutout(cutoutRequestOf(parseSodaParameters(given)), cutouts, new AbortController().signal);
    await expect(opening).rejects.toThrow(/^Cannot cut more than 160000 pixels into one file: 100 are allowed/);
    expect(opened, "of six images").toBe(1);
  });

  it("is told a job alone where nothing smaller fits either", async () => {
    const text = await (await get(createApp({ maxPixels: 0 }), { ...SIM, POS: "CIRCLE 59 -52.8 0.1" })).text();
    expect(text).toMatch(
      /^UsageError: Cannot cut \d+ pixels into one file: 0 are allowed[^\n]*\nAs a job: POST [^\n]*\n$/,
    );
  });

  it("is refused before it begins where it is thought to take too long, and goes where that is not known", async () => {
    const estimateSeconds = ({ outputPixels }: { outputPixels: number }) => outputPixels / 1000;
    const app = createApp({ estimateSeconds, syncMaxSeconds: 5 });
    const response = await get(app, { ...SIM, POS: "CIRCLE 59 -52.8 0.1" });
    expect(response.status).toBe(413);
    const text = await response.text();
    expect(text).toMatch(
      /^UsageError: Cannot cut at once what would take about [\d.e+]+ seconds: 5 are allowed; [^\n]* needed\n/,
    );
    const radius = /radius about this centre that fits now: ([\d.]+) degrees/.exec(text)?.[1];
    expect((await get(app, { ...SIM, POS: `CIRCLE 59 -52.8 ${radius}` })).status).toBe(200);
    const unknown = createApp({ estimateSeconds: () => null, syncMaxSeconds: 5 });
    expect((await get(unknown, { ...SIM, POS: "CIRCLE 59 -52.8 0.1" }, { method: "HEAD" })).status).toBe(200);
    expect(services.images.inUse).toBe(0);
  });
});

describe("the history of a user", () => {
  it("has a row of every end of a request, and none of who could not be told", async () => {
    const rows: SyncEntry[] = [];
    const app = createApp({ recordSync: (entry) => rows.push(entry), maxPixels: 20_000 });
    const small = { ...SIM, POS: "CIRCLE 59 -52.8 0.005" };
    const whole = await get(app, { ...small, RUNID: "night 12", other: "secret" });
    const bytes = await whole.arrayBuffer();
    await get(app, { ...small, POS: "CIRCLE 10 -52.8 0.005" });
    await get(app, small, { headers: { "If-None-Match": whole.headers.get("etag") ?? "" } });
    await get(app, small, { headers: { "If-Match": '"x"' } });
    await get(app, { ...small, POS: "CIRCLE 59" });
    await get(app, { ...small, POS: "CIRCLE 59 -52.8 0.2" });
    await get(app, small, { headers: { Authorization: "Bearer unknown" } });
    expect(rows.map(({ status }) => status)).toEqual([200, 204, 304, 412, 400, 413]);
    expect(rows[0]).toMatchObject({
      owner: "anonymous",
      runId: "night 12",
      byteLength: bytes.byteLength,
      parameters: [
        ["ID", "sim_sample"],
        ["POS", "CIRCLE 59 -52.8 0.005"],
        ["FILTER", "r"],
        ["RUNID", "night 12"],
      ],
      error: undefined,
    });
    expect(rows[0].cost?.outputPixels).toBeGreaterThan(0);
    expect(rows[0].startedAt).toBeGreaterThan(Date.now() - 60_000);
    expect(rows[4].error).toMatch(/^UsageError: Cannot read CIRCLE/);
  });

  it("has the requests that a client gave up, and those that failed", async () => {
    const rows: SyncEntry[] = [];
    let working = 0;
    const app = createApp({
      recordSync: (entry) => rows.push(entry),
      enterRealtime: () => {
        working++;
        return () => void working--;
      },
    });
    const large = await get(app, { ID: "sim_sample", POS: "CIRCLE 59 -52.8 0.3" });
    const reader = large.body!.getReader();
    await reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(working).toBe(0); // while the client takes its time, nobody else waits
    await reader.cancel();
    expect(rows.map(({ status }) => status)).toEqual([499]);
    expect(working).toBe(0);
    const images = Object.create(services.images) as typeof services.images;
    images.open = () => Promise.reject(new Error("disk"));
    const broken = createApp({
      cutouts: { ...services.cutouts, images },
      recordSync: (entry) => rows.push(entry),
    });
    expect((await get(broken, { ...SIM, POS: "CIRCLE 59 -52.8 0.005" })).status).toBe(500);
    expect(rows[1]).toMatchObject({
      status: 500,
      error: expect.stringMatching(/^Error: The service failed \(re/) as string,
    });
  });
});
