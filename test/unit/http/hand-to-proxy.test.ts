import { readdir, readlink } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addResultRoutes } from "../../../src/http/result-routes.ts";
import { ANA, BEN } from "../../support/job-services.ts";
import { storedResults, type StoredResults } from "../../support/stored-results.ts";
import { createRoutesApp, everybodyIs } from "../../support/service-frame.ts";

let stored: StoredResults;
let id: string;
beforeEach(async () => {
  stored = await storedResults();
  id = await stored.queue({ results: 2 });
  await stored.finish(id, 1, "a+b_g.fits", "0123456789");
});
afterEach(() => stored.close());

type Asked = {
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly isTrusted?: boolean;
  readonly accelRedirect?: string | undefined;
  readonly user?: typeof ANA;
};

const PROXIED = { "x-forwarded-for": "192.0.2.1" };

function ask({ headers = PROXIED, method = "GET", isTrusted = true, user = ANA, ...options }: Asked = {}) {
  const accelRedirect = "accelRedirect" in options ? options.accelRedirect : "/-results/";
  const app = createRoutesApp((routes) => {
    routes.use(async (c, next) => {
      c.set("client", { peer: { text: "127.0.0.1", ip: null, isTrusted }, text: "192.0.2.1", ip: null });
      await next();
    });
    addResultRoutes(routes, { ...stored, accelRedirect });
  }, everybodyIs(user));
  return app.request(`/async/${id}/results/result-1`, { method, headers });
}

const handedOver = (response: Response) => response.headers.get("x-accel-redirect");

describe("a result that the proxy sends", () => {
  it("is named to it, with what the proxy cannot know, and no byte of it is read", async () => {
    const response = await ask();
    expect(response.status).toBe(200);
    expect(handedOver(response)).toBe(`/-results/${id}/a%2Bb_g.fits`);
    expect(await response.text()).toBe("");
    expect(response.headers.get("etag")).toMatch(/^"[0-9a-f]{64}"$/);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/fits",
      "content-disposition": 'attachment; filename="a+b_g.fits"',
      "repr-digest": expect.stringMatching(/^sha-256=/) as string,
    });
    const descriptors = await readdir("/proc/self/fd");
    const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
    expect(targets.filter((target) => target.startsWith(stored.folder))).toEqual([]);
  });

  it("is not named to who may not have it", async () => {
    const response = await ask({ user: BEN });
    expect([response.status, handedOver(response)]).toEqual([404, null]);
  });

  it("is not named where its file is gone", async () => {
    await stored.results.removeJob(id);
    const response = await ask();
    expect([response.status, handedOver(response)]).toEqual([404, null]);
  });

  it("leaves ranges to the proxy, but not those that have no byte of it", async () => {
    expect(handedOver(await ask({ headers: { ...PROXIED, range: "bytes=2-3" } }))).not.toBeNull();
    const beyond = await ask({ headers: { ...PROXIED, range: "bytes=20-" } });
    expect([beyond.status, handedOver(beyond)]).toEqual([416, null]);
  });

  it("is sent from here without the setting, to peers that are no proxies of ours, and to who asks directly", async () => {
    for (const asked of [{ accelRedirect: undefined }, { isTrusted: false }, { headers: {} }]) {
      const response = await ask(asked);
      expect([handedOver(response), await response.text()]).toEqual([null, "0123456789"]);
    }
  });

  it("is sent from here under conditions that the proxy would see in another way", async () => {
    const etag = (await ask()).headers.get("etag") ?? "";
    const modified = (await ask()).headers.get("last-modified") ?? "";
    const conditions: Record<string, string>[] = [
      { "if-match": etag },
      { "if-unmodified-since": modified },
      { "if-range": modified, range: "bytes=2-3" },
    ];
    for (const condition of conditions) {
      const response = await ask({ headers: { ...PROXIED, ...condition } });
      expect([handedOver(response), await response.text()]).toEqual([null, "0123456789"]);
    }
  });

  it("HEAD and 304 are answered from here", async () => {
    const head = await ask({ method: "HEAD" });
    expect([head.status, handedOver(head), head.headers.get("content-length")]).toEqual([200, null, "10"]);
    const etag = head.headers.get("etag") ?? "";
    const same = await ask({ headers: { ...PROXIED, "if-none-match": etag } });
    expect([same.status, handedOver(same)]).toEqual([304, null]);
  });
});
