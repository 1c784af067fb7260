import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Identity } from "../../src/access/identity.ts";
import { ANONYMOUS, type User } from "../../src/access/user.ts";
import type { SyncEntry } from "../../src/jobs/sync-history.ts";
import { readingRights } from "../support/reading-rights.ts";
import { createSampleServices, type SampleServices } from "../support/sample-services.ts";
import { createSyncApp } from "../support/sync-app.ts";
import { identityOf, testUser } from "../support/users.ts";

const MEMBER = testUser("member", { groups: ["des", "other"] });
const OUTSIDER = testUser("outsider", { groups: ["sim"] });
const ADMIN = testUser("admin", { role: "admin" });

const CUTOUT = "ID=des_sample&POS=CIRCLE+59.09+-52.811+0.005&FILTER=g";
const SIM = "ID=sim_sample&POS=CIRCLE+59.09+-52.811+0.005";

let services: SampleServices;
let history: SyncEntry[] = [];
let did: string;

beforeAll(async () => {
  services = await createSampleServices();
  const [dataset] = await services.registry.findDatasets({ release: "des_sample" }, new AbortController().signal);
  did = dataset.publisherDid;
});
afterAll(() => services.dispose());

function appOf(
  rules: string,
  user: User,
  { anonymous = true, grant }: { anonymous?: boolean; grant?: Identity["grant"] } = {},
) {
  return createSyncApp({
    cutouts: services.cutouts,
    ...readingRights(services.registry, rules, { anonymous }),
    timeoutSeconds: 60,
    log: () => undefined,
    recordSync: (entry) => history.push(entry),
    authenticate: () => Promise.resolve(grant === undefined ? identityOf(user) : { user, grant }),
  });
}

const get = async (rules: string, user: User, query = CUTOUT, init?: RequestInit) =>
  appOf(rules, user).request(`/sync?${query}`, init);

