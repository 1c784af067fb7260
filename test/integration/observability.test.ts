import { rm } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { RequestEntry } from "../../src/http/log-entry.ts";
import { BEARER, FORM, SMALL, startHostileServer, TOKEN, type HostileServer } from "../support/hostile-server.ts";
import { createLargeArchive, LARGE } from "../support/large-image.ts";
import { SAMPLE_FOLDER } from "../support/sample-services.ts";

// What the real server tells of itself: one line of the log for a request, metrics, health.

let large: Awaited<ReturnType<typeof createLargeArchive>>;
let server: HostileServer;
beforeAll(async () => {
  large = await createLargeArchive();
  server = await startHostileServer({}, { des_sample: large.folder, sim_sample: join(SAMPLE_FOLDER, "sim") });
});
afterAll(async () => {
  await server.close();
  await large.dispose();
});

const get = (target: string, headers: readonly (readonly [string, string])[] = []) => server.send({ target, headers });

type Line = RequestEntry & { readonly level: string; readonly time: string; readonly error?: string[] };

function linesOf(id: string): Line[] {
  const lines = server.log().trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Line).filter(({ requestId }) => requestId === id);
}

/** The line of this request, once it is there. */
async function lineOf(id: string): Promise<Line> {
  await vi.waitUntil(() => linesOf(id).length > 0, { timeout: 5000 });
  const lines = linesOf(id);
  expect(lines).toHaveLength(1);
  return lines[0];
}

const named = (id: string): [string, string] => ["X-Request-Id", id];

/** Values of the metrics, by name and labels as they are written. */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const { status, text, headers } = await get("/metrics");
  expect([status, headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

/** Opens an answer and reads nothing of it but its head. */
function open(target: string, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = new URL(target, `http://127.0.0.1:${server.port}`);
    request(url, { agent: false, headers }, resolve).on("error", reject).end();
  });
}

describe("the log", () => {
  it("has one line of a cutout: who asked, what it cost, how long it took", async () => {
    const { body } = await get(`/sync?${SMALL}&RUNID=night+12`, [named("one"), BEARER]);
    const line = await lineOf("one");
    expect(line).toMatchObject({
      ...{ level: "info", event: "request", service: "cutout", method: "GET", route: "/sync", path: "/sync" },
      ...{ status: 200, bytes: body.length, client: "127.0.0.1", user: "test", grant: "token", token: "test" },
      ...{ runId: "night 12", cost: { outputPixels: expect.any(Number) as number } },
    });
    expect(new Date(line.time).toISOString()).toBe(line.time);
    expect(line.firstByteMilliseconds).toBeGreaterThan(0);
    expect(line.milliseconds).toBeGreaterThanOrEqual(line.firstByteMilliseconds ?? Infinity);
  });

  it("has the client that a trusted proxy names", async () => {
    await get("/", [named("proxied"), ["X-Forwarded-For", "203.0.113.9"]]);
    expect((await lineOf("proxied")).client).toBe("203.0.113.9");
  });

  it.each([
    ["refused", `/sync?ID=none&POS=CIRCLE+1+2+3`, [], 404, "/sync", "not-found"],
    ["nowhere", "/nothing/at/all", [], 404, null, "not-found"],
    ["stranger", `/sync?${SMALL}`, [["Authorization", "Bearer nobody-knows-this"]], 401, "/sync", "unauthenticated"],
    ["senseless", "/sync?POS=CIRCLE", [], 400, "/sync", "usage"],
    ["job", "/async/aaaaaaaaaaaaaaaaaaaaaaaaaa", [], 404, "/async/:id", "not-found"],
    [
      "archive",
      "/async/aaaaaaaaaaaaaaaaaaaaaaaaaa/results/all.zip",
      [],
      404,
      "/async/:id/results/all.zip",
      "not-found",
    ],
  ] as const)(
    "has one line of a request that is %s, with the route it was for, and why",
    async (id, target, headers, status, route, code) => {
      await get(target, [named(id), ...headers]);
      expect(await lineOf(id)).toMatchObject({ level: "info", status, route, code, path: target.split("?")[0] });
    },
  );

  it("has whose token it was that may not act for somebody else", async () => {
    await get(`/sync?${SMALL}`, [named("actor"), BEARER, ["X-On-Behalf-Of", "somebody"]]);
    expect(await lineOf("actor")).toMatchObject({ status: 403, code: "forbidden", user: "test", token: "test" });
  });

  it("has the job that a request made", async () => {
    const { headers } = await server.send({
      ...{ method: "POST", target: "/async", headers: [named("maker"), BEARER, FORM] },
      body: Buffer.from(SMALL),
    });
    const line = await lineOf("maker");
    expect(line).toMatchObject({ status: 303, job: String(headers.location).split("/").at(-1) });
    expect(line.code).toBeUndefined();
  });

  it("has one line of an answer that its client gave up: 499, with what was sent", async () => {
    const answer = await open(`/sync?${LARGE}`, { "X-Request-Id": "gone" });
    answer.once("data", () => answer.destroy());
    const line = await lineOf("gone");
    expect(line).toMatchObject({ status: 499, route: "/sync" });
    expect(line.bytes).toBeGreaterThan(0);
    expect(line.bytes).toBeLessThan(64e6);
    expect(line.error).toBeUndefined();
  });

  it("has one line of a HEAD, which has no body", async () => {
    await server.send({ method: "HEAD", target: `/sync?${SMALL}`, headers: [named("head")] });
    expect(await lineOf("head")).toMatchObject({ status: 200, bytes: 0, method: "HEAD" });
  });

  it("has no secret of any request, wherever it stood", async () => {
    const secret = "Sv7Kq2mXw9Zt4Rb1";
    const headers: (readonly [string, string])[][] = [
      [["Authorization", `Bearer ${secret}`]],
      [["Authorization", `Token rct_${secret}`]],
      [["Authorization", `Basic ${secret}`]],
      [["Cookie", `recorte_session=${secret}; other=${secret}`]],
      [["X-On-Behalf-Of", "somebody"], BEARER],
    ];
    const query = ["code", "state", "SAMLResponse", "RelayState", "password", "access_token", "token", "MTIME"]
      .map((name) => `${name}=${secret}`)
      .join("&");
    const paths = [`/sync?${SMALL}&${query}`, `/async?${query}`, `/oidc/x/callback?${query}`, `/nothing/rct_${secret}`];
    for (const host of ["cutout.localhost", "auth.localhost"]) {
      for (const target of [...paths, "/login", "/tokens", "/saml/x/acs"]) {
        for (const more of headers) {
          await server.send({ target, headers: [["Host", host], ...more] });
          const body = Buffer.from(query);
          await server.send({ method: "POST", target, headers: [["Host", host], FORM, ...more], body });
        }
      }
    }
    await get("/", [named("last")]);
    await lineOf("last");
    expect(server.log()).not.toContain(secret);
    expect(server.log()).not.toContain(TOKEN);
  });
});

