import { describe, expect, it } from "vitest";
import type { Identity } from "../../../src/access/identity.ts";
import { refuseCrossSite } from "../../../src/http/refuse-cross-site.ts";
import { createServiceApp } from "../../../src/http/service-app.ts";
import { OPEN_FRAME } from "../../support/service-frame.ts";
import { testUser } from "../../support/users.ts";

const SESSION = { kind: "session", sessionId: "1", csrfToken: "", renewedUntil: null } as const;
const TOKEN = { kind: "token", tokenId: "1", scopes: ["jobs"], actor: null } as const;
const OWN = ["https://cutout.example.org", "https://auth.example.org"];

type Sent = { readonly method: string; readonly grant: Identity["grant"]; readonly isClosed: boolean };

function send(
  headers: Record<string, string>,
  { method = "POST", grant = SESSION, isClosed = false }: Partial<Sent> = {},
) {
  const app = createServiceApp(
    {
      ...OPEN_FRAME,
      authenticate: () => Promise.resolve({ user: testUser("ana"), grant }),
      publicUrl: OWN[0],
      refuseCrossSite: refuseCrossSite({ ownOriginsOf: () => OWN, isClosed }),
    },
    (routes) => void routes.all("/thing", (c) => c.text("done")),
  );
  return app.request("/thing", { method, headers });
}

describe("a request that changes something, known by a cookie alone", () => {
  it.each<Record<string, string>>([
    { Origin: "https://cutout.example.org" },
    { Origin: "https://auth.example.org" },
    { Origin: "https://auth.example.org", "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "same-origin" },
    { "Sec-Fetch-Site": "none" },
    { Referer: "https://auth.example.org/tokens?x=1" },
    { Referer: "https://auth.example.org/", "Sec-Fetch-Site": "same-site" },
  ])("is taken from %o", async (headers) => {
    expect((await send(headers)).status).toBe(200);
  });

  it.each<Record<string, string>>([
    {},
    { Origin: "null" },
    { Origin: "" },
    { Origin: "https://evil.org" },
    { Origin: "http://cutout.example.org" },
    { Origin: "https://cutout.example.org:8443" },
    { Origin: "https://cutout.example.org.evil.org" },
    { Origin: "https://evil.org/https://cutout.example.org" },
    { Origin: "https://other.example.org" }, // of the same site, and not ours
    { Origin: "https://evil.org", "Sec-Fetch-Site": "same-origin" },
    { Origin: "https://evil.org", Referer: "https://cutout.example.org/" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { "Sec-Fetch-Site": "cross-site", Referer: "https://evil.org/" },
    { Referer: "https://evil.org/?https://cutout.example.org" },
    { Referer: "https://cutout.example.org@evil.org/" },
    { Referer: "no address" },
    { "X-Forwarded-Host": "evil.org", Origin: "https://evil.org" },
  ])("is refused from %o", async (headers) => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const response = await send(headers, { method });
      expect(response.status, method).toBe(403);
      expect(await response.text()).toMatch(/^AuthorizationError: Cannot take a request/);
    }
  });
});

describe("nothing is asked of", () => {
  it("requests that only read", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      expect((await send({ Origin: "https://evil.org" }, { method })).status).toBe(200);
    }
  });

  it("requests with a token, and of nobody", async () => {
    for (const grant of [TOKEN, { kind: "none" }] as const) {
      expect((await send({ Origin: "https://evil.org" }, { grant })).status).toBe(200);
    }
  });
});

describe("where only certain networks may come in", () => {
  const nobody = { grant: { kind: "none" }, isClosed: true } as const;
  it.each<Record<string, string>>([
    { Origin: "https://evil.org" },
    { Origin: "null" },
    { Origin: "https://evil.org", "Sec-Fetch-Site": "same-origin" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { Referer: "https://evil.org/" },
  ])("a page of others may not ask for nobody either: %o", async (headers) => {
    for (const method of ["POST", "DELETE"]) expect((await send(headers, { ...nobody, method })).status).toBe(403);
    expect((await send(headers, { ...nobody, method: "GET" })).status).toBe(200);
    expect((await send(headers, { grant: TOKEN, isClosed: true })).status).toBe(200);
  });

  it.each<Record<string, string>>([
    {}, // curl, pyvo
    { Origin: "https://cutout.example.org" },
    { "Sec-Fetch-Site": "same-origin" },
    { "Sec-Fetch-Site": "none" },
    { Referer: "https://auth.example.org/" },
  ])("scripts and pages of ours may: %o", async (headers) => {
    expect((await send(headers, nobody)).status).toBe(200);
  });

  it("a session alone is not enough for a script", async () => {
    expect((await send({}, { isClosed: true })).status).toBe(403);
  });
});