describe("/sync of a closed release", () => {
  it.each([
    ["public", ANONYMOUS, 200],
    ["public", OUTSIDER, 200],
    ["signed-in", ANONYMOUS, 401],
    ["signed-in", OUTSIDER, 200],
    ["des|staff", ANONYMOUS, 401],
    ["des|staff", OUTSIDER, 403],
    ["des|staff", MEMBER, 200],
    ["staff", ADMIN, 200],
  ])("that is open to %s answers %o with %i", async (rule, user, status) => {
    for (const init of [{}, { method: "HEAD" }, { method: "POST" }]) {
      expect((await get(`des_sample=${rule}`, user, CUTOUT, init)).status, JSON.stringify(init)).toBe(status);
    }
    expect((await get(`des_sample=${rule}`, user, `ID=${encodeURIComponent(did)}&${CUTOUT.slice(14)}`)).status).toBe(
      status,
    );
  });

  it("says who may and asks for a token", async () => {
    const anonymous = await get("des_sample=des", ANONYMOUS);
    expect(anonymous.headers.get("www-authenticate")).toMatch(/^Bearer realm="localhost"/);
    expect(await anonymous.text()).toBe(
      'AuthenticationError: Cannot read release "des_sample": it needs a token or a signed-in user\n',
    );
    const outsider = await get("des_sample=des", OUTSIDER);
    expect(outsider.headers.get("www-authenticate")).toBeNull();
    expect(await outsider.text()).toBe(
      'AuthorizationError: Cannot read release "des_sample": it is open to members of certain groups only\n',
    );
  });

  it("closes no other release", async () => {
    expect((await get("des_sample=des", ANONYMOUS, SIM)).status).not.toBe(401);
    expect((await get("sim_sample=des", ANONYMOUS)).status).toBe(200);
  });

  it("tells nothing of the file by its headers or by a conditional request", async () => {
    const open = await get("", MEMBER);
    const etag = open.headers.get("etag") ?? "";
    expect(etag).toMatch(/^".+"$/);
    await open.body?.cancel();
    const conditions: RequestInit[] = [
      {},
      { method: "HEAD" },
      { headers: { "If-None-Match": etag } },
      { headers: { "If-None-Match": "*" } },
      { headers: { "If-Match": etag } },
      { headers: { "If-Match": '"another"' } },
      { headers: { Range: "bytes=0-99" } },
      { method: "HEAD", headers: { "If-None-Match": etag } },
    ];
    const refusals = await Promise.all(conditions.map((init) => get("des_sample=des", OUTSIDER, CUTOUT, init)));
    for (const refusal of refusals) {
      expect(refusal.status).toBe(403);
      for (const name of ["etag", "content-disposition", "last-modified", "x-missing-images"]) {
        expect(refusal.headers.get(name), name).toBeNull();
      }
      expect(refusal.headers.get("content-type")).toMatch(/^text\/plain/);
      expect(refusal.headers.get("content-length") ?? "0").not.toBe(open.headers.get("content-length"));
    }
  });

  it("answers the same whether or not there is such an image, band or position", async () => {
    const texts = await Promise.all(
      [
        `ID=${encodeURIComponent(did)}`,
        `ID=${encodeURIComponent(did.replace(/\?.*/, "?NO-SUCH-IMAGE"))}`,
        `ID=${encodeURIComponent(did.replace("localhost", "elsewhere"))}`,
        "ID=des_sample&POS=CIRCLE+59.09+-52.811+0.005",
        "ID=des_sample&POS=CIRCLE+200+80+0.005",
        "ID=des_sample&POS=CIRCLE+59.09+-52.811+0.005&FILTER=nonsense",
        "ID=des_sample&POS=CIRCLE+59.09+-52.811+20",
        "ID=des_sample",
      ].map(async (query) => (await get("des_sample=des", OUTSIDER, query)).text()),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it("does not look an image up before it is refused", async () => {
    let asked = 0;
    const registry = {
      ...services.registry,
      findByDid: () => Promise.reject(new Error(`asked ${++asked} times`)),
      findDatasets: () => Promise.reject(new Error(`asked ${++asked} times`)),
    };
    const app = createSyncApp({
      cutouts: services.cutouts,
      ...readingRights(registry, "des_sample=des"),
      timeoutSeconds: 60,
      log: () => undefined,
    });
    for (const query of [CUTOUT, `ID=${encodeURIComponent(did)}`]) {
      expect((await app.request(`/sync?${query}`)).status).toBe(401);
    }
    expect(asked).toBe(0);
  });

  it("refuses without a way out: what is closed is not measured", async () => {
    const { cutouts } = services;
    const small = createSyncApp({
      cutouts: { ...cutouts, limits: { maxPixels: 10 } },
      ...readingRights(services.registry, "des_sample=des"),
      timeoutSeconds: 60,
      log: () => undefined,
      authenticate: () => Promise.resolve(identityOf(OUTSIDER)),
    });
    const text = await (await small.request(`/sync?${CUTOUT}`)).text();
    expect(text).not.toMatch(/pixels|Largest|As a job/);
  });

  it("is kept by no cache that others use", async () => {
    for (const init of [{}, { method: "HEAD" }]) {
      const answer = await get("des_sample=des", MEMBER, CUTOUT, init);
      expect(answer.headers.get("cache-control")).toBe("private, no-cache");
      const headers = { "If-None-Match": answer.headers.get("etag") ?? "" };
      const again = await get("des_sample=des", MEMBER, CUTOUT, { ...init, headers });
      expect([again.status, again.headers.get("cache-control")]).toEqual([304, "private, no-cache"]);
    }
    expect((await get("", ANONYMOUS)).headers.get("cache-control")).toBe("no-cache");
  });

  it("does not name a closed release where another is not known", async () => {
    const text = await (await get("des_sample=des", OUTSIDER, "ID=unknown&POS=CIRCLE+1+1+0.1")).text();
    expect(text).toContain('"sim_sample"');
    expect(text).not.toContain("des_sample");
  });

  it("is closed to nobody in particular, public or not, where anonymous use is switched off", async () => {
    expect((await appOf("", ANONYMOUS, { anonymous: false }).request(`/sync?${CUTOUT}`)).status).toBe(401);
    expect((await appOf("", OUTSIDER, { anonymous: false }).request(`/sync?${CUTOUT}`)).status).toBe(200);
  });
});

it("the history of a user tells which service asked in their name", async () => {
  history = [];
  const actor = testUser("portal");
  const grant = { kind: "token", tokenId: "1", scopes: ["read", "act-for"], actor } as const;
  await (await appOf("", MEMBER, { grant }).request(`/sync?${CUTOUT}`)).arrayBuffer();
  await (await appOf("", MEMBER).request(`/sync?${CUTOUT}`)).arrayBuffer();
  expect(history.map((entry) => [entry.owner, entry.actor])).toEqual([
    ["member", "portal"],
    ["member", undefined],
  ]);
});