describe("/metrics", () => {
  it("counts each request by route, method and class of its status, and never by its path", async () => {
    const before = await metrics();
    const { body } = await get(`/sync?${SMALL}`);
    await get("/sync?ID=none");
    for (let i = 0; i < 20; i++) await get(`/async/${"abcdefghijklmnopqrst".slice(i)}xyzxyzxyz`);
    for (let i = 0; i < 20; i++) await get(`/nowhere/${i}`);
    const after = await metrics();
    const grew = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grew('http_requests_total{handler="/sync",method="GET",status="2xx"}')).toBe(1);
    expect(grew('http_requests_total{handler="/sync",method="GET",status="4xx"}')).toBe(1);
    expect(grew('http_requests_total{handler="/async/:id",method="GET",status="4xx"}')).toBe(20);
    expect(grew('http_response_size_bytes_count{handler="/sync"}')).toBe(2);
    expect(grew('http_response_size_bytes_sum{handler="/sync"}')).toBeGreaterThan(body.length);
    expect(grew("http_request_duration_highr_seconds_count")).toBe(22);
    expect(grew('recorte_first_byte_seconds_count{handler="/sync"}')).toBe(2);
    const handlers = new Set([...after.keys()].flatMap((name) => /handler="([^"]*)"/.exec(name)?.[1] ?? []));
    expect([...handlers].filter((handler) => /nowhere|xyz|health|metrics/.test(handler))).toEqual([]);
    expect(handlers.size).toBeLessThan(30);
  });

  it("counts what was decoded, read and found", async () => {
    const before = await metrics();
    await get(`/sync?${SMALL}`);
    const after = await metrics();
    const grew = (name: string) => (after.get(name) ?? NaN) - (before.get(name) ?? NaN);
    expect(grew("recorte_decoded_pixels_total")).toBeGreaterThan(0);
    expect(grew('recorte_cache_requests_total{cache="images",result="hit"}')).toBe(1);
    expect(after.get('recorte_archive_read_bytes_total{place="local"}')).toBeGreaterThan(0);
  });

  it("shows answers that are on their way", async () => {
    const answer = await open(`/sync?${LARGE}`, {});
    expect((await metrics()).get("recorte_open_streams")).toBe(1);
    answer.destroy();
    await vi.waitUntil(async () => (await metrics()).get("recorte_open_streams") === 0);
  });

  it("shows jobs by phase, the results that were made, and the worker", async () => {
    const job = await server.createJob(`${SMALL}&PHASE=RUN`, "test");
    await vi.waitUntil(() => server.phaseOf(job) === "COMPLETED", { timeout: 10_000 });
    const shown = await metrics();
    expect(shown.get('recorte_job_results_total{end="done"}')).toBeGreaterThan(0);
    expect(shown.get("recorte_workers")).toBe(1);
    expect(shown.has('recorte_jobs{phase="COMPLETED"}')).toBe(true);
  });

  it("counts tokens that are refused", async () => {
    const name = 'recorte_sign_ins_total{way="token",outcome="refused"}';
    const before = (await metrics()).get(name) ?? 0;
    await get("/", [["Authorization", "Bearer nobody-knows-this"]]);
    expect((await metrics()).get(name)).toBe(before + 1);
  });

  it("counts sign-ins by password, those that are refused too", async () => {
    const name = 'recorte_sign_ins_total{way="password",outcome="refused"}';
    const body = Buffer.from("username=nobody&password=wrong-in-any-case");
    const headers: [string, string][] = [["Host", "auth.localhost"], FORM as [string, string]];
    expect((await server.send({ method: "POST", target: "/login", headers, body })).status).toBe(401);
    expect((await get("/metrics", [["Host", "auth.localhost"]])).text).toContain(`${name} 1\n`);
  });

  it("shows each service its own, and the process to both", async () => {
    const { status, text } = await get("/metrics", [["Host", "auth.localhost"]]);
    expect(status).toBe(200);
    expect(text).not.toMatch(/handler="\/sync"|recorte_decoded_pixels/);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
    expect(text).toMatch(/^recorte_build_info\{version="[\d.]+",node="v[\d.]+"\} 1$/m);
  });

  it.each([
    [[["X-Forwarded-For", "203.0.113.9"]], 403],
    [[["X-Forwarded-For", "127.0.0.1, 203.0.113.9"]], 403],
    [[["X-Forwarded-For", "unknown"]], 403],
    [[["X-Forwarded-For", "203.0.113.9, 127.0.0.1"]], 403],
    [[["X-Forwarded-For", "::1"]], 200],
    [[["X-Real-IP", "203.0.113.9"]], 200], // nobody's word but X-Forwarded-For counts
    [[], 200],
  ] as const)("with %j is %i: a stranger is not let in by the proxy that he comes through", async (headers, status) => {
    const answer = await get("/metrics", headers);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.text).toMatch(/^AuthorizationError: Cannot show metrics to this address/);
  });
});

