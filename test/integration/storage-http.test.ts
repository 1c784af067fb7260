import { getEventListeners } from "node:events";
import { afterAll, beforeEach, describe, expect, it } from "vitest";

import { httpStore, type HttpStoreOptions } from "../../src/storage/http.ts";
import { type Fault, type RangeServer, startRangeServer } from "../support/range-server.ts";
import { describeRangeStore, patternOf } from "../unit/storage/describe-range-store.ts";

const running: RangeServer[] = [];
async function start(): Promise<RangeServer> {
  const server = await startRangeServer();
  running.push(server);
  return server;
}
afterAll(async () => {
  await Promise.all(running.map((server) => server.close()));
});

const places = [
  { name: "ETags", headersOf: (count: number) => ({ etag: `"v${count}"` }), obeyConditions: true },
  { name: "ETags, If-Match ignored", headersOf: (count: number) => ({ etag: `"v${count}"` }), obeyConditions: false },
  {
    name: "Last-Modified only",
    headersOf: (count: number) => ({ "last-modified": new Date(count * 1e9).toUTCString() }),
    obeyConditions: true,
  },
];
for (const { name, headersOf, obeyConditions } of places) {
  describeRangeStore(`httpStore with ${name}`, async () => {
    const server = await start();
    server.obeyConditions = obeyConditions;
    let count = 0;
    return {
      store: httpStore(),
      put: (file, bytes) => Promise.resolve(server.put(file, bytes, headersOf(++count))),
      remove: (file) => Promise.resolve(server.remove(file)),
      locationOf: (file) => `${server.origin}/${file}`,
      stop: () => Promise.resolve(),
    };
  });
}

/** Waits between tries pass at once; the time limit of a try never comes, unless a test makes it. */
function hurried(options: HttpStoreOptions = {}) {
  const waits: number[] = [];
  const timeoutSeconds = 30;
  return {
    waits,
    timeoutSeconds,
    random: () => 0.5,
    delay(milliseconds: number): Promise<void> {
      if (milliseconds === timeoutSeconds * 1000) return new Promise(() => {});
      waits.push(milliseconds);
      return Promise.resolve();
    },
    ...options,
  };
}

