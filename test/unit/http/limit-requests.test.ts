import { Hono } from "hono";
import { beforeEach, describe, expect, test } from "vitest";
import { createLimitsOf, limitsByRole } from "../../../src/access/limits/limits.ts";
import type { LimitValues } from "../../../src/access/limits/limit-values.ts";
import { createRequestCounter } from "../../../src/access/limits/rate-limit.ts";
import { createStreamSlots, type StreamSlots } from "../../../src/access/limits/stream-slots.ts";
import { createTraffic } from "../../../src/access/limits/traffic.ts";
import { ANONYMOUS } from "../../../src/access/user.ts";
import type { AppEnv } from "../../../src/http/app-env.ts";
import { CUTOUT_RULES } from "../../../src/http/cutout-rules.ts";
import { answerError } from "../../../src/http/error-response.ts";
import { limitRequests } from "../../../src/http/limit-requests.ts";
import { createRuleFinder } from "../../../src/http/route-rules.ts";
import { openTestRecords } from "../../support/job-services.ts";

const COMMON = {
  waits: 200,
  syncPixels: 100e6,
  syncSeconds: 60,
  jobRows: 10_000,
  jobPixels: 1e9,
  jobsActive: 10,
  jobsKept: 1000,
};

const findRule = createRuleFinder(CUTOUT_RULES);

let streams: StreamSlots;
beforeEach(() => {
  streams = createStreamSlots();
});

/** What the app says of itself, without a server below it: the end of the body is the end of the answer. */
function createApp(limits: Partial<LimitValues>, addRoutes: (app: Hono<AppEnv>) => void): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("user", ANONYMOUS);
    c.set("clientAddress", "192.0.2.1");
    c.set("requestId", "r1");
    c.set("rule", findRule(c.req.path));
    await next();
  });
  app.use(
    limitRequests({
      limitsOf: createLimitsOf(limitsByRole(COMMON, { anonymous: limits })),
      requests: createRequestCounter({ maxKeys: 10 }),
      streams,
      traffic: createTraffic(openTestRecords(), { onFailure: (error) => expect.unreachable(String(error)) }),
    }),
  );
  addRoutes(app);
  app.onError((error, c) => answerError(c, error).response);
  return app;
}

function endless(): { stream: ReadableStream<Uint8Array>; canceled: () => boolean } {
  let canceled = false;
  const stream = new ReadableStream<Uint8Array>(
    { pull: (controller) => controller.enqueue(new Uint8Array(10)), cancel: () => void (canceled = true) },
    { highWaterMark: 0 },
  );
  return { stream, canceled: () => canceled };
}

describe("the place of an answer", () => {
  test("is held until the last of it is read", async () => {
    const app = createApp({ streams: 1 }, (routes) => routes.get("/", (c) => c.text("whole")));
    const response = await app.request("/");
    expect(streams.size).toBe(1);
    expect((await app.request("/")).status).toBe(429);
    expect(await response.text()).toBe("whole");
    expect(streams.size).toBe(0);
  });

  test("is given back by a client that goes, and its work ends", async () => {
    const { stream, canceled } = endless();
    const app = createApp({}, (routes) => routes.get("/", (c) => c.body(stream)));
    const response = await app.request("/");
    const reader = response.body?.getReader();
    await reader?.read();
    expect(streams.size).toBe(1);
    await reader?.cancel();
    expect([streams.size, canceled()]).toEqual([0, true]);
  });

  test("is given back where the answer breaks off", async () => {
    const broken = () => new ReadableStream({ pull: () => Promise.reject(new Error("broken")) }, { highWaterMark: 0 });
    const app = createApp({}, (routes) => routes.get("/", (c) => c.body(broken())));
    await expect((await app.request("/")).text()).rejects.toThrow("broken");
    expect(streams.size).toBe(0);
  });

  test.each([
    ["nothing", "/empty", "GET"],
    ["an error", "/error", "GET"],
    ["HEAD", "/", "HEAD"],
    ["what is not there", "/none", "GET"],
  ])("is given back after %s", async (_, path, method) => {
    const app = createApp({}, (routes) => {
      routes.get("/", (c) => c.body(endless().stream));
      routes.get("/empty", (c) => c.body(null, 304));
      routes.get("/error", () => Promise.reject(new Error("wrong")));
    });
    await (await app.request(path, { method })).text();
    expect(streams.size).toBe(0);
  });

  test("keeps status and headers of the answer", async () => {
    const app = createApp({}, (routes) => routes.get("/", (c) => c.text("x", 206, { ETag: '"a"' })));
    const response = await app.request("/");
    expect([response.status, response.headers.get("etag")]).toEqual([206, '"a"']);
    expect(response.headers.get("ratelimit-policy")).toBe("120000;w=60");
  });

  test("is not taken by what waits for a job, which has a limit of its own", async () => {
    const app = createApp({ streams: 0 }, (routes) => {
      routes.get("/async/:id", (c) => c.text("x"));
      routes.get("/async/:id/events", (c) => c.text("x"));
      routes.get("/async/:id/results/:name", (c) => c.text("x"));
    });
    expect((await app.request("/async/abc?WAIT=60")).status).toBe(200);
    expect((await app.request("/async/abc/events")).status).toBe(200);
    expect((await app.request("/async/abc/results/events")).status).toBe(429);
  });
});

test("where nothing is limited nothing is said of limits, and what is sent is counted all the same", async () => {
  const none = { requestsPerMinute: Infinity, streams: Infinity };
  const app = createApp(none, (routes) =>
    routes.get("/", (c) => {
      c.var.reserveBytes?.(5).settle(5);
      return c.text("x");
    }),
  );
  const response = await app.request("/");
  expect(response.status).toBe(200);
  expect([...response.headers.keys()].filter((name) => name.startsWith("ratelimit"))).toEqual([]);
});
