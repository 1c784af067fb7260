import { unpackTar } from "modern-tar";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { addResultRoutes } from "../../../src/http/result-routes.ts";
import { ANA, BEN } from "../../support/job-services.ts";
import { storedResults, type StoredResults } from "../../support/stored-results.ts";
import { createRoutesApp, everybodyIs } from "../../support/service-frame.ts";

let stored: StoredResults;
let id: string;
beforeEach(async () => {
  stored = await storedResults();
  id = await stored.queue({ results: 4, more: [["RUNID", "My run: 1"]] });
  await stored.finish(id, 1, "a.fits", "first");
  await stored.finish(id, 2, "b.fits", new Uint8Array(300_000).fill(7));
  stored.settle(id, 3, "EMPTY", "Error: No image overlaps the shape");
});
afterEach(() => stored.close());

const get = (path: string, headers: Record<string, string> = {}, method = "GET", user = ANA) =>
  createRoutesApp((app) => addResultRoutes(app, stored), everybodyIs(user)).request(`/async/${id}/${path}`, {
    headers,
    method,
  });

const ALL = ["results/all.zip", "results/all.tar", "manifest.json", "manifest.csv"];

it.each([
  ["results/all.zip", "application/zip", 'attachment; filename="recorte_My-run-1.zip"'],
  ["results/all.tar", "application/x-tar", 'attachment; filename="recorte_My-run-1.tar"'],
  ["manifest.json", "application/json", 'inline; filename="recorte_My-run-1_manifest.json"'],
  ["manifest.csv", "text/csv; charset=utf-8; header=present", 'inline; filename="recorte_My-run-1_manifest.csv"'],
])("%s comes with its type, name and length", async (path, type, disposition) => {
  const sameRequest = { "x-request-id": "r1" };
  const response = await get(path, sameRequest);
  const body = await response.arrayBuffer();
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": type,
    "content-disposition": disposition,
    "content-length": String(body.byteLength),
  });
  const head = await get(path, sameRequest, "HEAD");
  expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(response.headers));
});

it("puts what is there so far into the archive, and says so in the manifest", async () => {
  const tar = await unpackTar(new Uint8Array(await (await get("results/all.tar")).arrayBuffer()), { strict: true });
  expect(tar.map(({ header, data }) => [header.name, data?.length])).toEqual([
    ["manifest.json", expect.any(Number)],
    ["manifest.csv", expect.any(Number)],
    ["a.fits", 5],
    ["b.fits", 300_000],
  ]);
  const manifest = await (await get("manifest.json")).text();
  expect(new TextDecoder().decode(tar[0].data)).toBe(manifest);
  expect(new TextDecoder().decode(tar[1].data)).toBe(await (await get("manifest.csv")).text());
  expect(JSON.parse(manifest)).toMatchObject({
    job: { runId: "My run: 1", phase: "QUEUED", complete: false, results: { done: 2, empty: 1, waiting: 1 } },
    results: [{ file: "a.fits" }, { file: "b.fits" }, { state: "EMPTY", file: null }, { state: "WAITING" }],
  });
});

it("is the same as long as the job is, and says so to who has it", async () => {
  for (const path of ALL) {
    const [one, two] = [await get(path), await get(path)];
    expect(await one.text()).toBe(await two.text());
    const etag = one.headers.get("etag") ?? "";
    expect((await get(path, { "if-none-match": etag })).status).toBe(304);
    stored.settle(id, 4, "FAILED", `Error: ${path}`);
    expect((await get(path, { "if-none-match": etag })).status).toBe(200);
  }
});

it("gives the rest of a tar that broke off, and a zip only as a whole", async () => {
  const whole = await (await get("results/all.tar")).text();
  const rest = await get("results/all.tar", { range: "bytes=5000-" });
  expect([rest.status, rest.headers.get("content-range")]).toEqual([
    206,
    `bytes 5000-${whole.length - 1}/${whole.length}`,
  ]);
  expect(await rest.text()).toBe(whole.slice(5000));
  const zip = await get("results/all.zip", { range: "bytes=5000-" });
  expect([zip.status, zip.headers.get("accept-ranges")]).toEqual([200, "none"]);
});

it("leaves out a file that is gone, and says why", async () => {
  await rm(join(stored.folder, id, "b.fits"));
  const tar = await unpackTar(new Uint8Array(await (await get("results/all.tar")).arrayBuffer()), { strict: true });
  expect(tar.map(({ header }) => header.name)).toEqual(["manifest.json", "manifest.csv", "a.fits"]);
  expect(await (await get("manifest.json")).json()).toMatchObject({
    job: { results: { done: 1, failed: 1 } },
    results: [
      { state: "DONE" },
      { state: "FAILED", why: expect.stringContaining("not there any more") as string },
      {},
      {},
    ],
  });
});

it.each(["results/all.zip", "results/all.tar"])("%s breaks off where a file goes while it is read", async (path) => {
  const response = await get(path);
  await rm(join(stored.folder, id, "b.fits"));
  await expect(response.arrayBuffer()).rejects.toMatchObject({ code: "missing-file" });
});

it.each(["results/all.zip", "results/all.tar"])(
  "%s has one file open at a time, and none when given up",
  async (path) => {
    let open = 0;
    let most = 0;
    const openFile = stored.results.open.bind(stored.results);
    vi.spyOn(stored.results, "open").mockImplementation(async (jobId, name) => {
      const file = await openFile(jobId, name);
      most = Math.max(most, ++open);
      return { ...file, close: () => (open--, file.close()) };
    });
    await (await get(path)).arrayBuffer();
    expect([open, most]).toEqual([0, 1]);
    const reader = (await get(path)).body?.getReader();
    while (open === 0) await reader?.read();
    await reader?.cancel();
    expect([open, most]).toEqual([0, 1]);
  },
);

it("is a manifest alone where nothing is there yet", async () => {
  id = await stored.queue({ results: 1 });
  const tar = await unpackTar(new Uint8Array(await (await get("results/all.tar")).arrayBuffer()), { strict: true });
  expect(tar.map(({ header }) => header.name)).toEqual(["manifest.json", "manifest.csv"]);
  expect((await get("results/all.zip")).headers.get("content-disposition")).toContain(`recorte_${id.slice(0, 8)}.zip`);
});

it("is nothing to others, and takes no other method", async () => {
  for (const path of ALL) {
    expect((await get(path, {}, "GET", BEN)).status).toBe(404);
    expect((await get(path, {}, "POST")).status).toBe(405);
  }
});
