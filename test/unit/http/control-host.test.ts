import { describe, expect, test } from "vitest";
import { parseNetworks } from "../../../src/access/network/networks.ts";
import { createHostCheck } from "../../../src/http/control-host.ts";
import { createServiceApp } from "../../../src/http/service-app.ts";
import { OPEN_FRAME } from "../../support/service-frame.ts";

const isOurHost = createHostCheck({
  addresses: ["https://cutout.sky.org", undefined, "https://login.sky.org/x"],
  domain: "Example.org",
});
const app = createServiceApp(
  {
    ...OPEN_FRAME,
    trustedProxies: parseNetworks("127.0.0.1"),
    controlNetwork: (_, next) => next(),
    metricsPage: { allowed: parseNetworks("127.0.0.1"), contentType: "text/plain", format: () => Promise.resolve("1") },
    isOurHost,
  },
  (routes) => void routes.get("/file", (c) => c.text("file")),
);

const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });
const ask = (url: string, headers: Record<string, string> = {}, peer = "127.0.0.1") =>
  app.request(url, { headers }, from(peer));

describe("a service that is open to certain networks answers for", () => {
  test.each([
    "http://example.org",
    "http://cutout.example.org",
    "http://auth.EXAMPLE.org.:8080",
    "http://dsa110.example.org",
    "http://localhost:8080",
    "http://auth.localhost",
    "http://127.0.0.1:8080",
    "http://192.168.1.9",
    "http://[::1]:8080",
    "http://[2001:db8::1]",
    "https://cutout.sky.org",
    "https://login.sky.org",
  ])("%s", async (origin) => {
    for (const path of ["/file", "/metrics"]) expect((await ask(origin + path)).status, path).toBe(200);
  });
});

describe("and not for", () => {
  test.each([
    "http://evil.rebind.example",
    "http://evil.example.org.attacker.net",
    "http://www.example.org",
    "http://xexample.org",
    "http://127.0.0.1.nip.io",
    "http://localhost.evil.net",
    "http://sky.org",
  ])("%s, whatever name a page has made of it", async (origin) => {
    for (const path of ["/file", "/nothing", "/metrics"]) {
      const answer = await ask(origin + path);
      expect(answer.status, path).toBe(421);
      expect(await answer.text()).toMatch(/^UsageError: Cannot answer for the host ".*RECORTE_DOMAIN/);
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect((await ask(`${origin}/health`)).status).toBe(200);
  });

  test("a host that a proxy of ours was asked by, nor with a name that a script gave as a proxy's", async () => {
    const forwarded = (host: string) => ({ "X-Forwarded-Host": host });
    expect((await ask("http://127.0.0.1/file", forwarded("cutout.example.org"))).status).toBe(200);
    expect((await ask("http://127.0.0.1/file", forwarded("evil.net"))).status).toBe(421);
    expect((await ask("http://evil.net/file", forwarded("cutout.example.org"))).status).toBe(421);
    expect((await ask("http://127.0.0.1/file", forwarded("evil.net"), "192.0.2.1")).status).toBe(200); // no proxy
  });

  test("each of several requests by itself", async () => {
    const hosts = ["localhost", "evil.net", "localhost", "localhost", "evil.net"];
    const statuses = await Promise.all(hosts.map(async (host) => (await ask(`http://${host}/file`)).status));
    expect(statuses).toEqual([200, 421, 200, 200, 421]);
  });
});

test("a service that is open to everybody answers for any host, but for its metrics", async () => {
  const open = createServiceApp(
    {
      ...{ ...OPEN_FRAME, isOurHost },
      metricsPage: { allowed: parseNetworks("127.0.0.1"), contentType: "", format: () => Promise.resolve("1") },
    },
    (routes) => void routes.get("/file", (c) => c.text("file")),
  );
  expect((await open.request("http://any.net/file", {}, from("127.0.0.1"))).status).toBe(200);
  expect((await open.request("http://any.net/metrics", {}, from("127.0.0.1"))).status).toBe(421);
  expect((await open.request("http://any.net/metrics", {}, from("192.0.2.1"))).status).toBe(403);
});

describe("/health tells what ails the service, and its version", () => {
  const health = { software: "recorte 1.2.3", startedAt: new Date(), checkHealth: () => Promise.resolve(WELL) };
  const WELL = { draining: false, parts: [{ name: "records", problem: null }] };
  const watched = createServiceApp(
    {
      ...{ ...OPEN_FRAME, isOurHost, health, trustedProxies: parseNetworks("127.0.0.1") },
      metricsPage: { allowed: parseNetworks("127.0.0.1"), contentType: "", format: () => Promise.resolve("1") },
    },
    () => undefined,
  );
  const bodyOf = async (headers: Record<string, string>, { peer = "127.0.0.1", host = "localhost" } = {}) =>
    (await watched.request(`http://${host}/health`, { headers }, from(peer))).json() as Promise<unknown>;

  test("to who may see metrics", async () => {
    expect(await bodyOf({})).toMatchObject({ status: "ok", version: "1.2.3", parts: [{ name: "records" }] });
  });

  test("and to strangers, through a proxy or a page, the status alone", async () => {
    expect(await bodyOf({}, { peer: "192.0.2.1" })).toEqual({ status: "ok" });
    expect(await bodyOf({ "X-Forwarded-For": "192.0.2.1" })).toEqual({ status: "ok" });
    expect(await bodyOf({ Origin: "https://evil.org" })).toEqual({ status: "ok" });
    expect(await bodyOf({}, { host: "evil.org" })).toEqual({ status: "ok" });
  });
});

test("answers say that nobody is to guess their type", async () => {
  for (const path of ["/file", "/nothing", "/metrics", "/health"]) {
    expect((await ask(`http://localhost${path}`)).headers.get("x-content-type-options")).toBe("nosniff");
  }
});
