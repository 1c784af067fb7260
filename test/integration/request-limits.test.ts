import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createLargeArchive, LARGE as LARGE_QUERY } from "../support/large-image.ts";
import { createSampleArchive, type SampleArchive, type SampleServer } from "../support/sample-server.ts";

const LARGE = `/sync?${LARGE_QUERY}`;
const SMALL = "/sync?ID=des_sample&POS=CIRCLE+10+-10+0.001";
const TOKEN = "limits-test-token-0123456789";

let large: Awaited<ReturnType<typeof createLargeArchive>>;
let archive: SampleArchive;
let server: SampleServer;

beforeAll(async () => {
  large = await createLargeArchive();
  archive = await createSampleArchive(
    { RECORTE_JOB_WORKERS: "0", RECORTE_TEST_TOKEN: TOKEN },
    { des_sample: large.folder },
  );
});
afterEach(async () => {
  await archive.stop();
});
afterAll(async () => {
  await archive.dispose();
  await large.dispose();
});

/** Its bare address, held to these limits. */
async function start(env: Record<string, string>): Promise<string> {
  server = await archive.start(env);
  return server.url;
}

type Options = { readonly from?: string; readonly token?: string; readonly method?: string; headers?: object };

/** An answer whose body nobody reads yet. */
function open(url: string, { from, token, method = "GET", headers = {} }: Options = {}) {
  let sent: ClientRequest | undefined;
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const all = {
      ...headers,
      ...(from === undefined ? {} : { "X-Forwarded-For": from }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    };
    sent = request(url, { agent: false, method, headers: all }, resolve).on("error", reject);
    sent.end();
  });
  return { answer, sent: sent as ClientRequest };
}

async function ask(
  url: string,
  options: Options = {},
): Promise<{ status: number; headers: IncomingMessage["headers"]; text: string; bytes: number }> {
  const response = await open(url, options).answer;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = body.length < 10_000 ? body.toString() : "";
  return { status: response.statusCode ?? 0, headers: response.headers, text, bytes: body.length };
}

type Line = {
  name: string;
  limit: number | null;
  used: number | null;
  resetsAt: string | null;
  sharedWith: string | null;
};

async function usage(url: string, options: Options = {}): Promise<Record<string, Line>> {
  const { text, status } = await ask(`${url}/account/usage`, options);
  expect(status).toBe(200);
  const { limits } = JSON.parse(text) as { limits: Line[] };
  const keyOf = ({ name, sharedWith }: Line) => (sharedWith === "anonymous" ? `${name} of all` : name);
  return Object.fromEntries(limits.map((line) => [keyOf(line), line]));
}

describe("requests a minute", () => {
  test("a hundred at once at the edge never pass it, and each answer says what is left", async () => {
    const url = await start({ RECORTE_LIMITS_ANONYMOUS: "requestsPerMinute=40" });
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(`${url}/`)));
    const allowed = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect([allowed.length, refused.length]).toEqual([40, 60]);
    for (const { headers } of allowed) {
      expect(headers["ratelimit-limit"]).toBe("40");
      expect(headers["ratelimit-policy"]).toBe("40;w=60");
      expect(headers["retry-after"]).toBeUndefined();
    }
    const left = allowed.map(({ headers }) => Number(headers["ratelimit-remaining"])).sort((a, b) => a - b);
    expect(left).toEqual(Array.from({ length: 40 }, (_, i) => i));
    for (const { headers, text } of refused) {
      expect(headers["ratelimit-remaining"]).toBe("0");
      expect(headers["retry-after"]).toBe(headers["ratelimit-reset"]);
      expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(Math.floor(60 - (Date.now() - began) / 1000));
      expect(Number(headers["retry-after"])).toBeLessThanOrEqual(60);
      expect(text).toMatch(/^UsageError: Cannot answer: 40 requests a minute are allowed, .* ask again in \d+ s\n$/);
    }
  });

  test("are of one address, of IPv6 one network, and of a user wherever that one is", async () => {
    const url = await start({
      RECORTE_LIMITS_ANONYMOUS: "requestsPerMinute=2",
      RECORTE_LIMITS_USER: "requestsPerMinute=3",
    });
    const statuses = async (froms: readonly string[], token?: string) => {
      const found: number[] = [];
      for (const from of froms)
        found.push((await ask(`${url}/`, { from, ...(token === undefined ? {} : { token }) })).status);
      return found;
    };
    expect(await statuses(["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"])).toEqual([200, 200, 429, 200]);
    const network = ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::1", "2001:db8:1:3::1"];
    expect(await statuses(network)).toEqual([200, 200, 429, 200]);
    expect(await statuses(["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"], TOKEN)).toEqual([200, 200, 200, 429]);
    // What a client says of itself before the proxy does is nothing.
    expect(await statuses(["198.51.100.9, 192.0.2.1", "198.51.100.10, 192.0.2.1"])).toEqual([429, 429]);
  });

  test("do not count what tells whether all is well", async () => {
    const url = await start({ RECORTE_LIMITS_ANONYMOUS: "requestsPerMinute=1" });
    for (let i = 0; i < 3; i++) {
      for (const path of ["/health", "/capabilities", "/availability"]) {
        const { status, headers } = await ask(url + path);
        expect([path, status, headers["ratelimit-limit"]]).toEqual([path, 200, undefined]);
      }
    }
    const auth = { Host: `auth.localhost:${new URL(url).port}` };
    const page = await ask(`${url}/login`, { headers: auth });
    const assets = [...page.text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
    expect([page.status, assets.length > 1]).toEqual([200, true]);
    for (const path of assets) expect((await ask(url + path, { headers: auth })).status).toBe(200);
    expect((await ask(`${url}/`)).status).toBe(429);
  });
});

