import { describe, expect, test } from "vitest";
import { OPEN_FRAME } from "../../support/service-frame.ts";
import { authenticateByToken } from "../../support/users.ts";
import { parseNetworks } from "../../../src/access/network/networks.ts";
import { ServiceError } from "../../../src/errors.ts";
import { allowAllOrigins, allowOwnOrigins } from "../../../src/http/allow-origins.ts";
import { controlNetwork } from "../../../src/http/network-control.ts";
import { createServiceApp } from "../../../src/http/service-app.ts";

const authenticate = authenticateByToken("a-token-for-tests-only");
const frame = { ...OPEN_FRAME, authenticate };
const app = createServiceApp({ ...frame, allowOrigins: allowAllOrigins }, (routes) => {
  routes.get("/file", (c) => c.body("FITS", 200, { ETag: '"x"' }));
  routes.post("/file", (c) => c.redirect("/file", 303));
  routes.get("/fault", () => {
    throw new ServiceError("unavailable", "Cannot");
  });
});
const ORIGIN = { Origin: "https://aladin.example.org" };
const listOf = (response: Response, name: string) =>
  (response.headers.get(name) ?? "").toLowerCase().split(", ").filter(Boolean);

describe("a page of another origin", () => {
  test.each([
    ["a file", "GET", "/file", {}, 200],
    ["what there is of a file", "HEAD", "/file", {}, 200],
    ["where a POST leads", "POST", "/file", {}, 303],
    ["that there is nothing", "GET", "/none", {}, 404],
    ["that its token is not known", "GET", "/file", { Authorization: "Bearer x" }, 401],
    ["that something is wrong here", "GET", "/fault", {}, 503],
    ["whether we are there", "GET", "/health", {}, 200],
  ])("may read %s", async (_, method, path, headers, status) => {
    const response = await app.request(path, { method, headers: { ...ORIGIN, ...headers } });
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.has("access-control-allow-credentials")).toBe(false);
    const exposed = listOf(response, "access-control-expose-headers");
    const needed =
      "etag content-disposition content-length accept-ranges content-range location x-request-id retry-after";
    expect(exposed).toEqual(expect.arrayContaining(needed.split(" ")));
  });

  test("is told before it asks what it may send, without being known", async () => {
    const response = await app.request("/async/x", {
      method: "OPTIONS",
      headers: { ...ORIGIN, "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "range" },
    });
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(listOf(response, "access-control-allow-methods")).toEqual(["get", "head", "post", "delete"]);
    const needed =
      "authorization content-type range if-match if-none-match if-modified-since if-unmodified-since if-range";
    expect(listOf(response, "access-control-allow-headers")).toEqual(expect.arrayContaining(needed.split(" ")));
  });
});

test("the answer is the same for every origin, and for none: caches may keep it", async () => {
  const heads = await Promise.all(
    [{}, ORIGIN, { Origin: "null" }].map(async (headers) => {
      const answer = await app.request("/file", { headers });
      return [answer.headers.get("access-control-allow-origin"), answer.headers.get("vary")];
    }),
  );
  expect(heads).toEqual([
    ["*", null],
    ["*", null],
    ["*", null],
  ]);
});

test("may read that its network is refused, and that there are too many; of metrics it may read nothing", async () => {
  const services = {
    ...frame,
    allowOrigins: allowAllOrigins,
    metricsPage: { allowed: parseNetworks("0.0.0.0/0"), contentType: "text/plain", format: () => Promise.resolve("1") },
  };
  const far = createServiceApp(
    { ...services, controlNetwork: controlNetwork(parseNetworks("192.0.2.0/24")) },
    () => {},
  );
  const many = createServiceApp(
    { ...services, limitRequests: () => Promise.reject(new ServiceError("too-many", "x")) },
    () => {},
  );
  const env = { incoming: { socket: { remoteAddress: "203.0.113.9" } } };
  for (const [closed, path, status, allowed] of [
    [far, "/file", 403, "*"],
    [many, "/file", 429, "*"],
    [far, "/health", 200, "*"],
    [far, "/metrics", 200, null],
  ] as const) {
    const answer = await closed.request(path, { headers: ORIGIN }, env);
    expect([path, answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([path, status, allowed]);
  }
});

test("a service that does not say so lets them read nothing", async () => {
  const closed = createServiceApp(frame, (routes) => routes.get("/file", (c) => c.text("mine")));
  for (const path of ["/file", "/none", "/health"]) {
    const answer = await closed.request(path, { headers: ORIGIN });
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  }
  const headers = { ...ORIGIN, "Access-Control-Request-Method": "GET" };
  const preflight = await closed.request("/file", { method: "OPTIONS", headers });
  expect([preflight.status, preflight.headers.has("access-control-allow-origin")]).toEqual([405, false]);
});

test("an OPTIONS that asks about no other method is no preflight", async () => {
  expect((await app.request("/none", { method: "OPTIONS" })).status).toBe(404);
});

describe("of a service that is open to certain networks", () => {
  const own = ["https://cutout.example.org", "https://auth.example.org"];
  const closed = createServiceApp({ ...frame, allowOrigins: allowOwnOrigins(() => own) }, (routes) => {
    routes.get("/file", (c) => c.text("mine"));
  });
  const ask = (headers: Record<string, string>, method = "GET") => closed.request("/file", { method, headers });

  test.each([
    ["https://auth.example.org", "https://auth.example.org"],
    ["https://evil.org", null],
    ["http://auth.example.org", null],
    ["null", null],
    ["", null],
  ])("a page of %j may read for %j", async (origin, allowed) => {
    const preflight = { Origin: origin, "Access-Control-Request-Method": "DELETE" };
    for (const answer of [await ask({ Origin: origin }), await ask(preflight, "OPTIONS")]) {
      expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
      expect(answer.headers.get("vary")).toBe("Origin");
    }
  });

  test("others than pages are told nothing of it", async () => {
    const answer = await ask({});
    expect([answer.status, answer.headers.get("access-control-allow-origin"), answer.headers.get("vary")]).toEqual([
      ...[200, null, "Origin"],
    ]);
  });
});
