import { execFileSync } from "node:child_process";
import { readdir, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addResultRoutes } from "../../../src/http/result-routes.ts";
import { ANA, BEN } from "../../support/job-services.ts";
import { storedResults, type StoredResults } from "../../support/stored-results.ts";
import { createRoutesApp, everybodyIs } from "../../support/service-frame.ts";

let stored: StoredResults;
let id: string;
beforeEach(async () => {
  stored = await storedResults();
  id = await stored.queue({ results: 4 });
  await stored.finish(id, 1, "a_g.fits", "0123456789");
  stored.settle(id, 2, "EMPTY", "Error: No image overlaps the shape");
  stored.settle(id, 3, "FAILED", "Error: The image's file is damaged");
});
afterEach(() => stored.close());

const request = (path: string, init: RequestInit = {}, user = ANA) =>
  createRoutesApp((app) => addResultRoutes(app, stored), everybodyIs(user)).request(
    `/async/${id}/results/${path}`,
    init,
  );
const get = (path: string, headers: Record<string, string> = {}) => request(path, { headers });

async function openFiles(): Promise<string[]> {
  const descriptors = await readdir("/proc/self/fd");
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(stored.folder));
}

describe("a file", () => {
  it.each(["result-1", "a_g.fits"])("is given as %s, with all that is known of it", async (name) => {
    const response = await get(name);
    const [sha256] = execFileSync("sha256sum", [join(stored.folder, id, "a_g.fits")], { encoding: "utf8" }).split(" ");
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/fits",
      "content-length": "10",
      etag: `"${sha256}"`,
      "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
      "accept-ranges": "bytes",
      "content-disposition": 'attachment; filename="a_g.fits"',
      "repr-digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
      "cache-control": "private, no-cache",
    });
    expect(await response.text()).toBe("0123456789");
    expect(await openFiles()).toEqual([]);
  });

  it("tells a HEAD the same, and gives nothing", async () => {
    const headers = { "x-request-id": "r1" };
    const [head, full] = [await request("result-1", { method: "HEAD", headers }), await get("result-1", headers)];
    expect(head.status).toBe(200);
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(full.headers));
    expect(await head.text()).toBe("");
    const ranged = await request("result-1", { method: "HEAD", headers: { range: "bytes=0-1" } });
    expect([ranged.status, ranged.headers.get("content-length")]).toEqual([200, "10"]);
    await full.text();
    expect(await openFiles()).toEqual([]);
  });

  it("is given in part", async () => {
    const response = await get("result-1", { range: "bytes=2-4" });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe("bytes 2-4/10");
    expect(response.headers.get("content-length")).toBe("3");
    expect(await response.text()).toBe("234");
    const digests = [response, await get("result-1")].map(({ headers }) => headers.get("repr-digest"));
    expect(digests[0]).toBe(digests[1]); // of the whole, whatever part is sent
  });

  it("is given in several parts", async () => {
    const response = await get("result-1", { range: "bytes=7-,0-1" });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBeNull();
    const body = await response.text();
    expect(response.headers.get("content-length")).toBe(String(body.length));
    const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(response.headers.get("content-type") ?? "")?.[1];
    const parts = body.split(`--${boundary}`).map((part) => part.trim());
    expect(parts).toEqual([
      "",
      "Content-Type: application/fits\r\nContent-Range: bytes 7-9/10\r\n\r\n789",
      "Content-Type: application/fits\r\nContent-Range: bytes 0-1/10\r\n\r\n01",
      "--",
    ]);
    expect(await openFiles()).toEqual([]);
  });

  it("is not given where the range lies behind it, or its version is not the one asked for", async () => {
    const behind = await get("result-1", { range: "bytes=10-" });
    expect([behind.status, behind.headers.get("content-range")]).toEqual([416, "bytes */10"]);
    const etag = (await get("result-1")).headers.get("etag") ?? "";
    expect((await get("result-1", { "if-none-match": etag })).status).toBe(304);
    expect((await get("result-1", { "if-match": '"other"' })).status).toBe(412);
    expect((await get("result-1", { "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" })).status).toBe(304);
    expect((await get("result-1", { range: "bytes=0-0", "if-range": etag })).status).toBe(206);
    expect((await get("result-1", { range: "bytes=0-0", "if-range": '"other"' })).status).toBe(200);
  });

  it("is closed when the client goes away, having read nothing or something", async () => {
    await stored.finish(id, 4, "large.fits", new Uint8Array(2_000_000));
    await (await get("large.fits")).body?.cancel();
    expect(await openFiles()).toEqual([]);
    for (const range of ["bytes=0-", "bytes=0-999999,1000000-"]) {
      const reader = (await get("large.fits", { range })).body?.getReader();
      await reader?.read();
      expect(await openFiles()).toHaveLength(1);
      await reader?.cancel();
      expect(await openFiles()).toEqual([]);
    }
  });

  it("that is gone is not a fault of the service's", async () => {
    await rm(join(stored.folder, id, "a_g.fits"));
    const response = await get("result-1");
    expect(response.status).toBe(404);
    expect(await response.text()).toMatch(/^UsageError: Cannot give result-1: its file is not there any more/);
  });

  it("that has another length than is on record is not given", async () => {
    await writeFile(join(stored.folder, id, "a_g.fits"), "01234");
    expect((await get("result-1")).status).toBe(404);
    expect(await openFiles()).toEqual([]);
  });
});

describe("a result without a file", () => {
  it.each([
    ["result-2", "Error: No image overlaps the shape\n"],
    ["result-3", "Error: The image's file is damaged\n"],
  ])("%s says why, beginning with a label (SODA-33, SODA-34)", async (name, text) => {
    const response = await get(name);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toBe(text);
  });

  it("is not found before it is there", async () => {
    const waiting = await get("result-4");
    expect(waiting.status).toBe(404);
    expect(await waiting.text()).toBe("UsageError: Cannot give result-4: it is not there yet; the job is QUEUED\n");
    stored.setPhase(id, "ABORTED");
    expect(await (await get("result-4")).text()).toContain("it was not made; the job is ABORTED");
  });
});

describe("what there is not", () => {
  it.each([
    "result-5",
    "result-0",
    "result-01",
    "result-99999999999999999999",
    "result",
    "b.fits",
    "..%2fa",
    "a_g.fits%00",
  ])("%s is not found", async (name) => expect((await get(name)).status).toBe(404));

  it("is the same as what belongs to somebody else", async () => {
    for (const name of ["result-1", "a_g.fits"]) {
      const foreign = await request(name, {}, BEN);
      expect(foreign.status).toBe(404);
      expect(await foreign.text()).toContain("Cannot find job");
    }
  });

  it("is another method than GET and HEAD", async () => {
    const response = await request("result-1", { method: "DELETE" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

it("gives the one result of a job by the name `result` too", async () => {
  id = await stored.queue({ results: 1 });
  await stored.finish(id, 1, "one.fits", "1");
  expect(await (await get("result")).text()).toBe("1");
});
