import { describe, expect, test } from "vitest";
import { OPEN_FRAME } from "../../support/service-frame.ts";
import { parseIpAddress } from "../../../src/access/network/ip-address.ts";
import { readConfiguration } from "../../../src/bin/configuration.ts";
import { ALLOWED_IPS } from "../../../src/bin/settings/network-settings.ts";
import { controlNetwork } from "../../../src/http/network-control.ts";
import { createServiceApp } from "../../../src/http/service-app.ts";

/** As the DSA-110 service will be: in the frame of all services, open to its own networks. */
function dsa110(env: Record<string, string> = {}) {
  const configuration = readConfiguration(env);
  const app = createServiceApp(
    {
      ...OPEN_FRAME,
      trustedProxies: configuration.trustedProxies,
      controlNetwork: controlNetwork(configuration[ALLOWED_IPS.dsa110]),
    },
    (routes) => routes.get("/images", (c) => c.text("images")),
  );
  return async (peer: string, forwardedFor?: string) => {
    const headers: Record<string, string> = forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
    const response = await app.request("/images", { headers }, { incoming: { socket: { remoteAddress: peer } } });
    return response.status;
  };
}

describe("the DSA-110 service", () => {
  test.each([
    ["127.0.0.1", 200],
    ["127.255.255.255", 200],
    ["::ffff:127.0.0.1", 200],
    ["::1", 200],
    ["10.0.0.1", 200],
    ["::ffff:10.255.255.255", 200],
    ["172.16.0.1", 200],
    ["172.31.255.255", 200],
    ["192.168.255.255", 200],
    ["fd12:3456::1", 200],
    ["172.15.255.255", 403],
    ["172.32.0.0", 403],
    ["192.167.255.255", 403],
    ["192.169.0.0", 403],
    ["11.0.0.0", 403],
    ["100.64.0.1", 403],
    ["169.254.169.254", 403],
    ["203.0.113.9", 403],
    ["::ffff:203.0.113.9", 403],
    ["2001:db8::1", 403],
    ["fe80::1%eth0", 403],
    ["::", 403],
  ])("answers %s, unless told otherwise, with %d: loopback and private networks", async (peer, status) => {
    expect(await dsa110()(peer)).toBe(status);
  });

  test("is not opened by what a client says of itself, through a proxy or not", async () => {
    const ask = dsa110();
    expect(await ask("203.0.113.9", "10.0.0.1")).toBe(403);
    expect(await ask("127.0.0.1", "10.0.0.1, 203.0.113.9")).toBe(403);
    // A private network is let in, and is no proxy for that.
    expect(await ask("10.0.0.1", "203.0.113.9")).toBe(200);
    expect(await ask("127.0.0.1", "203.0.113.9, 10.0.0.1")).toBe(200);
  });

  test("is open to the networks of DSA110_ALLOWED_IPS, and to none of the default", async () => {
    const ask = dsa110({ DSA110_ALLOWED_IPS: "198.51.100.7/24" });
    expect(await ask("198.51.100.200")).toBe(200);
    expect(await ask("127.0.0.1")).toBe(403);
    expect(await ask("10.0.0.1")).toBe(403);
  });

  test("is open to everybody where that is said", async () => {
    const ask = dsa110({ DSA110_ALLOWED_IPS: "0.0.0.0/0,::/0" });
    for (const peer of ["203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9"]) expect(await ask(peer)).toBe(200);
    expect(await dsa110({ DSA110_ALLOWED_IPS: "0.0.0.0/0" })("2001:db8::1")).toBe(403);
  });

  test("is never open to everybody because a list came out empty", async () => {
    expect(await dsa110({ DSA110_ALLOWED_IPS: "" })("203.0.113.9")).toBe(403);
    expect(() => readConfiguration({ DSA110_ALLOWED_IPS: " " })).toThrow(/DSA110_ALLOWED_IPS is " ".*is empty/);
    expect(() => readConfiguration({ DSA110_ALLOWED_IPS: "," })).toThrow(/is empty/);
  });
});

describe("a setting of networks", () => {
  test.each([
    "RECORTE_TRUSTED_PROXIES",
    "RECORTE_CUTOUT_ALLOWED_IPS",
    "RECORTE_AUTH_ALLOWED_IPS",
    "RECORTE_METRICS_ALLOWED_IPS",
    "DSA110_ALLOWED_IPS",
  ])("that is wrong is refused at the start, by its name: %s", (variable) => {
    const start = () => readConfiguration({ [variable]: "10.0.0.0/8,10.0.0.0/33" });
    expect(start).toThrow(new RegExp(`${variable} is .*"10\\.0\\.0\\.0/33" needs a length from 0 to 32`));
  });

  test.each([
    ["DSA110_ALOWED_IPS", "DSA110_ALLOWED_IPS"],
    ["DSA110_ALLOWED_IP", "DSA110_ALLOWED_IPS"],
    ["DSA110_TRUSTED_PROXIES", "RECORTE_TRUSTED_PROXIES"],
    ["RECORTE_ALLOWED_IPS", "RECORTE_AUTH_ALLOWED_IPS"],
  ])("by a name that is none is refused, and not left out: %s", (typed, meant) => {
    const start = () => readConfiguration({ [typed]: "10.0.0.0/8" });
    expect(start).toThrow(`${typed} is not a setting: did you mean ${meant}?`);
  });

  test("of another program for DSA-110 is not ours to refuse", () => {
    expect(() => readConfiguration({ DSA110_CATALOG: "x", DSA110_SCRATCH_DIRECTORY: "x" })).not.toThrow();
  });

  test("has the proxies and the metrics of this machine, and leaves services open, unless told otherwise", () => {
    const configuration = readConfiguration({});
    expect(configuration.trustedProxies.texts).toEqual(["127.0.0.0/8", "::1"]);
    expect(configuration.metricsAllowedIps.texts).toEqual(["127.0.0.0/8", "::1"]);
    for (const name of ["cutout", "auth"] as const) expect(configuration[ALLOWED_IPS[name]].isEmpty).toBe(true);
    expect(configuration.trustedProxies.has(parseIpAddress("10.0.0.1"))).toBe(false);
  });
});

describe("RECORTE_SERVICES", () => {
  test("names each service once", () => {
    expect(readConfiguration({}).services).toEqual(["cutout", "auth"]);
    expect(readConfiguration({ RECORTE_SERVICES: "auth" }).services).toEqual(["auth"]);
    for (const text of ["auth,auth", "web", "cutout,", " "]) {
      expect(() => readConfiguration({ RECORTE_SERVICES: text })).toThrow(/RECORTE_SERVICES is/);
    }
  });
});