describe("answers at a time", () => {
  const LIMIT = { RECORTE_LIMITS_ANONYMOUS: "streams=4", RECORTE_LIMITS_USER: "streams=1" };

  test("a hundred at once that nobody reads never pass it; slow readers who go give their places back", async () => {
    const url = await start(LIMIT);
    const opened = Array.from({ length: 100 }, () => open(url + LARGE));
    const answers = await Promise.all(opened.map(({ answer }) => answer));
    const statuses = answers.map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    expect(statuses.filter((status) => status === 429)).toHaveLength(96);
    const [refused] = answers.filter(({ statusCode }) => statusCode === 429);
    expect(refused?.headers["retry-after"]).toBe("1");
    expect(refused?.headers["x-request-id"]).toBeDefined();
    // Another address, and a user, have their own.
    expect((await ask(url + SMALL, { from: "192.0.2.7" })).status).toBe(200);
    expect((await ask(url + SMALL, { token: TOKEN })).status).toBe(200);
    expect((await ask(url + SMALL)).status).toBe(429);
    for (const { sent } of opened) sent.destroy();
    await vi.waitFor(async () =>
      expect((await usage(url, { from: "127.0.0.1" })).streams?.used).toBeLessThanOrEqual(1),
    );
    expect((await ask(url + SMALL)).status).toBe(200);
  });

  test.each<[string, string, Options]>([
    ["a whole answer", SMALL, {}],
    ["one in many pieces", "/sync?ID=des_sample&POS=CIRCLE+10+-10+0.02", {}],
    ["one without a body", SMALL, { method: "HEAD" }],
    ["an empty one", "/sync?ID=des_sample&POS=CIRCLE+200+50+0.001", {}],
    ["a refusal", "/sync?ID=des_sample&POS=CIRCLE+10", {}],
    ["nothing at all", "/none", {}],
    ["another method", SMALL, { method: "PUT" }],
  ])("%s gives its place back", async (_, path, options) => {
    const url = await start(LIMIT);
    for (let i = 0; i < 6; i++) expect((await ask(url + path, options)).status).not.toBe(429);
    const { headers } = await ask(url + SMALL);
    for (let i = 0; i < 6; i++) {
      const again = await ask(url + SMALL, { headers: { "If-None-Match": headers.etag ?? "" } });
      expect(again.status).toBe(304);
    }
    await vi.waitFor(async () => expect((await usage(url)).streams?.used).toBe(1)); // the question itself
  });

  test("a client that goes before it is answered gives its place back", async () => {
    const url = await start(LIMIT);
    for (let i = 0; i < 20; i++) {
      const { sent, answer } = open(url + LARGE);
      answer.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, i % 5));
      sent.destroy();
    }
    await vi.waitFor(async () =>
      expect((await usage(url, { from: "127.0.0.1" })).streams?.used).toBeLessThanOrEqual(1),
    );
  });
});

