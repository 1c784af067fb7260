import type { RequestListener } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ask, type FrontAnswer, type FrontRequest } from "../support/nginx-client.ts";
import { startNginxFront, type NginxFront } from "../support/nginx-front.ts";
import { LARGE, SMALL, startFrontedService, type FrontedService } from "../support/nginx-service.ts";
import { startUpstream, type Upstream } from "../support/nginx-upstream.ts";

/** Another address for each test, and so nothing that was kept for another. */
let count = 0;
let run = "";
beforeEach(() => (run = `&RUNID=${++count}`));

const cacheOf = ({ headers }: FrontAnswer) => headers["x-cache"];

/** All that nginx has kept, with the headers of it. */
function keptIn({ cacheFolder }: NginxFront): string {
  const entries = readdirSync(cacheFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
}

describe("cutouts of the service", () => {
  const token = "a-token-to-try-things-with";
  const signedIn = { Authorization: `Bearer ${token}` };
  let front: FrontedService;
  beforeAll(async () => (front = await startFrontedService({ RECORTE_TEST_TOKEN: token })));
  afterAll(() => front?.stop());
  afterEach(() => vi.restoreAllMocks());

  it("are kept for everybody, and asked for again by their ETag: the same answer, and no pixel is cut", async () => {
    const first = await ask(front, { path: SMALL + run });
    expect([first.status, cacheOf(first), first.text.slice(0, 30)]).toEqual([
      200,
      "MISS",
      "SIMPLE  =                    T",
    ]);
    const decode = vi.spyOn(front.server().services.pixels.decoder, "decode");
    const second = await ask(front, { path: SMALL + run });
    expect([second.status, cacheOf(second)]).toEqual([200, "REVALIDATED"]);
    expect(decode).not.toHaveBeenCalled();
    expect(second.body.equals(first.body)).toBe(true);
    for (const name of ["etag", "content-disposition", "content-type", "access-control-allow-origin"]) {
      expect(second.headers[name], name).toBe(first.headers[name]);
    }
    await ask(front, { path: SMALL + run, headers: signedIn });
    expect(decode, "the service cuts for others").toHaveBeenCalled();
  });

  it("that are large pass through, and are not kept", async () => {
    const first = await ask(front, { path: LARGE + run });
    expect([first.status, first.body.length > 64e6]).toEqual([200, true]);
    expect(cacheOf(await ask(front, { path: LARGE + run, method: "HEAD" }))).toBeUndefined();
    expect(keptIn(front)).not.toContain(run);
  });

  it("of a release that is closed in between are given to nobody who may not have them", async () => {
    const before = await ask(front, { path: SMALL + run });
    expect(cacheOf(await ask(front, { path: SMALL + run }))).toBe("REVALIDATED");
    await front.restart({ RECORTE_RELEASE_ACCESS: "des_sample=signed-in" });
    const refused = await ask(front, { path: SMALL + run });
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toBeDefined();
    expect(refused.headers).not.toHaveProperty("etag");
    expect((await ask(front, { path: SMALL + run, headers: signedIn })).body.equals(before.body)).toBe(true);
    await front.restart();
    expect(cacheOf(await ask(front, { path: SMALL + run }))).toBe("REVALIDATED");
  });

  it("that a client has already are not sent again, kept or not", async () => {
    const { headers } = await ask(front, { path: SMALL + run });
    for (const path of [SMALL + run, `${SMALL + run}&x=1`.replace(run, `${run}x`)]) {
      const answer = await ask(front, { path, headers: { "If-None-Match": headers.etag ?? "" } });
      expect([answer.status, answer.body.length]).toEqual([304, 0]);
    }
  });
});

describe("answers of any service", () => {
  let upstream: Upstream;
  let front: NginxFront;
  beforeAll(async () => {
    upstream = await startUpstream();
    front = await startNginxFront({ servicePort: upstream.port, variant: "plain" });
  });
  afterAll(async () => {
    await front?.stop();
    await upstream?.close();
  });
  beforeEach(() => void (upstream.seen.length = 0));

  const KEPT = { ETag: '"v1"', "Cache-Control": "no-cache", "X-Accel-Expires": "@1" };
  const answerWith = (headers: Record<string, string>, content = "pixels"): RequestListener => {
    return (incoming, outgoing) => {
      const condition = incoming.headers["if-none-match"];
      if (condition !== undefined && condition === headers.ETag) return void outgoing.writeHead(304, headers).end();
      outgoing.writeHead(200, headers).end(content);
    };
  };
  const twice = async (request: FrontRequest) => [await ask(front, request), await ask(front, request)];

  it("are asked for again each time, by the kept ETag", async () => {
    upstream.answer = answerWith(KEPT);
    const [, second] = await twice({ path: `/sync?${run}` });
    expect([second.text, cacheOf(second)]).toEqual(["pixels", "REVALIDATED"]);
    expect(upstream.seen.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"v1"']);
  });

  it("that have changed are replaced", async () => {
    upstream.answer = answerWith(KEPT);
    await ask(front, { path: `/sync?${run}` });
    upstream.answer = answerWith({ ...KEPT, ETag: '"v2"' }, "other pixels");
    const [second, third] = await twice({ path: `/sync?${run}` });
    expect([second.text, cacheOf(second)]).toEqual(["other pixels", "EXPIRED"]);
    expect([third.text, cacheOf(third)]).toEqual(["other pixels", "REVALIDATED"]);
  });

  it.each([
    ["with a token", { Authorization: "Bearer rct_x" }],
    ["with a session", { Cookie: "a=1; recorte_session=x" }],
    ["with two sessions, the first empty", { Cookie: "recorte_session=; recorte_session=x" }],
    ["with cookies in several lines", { Cookie: ["a=1", "recorte_session=x"] }],
    ["for somebody else", { "X-On-Behalf-Of": "ana" }],
  ])("are neither kept nor taken from what is kept: %s", async (_, headers) => {
    upstream.answer = answerWith(KEPT, "mine");
    await ask(front, { path: `/sync?${run}`, headers });
    upstream.answer = answerWith(KEPT, "everybody's");
    const [first] = await twice({ path: `/sync?${run}` });
    expect([first.text, cacheOf(first)]).toEqual(["everybody's", "MISS"]);
    upstream.answer = answerWith(KEPT, "mine again");
    const own = await ask(front, { path: `/sync?${run}`, headers });
    expect([own.text, cacheOf(own)]).toEqual(["mine again", undefined]);
  });

  it.each([
    ["HEAD", { method: "HEAD" }],
    ["POST", { method: "POST", body: "ID=x", headers: { "Content-Type": "application/x-www-form-urlencoded" } }],
    ["a part", { headers: { Range: "bytes=0-1" } }],
    ["a condition", { headers: { "If-Match": '"v1"' } }],
    ["a date", { headers: { "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT" } }],
  ] as const)("to %s pass by, as they are asked for", async (_, request) => {
    upstream.answer = answerWith(KEPT);
    await ask(front, { path: `/sync?${run}` });
    upstream.seen.length = 0;
    expect(cacheOf(await ask(front, { path: `/sync?${run}`, ...request }))).toBeUndefined();
    expect(upstream.seen).toHaveLength(1);
    const [{ method, headers }] = upstream.seen;
    expect(method).toBe("method" in request ? request.method : "GET");
    for (const [name, value] of Object.entries("headers" in request ? request.headers : {})) {
      expect(headers[name.toLowerCase()]).toBe(value);
    }
  });

  it.each([
    ["a cookie", { ...KEPT, "Set-Cookie": "recorte_session=x" }],
    ["what is for one reader", { ...KEPT, "Cache-Control": "private, no-cache" }],
    ["what is not to be stored", { ...KEPT, "Cache-Control": "no-store" }],
    ["what has no version", { "Cache-Control": "no-cache", "X-Accel-Expires": "@1" }],
    ["a weak version", { ...KEPT, ETag: 'W/"v1"' }],
    ["what differs with anything", { ...KEPT, Vary: "*" }],
    ["what the service says nothing of", { ETag: '"v1"' }],
  ])("are not kept: %s", async (_, headers) => {
    upstream.answer = answerWith(headers);
    const [, second] = await twice({ path: `/sync?${run}` });
    expect([second.text, cacheOf(second)]).toEqual(["pixels", "MISS"]);
    expect(keptIn(front)).not.toContain(run);
  });

  it.each([204, 400, 401, 403, 404, 500, 503])("of status %d are not kept", async (status) => {
    upstream.answer = (_, outgoing) => outgoing.writeHead(status, { "Cache-Control": "no-cache" }).end();
    const [, second] = await twice({ path: `/sync?${run}` });
    expect([second.status, cacheOf(second)]).toEqual([status, "MISS"]);
  });

  it("carry nothing of the client that they were made for", async () => {
    const own = {
      "X-Request-Id": "first",
      "RateLimit-Limit": "9",
      "RateLimit-Remaining": "3",
      "RateLimit-Reset": "7",
      "RateLimit-Policy": "9;w=60",
    };
    upstream.answer = answerWith({ ...KEPT, ...own });
    const [first, second] = await twice({ path: `/sync?${run}` });
    expect(first.headers).toMatchObject({
      "ratelimit-limit": "9",
      "ratelimit-remaining": "3",
      "ratelimit-reset": "7",
      "ratelimit-policy": "9;w=60",
    });
    expect(cacheOf(second)).toBe("REVALIDATED");
    for (const name of ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy"]) {
      expect(second.headers).not.toHaveProperty(name);
    }
    expect(second.headers["x-request-id"]).not.toBe(first.headers["x-request-id"]);
  });

  it("are not given while the service is away", async () => {
    upstream.answer = answerWith(KEPT);
    await ask(front, { path: `/sync?${run}` });
    upstream.answer = (incoming) => incoming.socket.destroy();
    expect((await ask(front, { path: `/sync?${run}` })).status).toBe(503);
  });

  it("that break off are broken off, and not kept", async () => {
    upstream.answer = (_, outgoing) => {
      outgoing.writeHead(200, { ...KEPT, "Content-Length": "1000" }).write("pixels");
      setTimeout(() => outgoing.destroy(), 50);
    };
    await expect(ask(front, { path: `/sync?${run}` })).rejects.toThrow(/aborted|hang up|reset/);
    upstream.answer = answerWith(KEPT);
    expect(cacheOf(await ask(front, { path: `/sync?${run}` }))).toBe("MISS");
  });

  it("of other hosts and addresses are others", async () => {
    upstream.answer = (incoming, outgoing) => outgoing.writeHead(200, KEPT).end(incoming.url);
    await ask(front, { path: `/sync?${run}` });
    for (const path of [`/sync?${run}&a`, `/sync?${run}%20`, `/sync/?${run}`]) {
      expect((await ask(front, { path })).text).toBe(path);
    }
  });
});
