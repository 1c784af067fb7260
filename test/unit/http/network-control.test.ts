import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { OPEN_FRAME } from "../../support/service-frame.ts";
import { NOBODY } from "../../../src/access/identity.ts";
import { parseNetworks } from "../../../src/access/network/networks.ts";
import type { AppEnv } from "../../../src/http/app-env.ts";
import { beginRequests } from "../../../src/http/begin-requests.ts";
import type { RequestEntry } from "../../../src/http/log-entry.ts";
import { comesFrom, controlNetwork } from "../../../src/http/network-control.ts";
import { createServiceAddresses } from "../../../src/http/service-addresses.ts";
import { createServiceApp } from "../../../src/http/service-app.ts";

type Sent = { readonly peer?: string; readonly headers?: Record<string, string>; readonly method?: string };

const forwarded = (hops: string | undefined): Record<string, string> =>
  hops === undefined ? {} : { "x-forwarded-for": hops };
const envOf = (peer: string | undefined) =>
  peer === undefined ? {} : { incoming: { socket: { remoteAddress: peer } } };

describe("a service that is open to some networks", () => {
  const logged: RequestEntry[] = [];
  let asked = 0;
  const app = createServiceApp(
    {
      ...OPEN_FRAME,
      authenticate: () => Promise.resolve((asked++, NOBODY)),
      trustedProxies: parseNetworks("127.0.0.0/8,::1"),
      controlNetwork: controlNetwork(parseNetworks("192.0.2.0/24,2001:db8::/32,127.0.0.1")),
      log: (entry) => void (entry.event === "request" && logged.push(entry)),
    },
    (routes) => routes.get("/", (c) => c.text("in")),
  );
  const send = ({ peer, ...init }: Sent, path = "/") => app.request(path, init, envOf(peer));

  test.each([
    ["192.0.2.7", undefined],
    ["::ffff:192.0.2.7", undefined],
    ["2001:db8::7", undefined],
    ["127.0.0.1", undefined],
    ["127.0.0.1", "192.0.2.7"],
    ["::1", "203.0.113.9, 192.0.2.7"],
  ])("answers %s, who comes for %s", async (peer, forwardedFor) => {
    expect((await send({ peer, headers: forwarded(forwardedFor) })).status).toBe(200);
  });

  test.each([
    ["203.0.113.9", undefined, "203.0.113.9"],
    ["203.0.113.9", "192.0.2.7", "203.0.113.9"],
    ["203.0.113.9", "127.0.0.1", "203.0.113.9"],
    ["::ffff:203.0.113.9", undefined, "203.0.113.9"],
    ["127.0.0.1", "192.0.2.7, 203.0.113.9", "203.0.113.9"],
    ["127.0.0.1", "unknown", "a client whose address is not known"],
    ["127.0.0.1", "127.0.0.1, unknown", "a client whose address is not known"],
    ["::1", undefined, "::1"],
    [undefined, undefined, "a client whose address is not known"],
  ])("refuses %s, who comes for %s", async (peer, forwardedFor, named) => {
    const before = asked;
    const response = await send({ ...(peer !== undefined && { peer }), headers: forwarded(forwardedFor) });
    expect(response.status).toBe(403);
    expect(await response.text()).toBe(
      `AuthorizationError: Cannot answer ${named}: this service is open to certain networks only\n`,
    );
    expect(response.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
    expect(asked).toBe(before); // no credential is looked at
  });

  test("refuses what does not exist, other methods, and what browsers ask beforehand, in the same words", async () => {
    const preflight = { "access-control-request-method": "GET", origin: "https://example.org" };
    for (const [path, init] of [
      ["/nothing", {}],
      ["/", { method: "POST" }],
      ["/", { method: "OPTIONS", headers: preflight }],
      ["/", { headers: { upgrade: "websocket", connection: "upgrade" } }],
      ["//health", {}],
      ["/health/", {}],
      ["/health/x", {}],
      ["/HEALTH", {}],
    ] as const) {
      const { status } = await send({ peer: "203.0.113.9", ...init }, path);
      expect([path, init, status]).toEqual([path, init, 403]);
    }
  });

  test("tells everybody whether it is well", async () => {
    expect((await send({ peer: "203.0.113.9" }, "/health")).status).toBe(200);
  });

  test("writes down who was refused", async () => {
    logged.length = 0;
    await (await send({ peer: "203.0.113.9" })).text();
    expect(logged).toMatchObject([{ status: 403, client: "203.0.113.9" }]);
    expect(logged[0]?.user).toBeUndefined();
  });
});

test("a service without networks has nothing to control", () => {
  expect(controlNetwork(parseNetworks(""))).toBeNull();
});

describe("what a request tells before it is looked at", () => {
  const app = new Hono<AppEnv>();
  const metrics = parseNetworks("127.0.0.0/8,::1");
  const addressOf = createServiceAddresses({ fixed: {}, domain: "sky.org" });
  app.use(beginRequests({ publicUrl: undefined, trustedProxies: parseNetworks("127.0.0.0/8,::1"), addressOf }));
  app.get("*", (c) =>
    c.json({
      origin: c.var.publicUrl,
      auth: c.var.addressOf("auth", c.var.publicUrl),
      client: c.var.clientAddress,
      isNear: comesFrom(metrics, c),
    }),
  );
  const ask = async ({ peer, headers = {} }: Sent, url = "http://cutout.example.org/") =>
    (await (await app.request(url, { headers }, envOf(peer))).json()) as Record<string, unknown>;

  const FORWARDED = { "x-forwarded-proto": "https", "x-forwarded-host": "cutout.sky.org" };

  test("is where clients find it, by a proxy that is ours", async () => {
    expect(await ask({ peer: "127.0.0.1", headers: FORWARDED })).toMatchObject({
      origin: "https://cutout.sky.org",
      auth: "https://auth.sky.org",
    });
    const { origin } = await ask({ peer: "::1", headers: { "x-forwarded-proto": "https" } });
    expect(origin).toBe("https://cutout.example.org");
  });

  test("is what the request says, and not what anybody else writes into it", async () => {
    for (const peer of ["203.0.113.9", undefined]) {
      const { origin } = await ask({ ...(peer !== undefined && { peer }), headers: FORWARDED });
      expect(origin).toBe("http://cutout.example.org");
    }
  });

  test("does not follow one client's proxy for another client", async () => {
    const origins = [];
    for (const peer of ["127.0.0.1", "203.0.113.9", "127.0.0.1"]) {
      origins.push((await ask({ peer, headers: FORWARDED })).origin);
    }
    expect(origins).toEqual(["https://cutout.sky.org", "http://cutout.example.org", "https://cutout.sky.org"]);
  });

  test.each([
    ["x-forwarded-proto", "gopher", "http://cutout.example.org"],
    ["x-forwarded-proto", "javascript", "http://cutout.example.org"],
    ["x-forwarded-proto", "https, http", "http://cutout.example.org"],
    ["x-forwarded-proto", "http, HTTPS", "https://cutout.example.org"],
    ["x-forwarded-host", "evil.net, cutout.sky.org", "http://cutout.sky.org"],
    ["x-forwarded-host", "cutout.sky.org:8443", "http://cutout.sky.org:8443"],
    ["x-forwarded-host", "[2001:db8::1]:8443", "http://[2001:db8::1]:8443"],
    ["x-forwarded-host", "evil.net/path", "http://cutout.example.org"],
    ["x-forwarded-host", "user@evil.net", "http://cutout.example.org"],
    ["x-forwarded-host", 'evil.net"><script>', "http://cutout.example.org"],
    ["x-forwarded-host", "evil.net#", "http://cutout.example.org"],
    ["x-forwarded-host", "", "http://cutout.example.org"],
    ["forwarded", "host=evil.net;proto=https;for=10.0.0.1", "http://cutout.example.org"],
  ])("takes of %s: %s what is one, and the last of several: %s", async (name, value, expected) => {
    expect(await ask({ peer: "127.0.0.1", headers: { [name]: value } })).toMatchObject({ origin: expected });
  });

  test("is near where the client is, and the peer too", async () => {
    const from = async (peer: string, forwardedFor?: string) =>
      (await ask({ peer, headers: forwarded(forwardedFor) })).isNear;
    expect(await from("127.0.0.1")).toBe(true);
    expect(await from("::ffff:127.0.0.1")).toBe(true);
    expect(await from("127.0.0.1", "127.0.0.1")).toBe(true);
    expect(await from("127.0.0.1", "203.0.113.9")).toBe(false);
    expect(await from("127.0.0.1", "127.0.0.1, 203.0.113.9")).toBe(false);
    expect(await from("127.0.0.1", "unknown")).toBe(false);
    expect(await from("203.0.113.9", "127.0.0.1")).toBe(false);
  });

  test("is not near because a proxy far away says so", async () => {
    const far = new Hono<AppEnv>();
    far.use(beginRequests({ publicUrl: undefined, trustedProxies: parseNetworks("198.51.100.1") }));
    far.get("*", (c) => c.json({ client: c.var.clientAddress, isNear: comesFrom(metrics, c) }));
    const answer = await far.request("/", { headers: forwarded("127.0.0.1") }, envOf("198.51.100.1"));
    expect(await answer.json()).toEqual({ client: "127.0.0.1", isNear: false });
  });

  test("counts neither X-Real-IP nor Forwarded", async () => {
    const headers = { "x-real-ip": "192.0.2.1", forwarded: "for=192.0.2.1", "x-client-ip": "192.0.2.1" };
    expect(await ask({ peer: "127.0.0.1", headers })).toMatchObject({ client: "127.0.0.1" });
  });
});