describe("bytes a day", () => {
  test("a hundred at once at the edge never pass it; who is refused learns of midnight", async () => {
    const { bytes } = await ask((await start({})) + SMALL, { from: "192.0.2.200" });
    const limit = bytes * 10 + 100;
    const url = await start({ RECORTE_LIMITS_ANONYMOUS: `bytesPerDay=${limit}` });
    const from = "192.0.2.10";
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(url + SMALL, { from })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(90);
    const midnight = Math.ceil((86_400_000 - (Date.now() % 86_400_000)) / 1000);
    for (const { headers, text } of refused.slice(0, 3)) {
      expect(Math.abs(Number(headers["retry-after"]) - midnight)).toBeLessThan(10);
      expect(headers["ratelimit-policy"]).toBe(`${limit};w=86400`);
      expect(headers["ratelimit-limit"]).toBe(String(limit));
      expect(text).toContain(`(${limit} bytes) a day are used; ask again after midnight UTC`);
      expect(headers.etag).toBeUndefined();
    }
    expect((await usage(url, { from })).bytesPerDay).toMatchObject({ limit, used: bytes * 10, sharedWith: "address" });
    expect((await ask(url + SMALL, { from: "192.0.2.11" })).status).toBe(200);
    expect((await ask(url + SMALL, { from, method: "HEAD" })).status).toBe(200);
  });

  test("one answer that is larger than a day's is too large in itself", async () => {
    const url = await start({ RECORTE_LIMITS_ANONYMOUS: "bytesPerDay=1MB" });
    const { status, text } = await ask(url + LARGE, { from: "192.0.2.20" });
    expect(status).toBe(413);
    expect(text).toMatch(
      /^UsageError: Cannot send .*: 1 MB \(1000000 bytes\) a day are allowed; ask for a smaller part/,
    );
    await vi.waitFor(() => expect(server.server.services.images.inUse).toBe(0));
  });

  test("what was not sent to a client that went away is not counted, nor what a process kept in hand", async () => {
    const url = await start({ RECORTE_LIMITS_ANONYMOUS: "bytesPerDay=1GB" });
    const from = "192.0.2.30";
    const { answer, sent } = open(url + LARGE, { from });
    const response = await answer;
    const length = Number(response.headers["content-length"]);
    expect((await usage(url, { from })).bytesPerDay?.used).toBe(length);
    sent.destroy();
    await vi.waitFor(async () => expect((await usage(url, { from })).bytesPerDay?.used).toBeLessThan(length / 2));
    const { used } = (await usage(url, { from })).bytesPerDay ?? {};
    expect(used).toBeGreaterThan(0);
    await archive.stop();
    const again = await start({ RECORTE_LIMITS_ANONYMOUS: "bytesPerDay=1GB" });
    expect((await usage(again, { from })).bytesPerDay?.used).toBe(used);
  });
});

test("a user may have cutouts of one size, and another user of another", async () => {
  const url = await start({
    RECORTE_LIMITS_ANONYMOUS: "syncPixels=100",
    RECORTE_LIMITS_USER: "syncPixels=none",
    RECORTE_SYNC_MAX_PIXELS: "1000",
  });
  const refused = await ask(url + SMALL, { from: "192.0.2.40" });
  expect(refused.status).toBe(413);
  expect(refused.text).toContain("100 are allowed");
  expect((await ask(url + LARGE, { token: TOKEN })).status).toBe(200);
});

test("everybody is told of all limits, on both services", async () => {
  const url = await start({
    RECORTE_LIMITS_USER: "storedBytes=5GB,streams=none",
    RECORTE_JOB_MAX_ACTIVE_ANONYMOUS: "7",
  });
  const mine = await usage(url, { token: TOKEN });
  expect(Object.keys(mine)).toHaveLength(12);
  expect(mine.storedBytes).toMatchObject({ limit: 5e9, used: 0, resetsAt: null, sharedWith: null });
  expect(mine.streams).toMatchObject({ limit: null, used: 1 });
  expect(mine.requestsPerMinute).toMatchObject({ limit: 120_000, used: 1 });
  expect(Date.parse(mine.requestsPerMinute?.resetsAt ?? "")).toBeGreaterThan(Date.now());
  const auth = new URL(url);
  const onAuth = await usage(url, { headers: { Host: `auth.localhost:${auth.port}` }, token: TOKEN });
  expect(onAuth.requestsPerMinute?.used).toBe(2);
  const nobodys = await usage(url, { from: "192.0.2.50" });
  expect(nobodys["storedBytes of all"]).toMatchObject({ limit: 100e9, used: 0 });
  expect(nobodys["jobsActive of all"]).toMatchObject({ limit: 7, used: 0 });
  expect(nobodys["jobsKept of all"]).toMatchObject({ limit: 2000, used: 0 });
  expect(nobodys.jobsActive).toMatchObject({ limit: 10, used: 0, sharedWith: "address" });
});
