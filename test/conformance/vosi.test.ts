import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { ANONYMOUS } from "../../src/access/user.ts";
import { createSyncApp } from "../support/sync-app.ts";
import type { ServiceHealth } from "../../src/http/health.ts";
import { createServiceAddresses } from "../../src/http/service-addresses.ts";
import { addVosiRoutes, type VosiServices } from "../../src/http/vosi-routes.ts";
import { createRegistry } from "../../src/surveys/registry.ts";
import { createImageIndex } from "../../src/surveys/image-index.ts";
import { createSampleServices, type SampleServices } from "../support/sample-services.ts";
import { openEmptyIndex } from "../support/survey-index.ts";
import { identityOf, testUser } from "../support/users.ts";
import type { ServiceFrame } from "../../src/http/service-app.ts";
import { createRoutesApp } from "../support/service-frame.ts";

const PUBLIC_URL = "https://cutout.example.org";
const STARTED_AT = new Date("2025-03-01T10:20:30.500Z");
const WELL: ServiceHealth = { draining: false, parts: [{ name: "database", problem: null }] };
const somebody = testUser("ada");

let sample: SampleServices;
beforeAll(async () => void (sample = await createSampleServices()));
afterAll(() => sample.dispose());

function createApp(changes: Partial<VosiServices> = {}, options: Partial<ServiceFrame> = {}) {
  const services: VosiServices = {
    readableBy: () => sample.registry,
    startedAt: STARTED_AT,
    checkHealth: () => Promise.resolve(WELL),
    limits: { healthSeconds: 5, exampleCandidates: 100 },
    ...changes,
  };
  return createRoutesApp((app) => addVosiRoutes(app, services), {
    publicUrl: `${PUBLIC_URL}/`,
    authenticate: ({ authorization }) =>
      Promise.resolve(identityOf(authorization === undefined ? ANONYMOUS : somebody)),
    ...options,
  });
}

type Node = Record<string, unknown>;
type CapabilityNode = {
  "@standardID": string;
  interface: { "@type": string; "@xsi:type": string; "@role": string; "@version"?: string; accessURL: AccessUrl };
};
type AccessUrl = { "#text": string; "@use": string };

function parse(text: string): Node {
  expect(XMLValidator.validate(text)).toBe(true);
  return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "@", parseTagValue: false }).parse(text) as Node;
}

async function capabilities(): Promise<CapabilityNode[]> {
  const document = parse(await (await createApp().request("/capabilities")).text());
  return (document["vosi:capabilities"] as { capability: CapabilityNode[] }).capability;
}

async function availability(changes: Partial<VosiServices>) {
  const response = await createApp(changes).request("/availability");
  const { availability: document } = parse(await response.text());
  return { response, document: document as Node };
}

describe("/capabilities", () => {
  it("VOSI-1, AUTH-1: is XML with the root of VOSI 1.1, for anybody", async () => {
    const response = await createApp().request("/capabilities");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/xml/);
    const root = parse(await response.text())["vosi:capabilities"] as Node;
    expect(root["@xmlns:vosi"]).toBe("http://www.ivoa.net/xml/VOSICapabilities/v1.0");
  });

  it("VOSI-2, VOSI-6: children are in no namespace, and the type's prefix is vs", async () => {
    const text = await (await createApp().request("/capabilities")).text();
    expect(text).toContain('xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1"');
    for (const capability of await capabilities()) expect(capability.interface["@xsi:type"]).toBe("vs:ParamHTTP");
  });

  it.each([
    ["VOSI-3", "ivo://ivoa.net/std/VOSI#capabilities", "capabilities", "full"],
    ["VOSI-3", "ivo://ivoa.net/std/VOSI#availability", "availability", "full"],
    ["VOSI-4", "ivo://ivoa.net/std/SODA#sync-1.0", "sync", "base"],
    ["VOSI-4, CLI-7", "ivo://ivoa.net/std/SODA#async-1.0", "async", "base"],
    ["VOSI-4", "ivo://ivoa.net/std/DataLink#links-1.1", "links", "base"],
    ["VOSI-4, SIA-1", "ivo://ivoa.net/std/SIA#query-2.0", "query", "base"],
    ["VOSI-11", "ivo://ivoa.net/std/DALI#examples", "examples", "full"],
  ])("%s: names %s", async (_, standardId, path, use) => {
    const found = (await capabilities()).filter((capability) => capability["@standardID"] === standardId);
    expect(found).toHaveLength(1);
    expect(found[0].interface["@role"]).toBe("std");
    expect(found[0].interface.accessURL).toEqual({ "#text": `${PUBLIC_URL}/${path}`, "@use": use });
  });

  it("VOSI-4: the interface of SIA is of version 2.0", async () => {
    const sia = (await capabilities()).find((capability) => capability["@standardID"].includes("SIA#"));
    expect(sia?.interface["@version"]).toBe("2.0");
  });

  it("VOSI-5: every capability has a standardID, spelled so", async () => {
    for (const capability of await capabilities()) expect(capability["@standardID"]).toMatch(/^ivo:/);
  });

  it("VOSI-7: its addresses are public ones, and those of the documents answer", async () => {
    for (const {
      interface: { accessURL },
    } of await capabilities()) {
      expect(accessURL["#text"]).toMatch(/^https:\/\/cutout\.example\.org\/[a-z]+$/);
      if (accessURL["@use"] === "full") {
        expect((await createApp().request(new URL(accessURL["#text"]).pathname)).status).toBe(200);
      }
    }
  });

  it("VOSI-9: Last-Modified is when the service started", async () => {
    const response = await createApp().request("/capabilities");
    expect(response.headers.get("last-modified")).toBe("Sat, 01 Mar 2025 10:20:30 GMT");
  });

  it.each(["POST", "PUT", "DELETE", "PATCH"])("VOSI-10: %s is refused with 405", async (method) => {
    for (const path of ["/capabilities", "/availability", "/examples"]) {
      const response = await createApp().request(path, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("GET, HEAD");
    }
  });

  it("AUTH-3, AUTH-4, AUTH-5: says on 200, of GET and HEAD, that one may sign in", async () => {
    for (const method of ["GET", "HEAD"]) {
      const response = await createApp().request("/capabilities", { method });
      expect(response.status).toBe(200);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="cutout.example.org"');
    }
  });

  it("AUTH-3: names the address where a password gives a token", async () => {
    const addressOf = createServiceAddresses({ fixed: { cutout: PUBLIC_URL }, domain: "localhost" });
    const app = createApp({}, { offersPasswords: true, addressOf });
    expect((await app.request("/capabilities")).headers.get("www-authenticate")).toContain(
      'ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="https://auth.example.org/login"',
    );
  });

  it("AUTH-6: tells who signed in, and asks no more", async () => {
    const response = await createApp().request("/capabilities", { headers: { Authorization: "Bearer x" } });
    expect(response.headers.get("x-vo-authenticated")).toBe("ada");
    expect(response.headers.get("www-authenticate")).toBeNull();
  });

  it("AUTH-11: has no securityMethod", async () => {
    expect(await (await createApp().request("/capabilities")).text()).not.toMatch(/securityMethod/i);
  });

  it.each(["sync", "async", "links", "query"])("VOSI-12: /%s/capabilities is 404", async (path) => {
    for (const method of ["GET", "HEAD", "POST"]) {
      expect((await createApp().request(`/${path}/capabilities`, { method })).status).toBe(404);
    }
  });
});