describe("httpStore", () => {
  let server: RangeServer;
  let url: string;
  const bytes = patternOf(200_000, 4);
  const range = { start: 1_000, length: 100_000 };
  const wanted = Buffer.from(bytes.subarray(1_000, 101_000));

  beforeEach(async () => {
    server = await start();
    server.put("a.fits", bytes, { etag: '"one"' });
    url = `${server.origin}/a.fits`;
  });

  async function openThenFail(options: HttpStoreOptions, ...faults: Fault[]) {
    const source = await httpStore(options).open(url);
    server.fail(...faults);
    return source;
  }

  it("asks for the range, not encoded, of the version it opened", async () => {
    const source = await httpStore().open(url);
    await source.read(range);
    expect(server.seen.at(-1)?.headers).toMatchObject({
      range: "bytes=1000-100999",
      "accept-encoding": "identity",
      "if-match": '"one"',
    });
    expect(source.version).toBe('"one"');
  });

  it("uses a connection again", async () => {
    const store = httpStore();
    for (let i = 0; i < 10; i++) await (await store.open(url)).read(range);
    expect(server.connections).toBeLessThan(5);
  });

  describe("reads all the same after", () => {
    const passing: [string, Fault[]][] = [
      ["an overloaded server", [{ kind: "status", status: 503 }]],
      [
        "a server that slows us down",
        [
          { kind: "status", status: 429 },
          { kind: "status", status: 429 },
        ],
      ],
      ["a broken connection", [{ kind: "reset" }]],
      ["a body that breaks off", [{ kind: "cut", length: 30_000 }]],
      [
        "a body that breaks off, then an error",
        [
          { kind: "cut", length: 30_000 },
          { kind: "status", status: 500 },
        ],
      ],
    ];
    it.each(passing)("%s", async (_, faults) => {
      const options = hurried();
      const source = await openThenFail(options, ...faults);
      expect(wanted.equals(await source.read(range))).toBe(true);
      expect(options.waits).toHaveLength(faults.length);
    });
  });

  it("waits as long as Retry-After says", async () => {
    const options = hurried();
    const source = await openThenFail(options, { kind: "status", status: 503, headers: { "retry-after": "5" } });
    await source.read(range);
    expect(options.waits).toEqual([5_000]);
  });

  it("goes on where the connection broke", async () => {
    const source = await openThenFail(hurried(), { kind: "cut", length: 60_000 });
    expect(wanted.equals(await source.read(range))).toBe(true);
    const [first, second] = server.seen.slice(-2).map(({ headers }) => /=(\d+)-(\d+)/.exec(headers.range ?? ""));
    expect(second?.[2]).toBe(first?.[2]);
    expect(Number(second?.[1])).toBeGreaterThan(Number(first?.[1]));
  });

  it("gives up after its tries, as unavailable", async () => {
    const source = await openThenFail(
      hurried({ retries: 2 }),
      ...new Array<Fault>(3).fill({ kind: "status", status: 503 }),
    );
    const reading = source.read(range);
    await expect(reading).rejects.toMatchObject({ code: "unavailable" });
    await expect(reading).rejects.toThrow(`Read ${url}: the server answered 503, after 3 tries`);
  });

  it("reports a server that is not there as unavailable", async () => {
    await server.close();
    const opening = httpStore(hurried({ retries: 1 })).open(url);
    await expect(opening).rejects.toMatchObject({ code: "unavailable" });
    await expect(opening).rejects.toThrow("ECONNREFUSED");
  });

  describe("refuses, without another try,", () => {
    const final: [string, Fault, string][] = [
      ["the whole file for a range", { kind: "whole" }, "unsupported"],
      ["another range than asked for", rangeHeader("bytes 0-99999/200000"), "corrupt-data"],
      ["a range without Content-Range", { kind: "headers", headers: { "content-range": undefined } }, "corrupt-data"],
      ["several ranges", rangeHeader("bytes 0-1/200000, 5-6/200000"), "corrupt-data"],
      [
        "a range that ends early",
        { kind: "headers", headers: { "content-range": "bytes 1000-1999/200000" } },
        "corrupt-data",
      ],
      ["more bytes than announced", { kind: "length", length: 100_001 }, "corrupt-data"],
      ["another total length", rangeHeader("bytes 1000-100999/200001"), "source-changed"],
      ["another ETag", { kind: "headers", headers: { etag: '"two"' } }, "source-changed"],
      ["a part without an ETag", { kind: "headers", headers: { etag: undefined } }, "unsupported"],
      ["a compressed body", { kind: "headers", headers: { "content-encoding": "gzip" } }, "unsupported"],
      ["a range beyond the end", { kind: "status", status: 416 }, "corrupt-data"],
      [
        "a range beyond a new end",
        { kind: "status", status: 416, headers: { "content-range": "bytes */500" } },
        "source-changed",
      ],
      ["a version that is gone", { kind: "status", status: 412 }, "source-changed"],
      ["a file that is gone", { kind: "status", status: 404 }, "source-changed"],
      ["no permission", { kind: "status", status: 403 }, "forbidden"],
    ];
    it.each(final)("%s", async (_, fault, code) => {
      const options = hurried();
      const source = await openThenFail(options, fault);
      await expect(source.read(range)).rejects.toMatchObject({ name: "ServiceError", code });
      expect(options.waits).toEqual([]);
    });
  });

  it("takes a body shorter than its range for a failure, and reads the rest", async () => {
    const source = await openThenFail(hurried(), { kind: "length", length: 40_000 });
    expect(wanted.equals(await source.read(range))).toBe(true);
  });

  it("breaks off at once when the server sends the whole file", async () => {
    const source = await openThenFail(hurried(), { kind: "whole", endless: true });
    await expect(source.read({ start: 0, length: 10 })).rejects.toMatchObject({ code: "unsupported" });
    await server.brokenOff;
  });

  it("needs no other try when the connection breaks after the last byte", async () => {
    const tail = new Uint8Array(50).fill(7);
    const headers = { "content-range": "bytes 0-49/50", etag: '"one"' };
    const pieces = [tail];
    const body = new ReadableStream({
      pull(controller) {
        const piece = pieces.shift();
        if (piece === undefined) controller.error(new Error("broken"));
        else controller.enqueue(piece);
      },
    });
    const answers = [
      new Response("x", { status: 206, headers: { ...headers, "content-range": "bytes 0-0/50" } }),
      new Response(body, { status: 206, headers }),
    ];
    const fetch = () => Promise.resolve(answers.shift() ?? Response.error());
    const source = await httpStore(hurried({ fetch })).open(url);
    expect(await source.read({ start: 0, length: 50 })).toEqual(tail);
  });

  it("stops the clock of a try that is over", async () => {
    const clocks: (AbortSignal | undefined)[] = [];
    const delay = (_: number, signal?: AbortSignal) => new Promise<void>(() => clocks.push(signal));
    await httpStore(hurried({ delay })).open(url);
    expect(clocks.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it("notices a file replaced between two tries of one read", async () => {
    server.obeyConditions = false;
    const source = await httpStore({
      ...hurried(),
      delay(milliseconds) {
        if (milliseconds === 30_000) return new Promise(() => {});
        server.put("a.fits", patternOf(200_000, 5), { etag: '"two"' });
        return Promise.resolve();
      },
    }).open(url);
    server.fail({ kind: "cut", length: 50_000 });
    await expect(source.read(range)).rejects.toMatchObject({ code: "source-changed" });
  });

  it.each<[string, Fault]>([
    ["does not answer", { kind: "stall" }],
    ["stops in the middle of the body", { kind: "stall", length: 10 }],
  ])("gives a try up when its time is over: the server %s", async (_, fault) => {
    const timeouts: (() => void)[] = [];
    const delay = (milliseconds: number) =>
      milliseconds === 30_000 ? new Promise<void>((resolve) => timeouts.push(resolve)) : Promise.resolve();
    const source = await openThenFail(hurried({ delay, retries: 0 }), fault);
    const reading = source.read(range);
    await server.requests(2);
    timeouts.at(-1)?.();
    await expect(reading).rejects.toMatchObject({ code: "unavailable" });
    await expect(reading).rejects.toThrow("no answer within 30 s");
  });

  it("stops when the caller goes away in the middle of the body, and writes nothing any more", async () => {
    const source = await openThenFail(hurried(), { kind: "stall", length: 10 });
    const controller = new AbortController();
    const into = new Uint8Array(range.length);
    const reading = source.read(range, { signal: controller.signal, into });
    await server.requests(2);
    controller.abort(new Error("gone"));
    await expect(reading).rejects.toMatchObject({ code: "canceled" });
    expect(into.subarray(10).every((byte) => byte === 0)).toBe(true);
  });

  it("sends no more requests at once than it may, and all in the end", async () => {
    const source = await httpStore({ maxConcurrent: 3 }).open(url);
    const open = server.hold();
    const reads = Array.from({ length: 20 }, (_, index) => source.read({ start: index, length: 5 }));
    await server.requests(4); // the one that opened, and three
    open();
    await Promise.all(reads);
    expect(server.mostAtOnce).toBe(3);
  });

  it("listens once to a signal that many reads share, and no more when they have ended", async () => {
    const source = await httpStore({ maxConcurrent: 12 }).open(url);
    const { signal } = new AbortController();
    const open = server.hold();
    const reads = Array.from({ length: 30 }, (_, index) => source.read({ start: index, length: 5 }, { signal }));
    await server.requests(13); // the one that opened, and twelve; the others wait for them
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    open();
    await Promise.all(reads);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("ends all reads that share a signal, those under way and those that wait", async () => {
    const source = await httpStore({ maxConcurrent: 2 }).open(url);
    const controller = new AbortController();
    const open = server.hold();
    const reads = Array.from({ length: 5 }, (_, index) =>
      source.read({ start: index, length: 5 }, { signal: controller.signal }),
    );
    await server.requests(3);
    controller.abort();
    const results = await Promise.allSettled(reads);
    open();
    expect(results).toMatchObject(Array(5).fill({ status: "rejected", reason: { code: "canceled" } }));
  });

  it("lets a caller leave the queue", async () => {
    const source = await httpStore({ maxConcurrent: 1 }).open(url);
    const open = server.hold();
    const first = source.read({ start: 0, length: 5 });
    await server.requests(2);
    const controller = new AbortController();
    const second = source.read({ start: 5, length: 5 }, { signal: controller.signal });
    controller.abort(new Error("gone"));
    await expect(second).rejects.toMatchObject({ code: "canceled" });
    open();
    await first;
    expect(server.seen).toHaveLength(2);
  });

  describe("on open", () => {
    it.each<[string, Fault, string]>([
      ["a missing file", { kind: "status", status: 404 }, "missing-file"],
      ["a file that is gone for good", { kind: "status", status: 410 }, "missing-file"],
      ["no permission", { kind: "status", status: 401 }, "forbidden"],
      ["a server without ranges", { kind: "whole" }, "unsupported"],
      ["a file without a version", { kind: "headers", headers: { etag: undefined } }, "unsupported"],
      ["a file with a weak ETag only", { kind: "headers", headers: { etag: 'W/"one"' } }, "unsupported"],
      ["an unknown length", rangeHeader("bytes 0-0/*"), "unsupported"],
      ["a compressed file", { kind: "headers", headers: { "content-encoding": "gzip" } }, "unsupported"],
    ])("reports %s", async (_, fault, code) => {
      server.fail(fault);
      await expect(httpStore(hurried()).open(url)).rejects.toMatchObject({ name: "ServiceError", code });
    });

    it("tries again", async () => {
      server.fail({ kind: "status", status: 500 }, { kind: "reset" });
      expect((await httpStore(hurried()).open(url)).byteLength).toBe(200_000);
    });

    it.each(["ftp://host/a", "not a url", "/a.fits", "http://"])("refuses the location %s", async (location) => {
      await expect(httpStore().open(location)).rejects.toMatchObject({ code: "missing-file" });
    });
  });

  describe("and redirects", () => {
    const to = (location: string): Fault => ({ kind: "status", status: 302, headers: { location } });

    it("follows them, for each request anew", async () => {
      server.fail(to("/a.fits"));
      const source = await httpStore().open(`${server.origin}/moved`);
      server.fail(to("a.fits"));
      expect(wanted.equals(await source.read(range))).toBe(true);
    });

    it("follows five and no more", async () => {
      server.fail(...new Array<Fault>(6).fill(to("/a.fits")));
      await expect(httpStore().open(url)).rejects.toMatchObject({ code: "unsupported" });
      expect(server.seen).toHaveLength(6);
    });

    it.each(["file:///etc/passwd", "data:text/plain,x", "ftp://host/x", "http://user:secret@127.0.0.1/", "http://"])(
      "does not go to %s",
      async (location) => {
        server.fail(to(location));
        await expect(httpStore().open(url)).rejects.toMatchObject({ code: "unsupported" });
      },
    );

    it("takes credentials to their own origin only", async () => {
      const other = await start();
      other.put("a.fits", bytes);
      server.fail(to(`${other.origin}/a.fits`));
      const headers = { [server.origin]: { authorization: "Bearer secret" } };
      await httpStore({ headers }).open(url);
      expect(server.seen[0]?.headers.authorization).toBe("Bearer secret");
      expect(other.seen[0]?.headers.authorization).toBeUndefined();
    });
  });

  it("shows no credentials in keys and messages, and keeps files of different queries apart", async () => {
    const [one, two] = [await httpStore().open(`${url}?token=one`), await httpStore().open(`${url}?token=two`)];
    expect(one.key).not.toContain("token");
    expect(one.key.startsWith(`${url}?`)).toBe(true);
    expect(one.key).not.toBe(two.key);
    server.fail({ kind: "status", status: 403 });
    await expect(one.read(range)).rejects.toThrow(/^[^=]*\?sha256=[0-9a-f]{16}: [^=]*$/);
    await expect(httpStore().open(`http://me:secret@127.0.0.1/a`)).rejects.toThrow(/^(?!.*secret)/);
  });
});

function rangeHeader(text: string): Fault {
  return { kind: "headers", headers: { "content-range": text } };
}
