import { describe, expect, test } from "vitest";
import { createHostRouter, type Fetch } from "../../../src/http/host-router.ts";
import type { ServiceName } from "../../../src/http/service-names.ts";
import { createServiceAddresses } from "../../../src/http/service-addresses.ts";

const service =
  (name: string): Fetch =>
  () =>
    new Response(name);
const services = (...names: ServiceName[]) => new Map(names.map((name) => [name, service(name)]));

async function choose(url: string, domain = "example.org", names: ServiceName[] = ["cutout", "auth"]) {
  // As the server below hands it over: `URL` would put it into lower case and drop a usual port.
  const request = { url } as Request;
  return (await createHostRouter({ services: services(...names), domain })(request, {})).text();
}

describe("the service of a request", () => {
  test.each([
    ["http://auth.example.org/login", "auth"],
    ["http://cutout.example.org/sync", "cutout"],
    ["http://AUTH.Example.ORG/", "auth"],
    ["http://auth.example.org:8080/", "auth"],
    ["http://auth.example.org./", "auth"],
    ["http://auth.example.org.:8080/", "auth"],
    ["http://auth.example.org:/", "auth"],
    ["http://auth.example.org", "auth"],
    ["https://auth.example.org/x//auth.example.org/", "auth"],
    ["http://example.org/", "cutout"],
    ["http://127.0.0.1:8080/", "cutout"],
    ["http://[::1]:8080/", "cutout"],
    ["http://dsa110.example.org/", "cutout"],
    ["http://xauth.example.org/", "cutout"],
    ["http://auth.example.org.evil.net/", "cutout"],
    ["http://auth.example.org..:80/", "cutout"],
    ["http://cutout.example.org/?//auth.example.org/", "cutout"],
  ])("is told by its host: %s", async (url, expected) => {
    expect(await choose(url)).toBe(expected);
  });

  test("is the first of the configuration where the host is of none", async () => {
    expect(await choose("http://example.org/", "example.org", ["auth", "cutout"])).toBe("auth");
  });

  test("is the one there is, where there is one", async () => {
    expect(await choose("http://cutout.example.org/", "example.org", ["auth"])).toBe("auth");
  });

  test("is told for each of several requests by itself", async () => {
    const route = createHostRouter({ services: services("cutout", "auth"), domain: "localhost" });
    const hosts = ["auth.localhost", "auth.localhost", "localhost", "cutout.localhost", "auth.localhost"];
    const chosen = await Promise.all(
      hosts.map(async (host) => (await route({ url: `http://${host}/` } as Request, {})).text()),
    );
    expect(chosen).toEqual(["auth", "auth", "cutout", "cutout", "auth"]);
  });
});

describe("the address of another service", () => {
  const addressOf = createServiceAddresses({ fixed: {}, domain: "example.org" });
  test.each([
    ["http://cutout.example.org", "http://auth.example.org"],
    ["https://cutout.example.org:8443", "https://auth.example.org:8443"],
    ["http://localhost:8080", "http://auth.localhost:8080"],
    ["http://auth.localhost:8080", "http://auth.localhost:8080"],
    ["http://cutout.localhost", "http://auth.localhost"],
    ["http://127.0.0.1:8080", "http://auth.example.org:8080"],
    ["http://[::1]:8080", "http://auth.example.org:8080"],
    ["https://cutout.example.org/below", "https://auth.example.org"],
    ["http://evil.com", "http://auth.example.org"],
    ["http://cutout.evil.com:8080", "http://auth.example.org:8080"],
    ["http://cutout.example.org.evil.com", "http://auth.example.org"],
    ["http://xexample.org", "http://auth.example.org"],
  ])("lies beside the one that the client names: %s", (publicUrl, expected) => {
    expect(addressOf("auth", publicUrl)).toBe(expected);
    expect(addressOf("auth", publicUrl)).toBe(expected); // remembered
  });

  test("is the one of the configuration, where there is one", () => {
    const fixed = createServiceAddresses({ fixed: { auth: "https://sign-in.example.org" }, domain: "example.org" });
    expect(fixed("auth", "https://cutout.example.org")).toBe("https://sign-in.example.org");
    expect(fixed("cutout", "https://auth.example.org")).toBe("https://cutout.example.org");
  });

  test("lies beside an address that is set, whatever the domain", () => {
    const addressOf = createServiceAddresses({ fixed: { cutout: "https://cutout.sky.org" }, domain: "localhost" });
    expect(addressOf("auth", "https://cutout.sky.org")).toBe("https://auth.sky.org");
    expect(addressOf("auth", "https://cutout.evil.com")).toBe("https://auth.localhost");
    const byNumber = createServiceAddresses({ fixed: { cutout: "http://192.0.2.1" }, domain: "sky.org" });
    expect(byNumber("auth", "http://192.0.2.1")).toBe("http://auth.sky.org");
  });
});