describe("/availability", () => {
  it("VOSI-8: is available since the start, when all is well", async () => {
    const { response, document } = await availability({});
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/xml/);
    expect(document).toEqual({
      "@xmlns": "http://www.ivoa.net/xml/VOSIAvailability/v1.0",
      available: "true",
      upSince: "2025-03-01T10:20:30.500Z",
    });
  });

  it.each([
    ["a part that is down", () => Promise.resolve({ draining: false, parts: [{ name: "storage", problem: "full" }] })],
    ["a service that is about to stop", () => Promise.resolve({ ...WELL, draining: true })],
    ["a check that fails", () => Promise.reject(new Error("no"))],
    ["a check that does not answer", () => new Promise<ServiceHealth>(() => undefined)],
  ])("VOSI-8a: %s is available=false, with 200 and a note", async (_, checkHealth) => {
    const { response, document } = await availability({
      checkHealth,
      limits: { healthSeconds: 0.05, exampleCandidates: 1 },
    });
    expect(response.status).toBe(200);
    expect(document["available"]).toBe("false");
    expect(document["note"]).toMatch(/^(storage: full|The service is about to stop|health: )/);
  });

  it("VOSI-8a: names no detail of an error of ours", async () => {
    const { document } = await availability({ checkHealth: () => Promise.reject(new Error("/secret/path")) });
    expect(JSON.stringify(document)).not.toContain("secret");
  });
});

describe("/examples", () => {
  it("VOSI-11: is well-formed, with one vocab and examples that name themselves", async () => {
    const response = await createApp().request("/examples");
    expect(response.status).toBe(200);
    const text = await response.text();
    parse(text);
    expect(text.match(/vocab="http:\/\/www\.ivoa\.net\/rdf\/examples#"/g)).toHaveLength(1);
    const examples = [...text.matchAll(/typeof="example" id="([^"]+)" resource="#([^"]+)"/g)];
    expect(examples.length).toBeGreaterThan(0);
    for (const [, id, resource] of examples) expect(resource).toBe(id);
    expect(text.match(/property="name"/g)).toHaveLength(examples.length);
    expect(text.match(/property="capability">ivo:\/\/ivoa\.net\/std\/SODA#sync-1\.0</g)).toHaveLength(examples.length);
  });

  it("VOSI-11: every example works as it stands, and is small", async () => {
    const text = await (await createApp().request("/examples")).text();
    const app = createSyncApp({ cutouts: sample.cutouts, timeoutSeconds: 60, log: () => undefined });
    const examples = text.split('typeof="example"').slice(1);
    expect(examples).toHaveLength(4); // two of each release of the sample
    for (const example of examples) {
      const pairs = [...example.matchAll(/property="key">([^<]+)<.*?property="value">([^<]+)</g)];
      const query = new URLSearchParams(pairs.map(([, name, value]) => [name, value]));
      const response = await app.request(`/sync?${query.toString()}`);
      expect(response.status, query.toString()).toBe(200);
      expect((await response.arrayBuffer()).byteLength).toBeLessThan(1e6);
    }
  });

  it("VOSI-11: is 404 where nothing is registered", async () => {
    const registry = createRegistry(createImageIndex(openEmptyIndex(), "localhost"));
    expect((await createApp({ readableBy: () => registry }).request("/examples")).status).toBe(404);
  });
});