describe("/health", () => {
  it("tells how the service is, without where anything lies", async () => {
    const { status, headers, text } = await get("/health");
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([200, "application/json", "no-store"]);
    expect(JSON.parse(text)).toMatchObject({
      status: "ok",
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      uptimeSeconds: expect.any(Number) as number,
      parts: expect.arrayContaining([{ name: "job records", status: "ok" }]) as object[],
    });
    expect(text).not.toContain(tmpdir());
    const head = await server.send({ method: "HEAD", target: "/health" });
    expect([head.status, head.text]).toEqual([200, ""]);
  });

  it("is asked from anywhere, with any credentials", async () => {
    for (const header of [
      ["X-Forwarded-For", "203.0.113.9"],
      ["Authorization", "Bearer no"],
    ] as [string, string][]) {
      expect((await get("/health", [header])).status).toBe(200);
    }
    const auth = await get("/health", [["Host", "auth.localhost"]]);
    expect(JSON.parse(auth.text)).toMatchObject({ status: "ok", parts: [{ name: "accounts" }] });
  });

  it("is degraded, and still 200, without a part that only some need", async () => {
    await rm(large.folder, { recursive: true });
    await vi.waitFor(async () => {
      const { status, text } = await get("/health");
      expect(text).not.toContain(large.folder);
      expect(JSON.parse(text)).toMatchObject({ status: "degraded" });
      expect(status).toBe(200);
      expect(text).toContain('{"name":"archive","status":"failed","problem":"is not there in part"}');
    }, 3000);
  });
});

it("counts what is refused because of a limit, by its name", async () => {
  const limited = await startHostileServer({ RECORTE_LIMITS_ANONYMOUS: "requestsPerMinute=2" });
  try {
    for (let i = 0; i < 5; i++) await limited.send({ target: "/" });
    const { text } = await limited.send({ target: "/metrics" });
    expect(text).toContain('recorte_refusals_total{reason="too-many",limit="requestsPerMinute"} 3\n');
  } finally {
    await limited.close();
  }
});
