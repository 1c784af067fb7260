import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openCutout } from "../../src/cutout/open-cutout.ts";
import { parametersOfQuery } from "../../src/http/request-parameters.ts";
import { cutoutRequestOf } from "../../src/http/sync-request.ts";
import { parseSodaParameters } from "../../src/ivoa/soda.ts";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";

// Small files are made in the decoder's memory and sent from there, which other requests get next.

let sample: SampleServer;
beforeAll(async () => {
  sample = await startSampleServer({ RECORTE_LIMITS_ANONYMOUS: "streams=none" });
});
afterAll(() => sample.close());

/** Other pixels, and another size, each time. `scale`: of the size. */
function urlOf(i: number, scale = 1): string {
  const pos = `CIRCLE ${59.09 + (i % 7) * 0.0003} ${-52.811 + (i % 5) * 0.0003} ${scale * (0.001 + (i % 11) * 0.0003)}`;
  return `${sample.url}/sync?${new URLSearchParams({ ID: "des_sample", POS: pos, FILTER: "g" })}`;
}

/** The same file, made in memory of its own. */
async function expectedOf(url: string): Promise<Uint8Array> {
  const { signal } = new AbortController();
  const request = cutoutRequestOf(parseSodaParameters(parametersOfQuery(url)));
  const body = await (await openCutout(request, sample.server.services.cutouts, signal))?.open();
  if (!(body instanceof Uint8Array)) throw new Error(`${url} is not made in one piece`);
  return body;
}

/** Asks, and is gone: before the answer, or with it on the way. */
function askAndGo(url: string, milliseconds: number): Promise<void> {
  const { pathname, search } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(sample.port, "127.0.0.1", () => {
      socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      setTimeout(() => socket.destroy(), milliseconds);
    });
    socket.on("close", () => resolve());
  });
}

/** Asks for all of them on one connection, and reads nothing until `read` is called: the bodies, in their order. */
function askWithoutReading(urls: readonly string[]): { read(): Promise<Buffer[]>; leave(): void } {
  const socket = connect(sample.port, "127.0.0.1").pause();
  for (const [i, url] of urls.entries()) {
    const { pathname, search } = new URL(url);
    const last = i === urls.length - 1 ? "Connection: close\r\n" : "";
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: localhost\r\n${last}\r\n`);
  }
  return {
    leave: () => socket.destroy(),
    async read() {
      const pieces: Buffer[] = [];
      for await (const piece of socket) pieces.push(piece as Buffer);
      const bodies: Buffer[] = [];
      for (let rest = Buffer.concat(pieces); rest.length > 0; ) {
        const end = rest.indexOf("\r\n\r\n") + 4;
        const length = Number(/^Content-Length: (\d+)/im.exec(rest.toString("latin1", 0, end))?.[1]);
        bodies.push(rest.subarray(end, end + length));
        rest = rest.subarray(end + length);
      }
      return bodies;
    },
  };
}

describe("small files sent from the decoder's memory", () => {
  it("are those that were asked for, however many are asked for at a time", async () => {
    const { arena } = sample.server.services.pixels.decoder;
    const urls = Array.from({ length: 120 }, (_, i) => urlOf(i));
    const expected = await Promise.all(urls.map(expectedOf));
    const allocated = arena.allocatedBytes;
    const check = async (i: number) => {
      const response = await fetch(urls[i]);
      expect(Buffer.compare(new Uint8Array(await response.arrayBuffer()), expected[i]), urls[i]).toBe(0);
    };
    await Promise.all([
      ...urls.map((_, i) => check(i)),
      ...urls.map((url, i) => askAndGo(url, i % 4)),
      ...urls.map((_, i) => check(i)),
    ]);
    await vi.waitFor(() => expect(arena.allocatedBytes).toBe(allocated));
  });

  it("are kept for clients who read them late", async () => {
    // More than the system's buffers of a connection hold.
    const urls = Array.from({ length: 700 }, (_, i) => urlOf(7 * i + 3, 2.2));
    const expected = await Promise.all(urls.map(expectedOf));
    const slow = askWithoutReading(urls);
    for (let i = 0; i < 50; i++) await (await fetch(urlOf(i, 2.2))).arrayBuffer(); // these would get the memory
    const files = await slow.read();
    expect(files).toHaveLength(urls.length);
    expect(files.every((file, i) => Buffer.compare(file, expected[i]) === 0)).toBe(true);
  });

  it("give the memory back where a client goes that had sent many requests ahead", async () => {
    const { arena } = sample.server.services.pixels.decoder;
    const allocated = arena.allocatedBytes;
    const gone = Array.from({ length: 4 }, () =>
      askWithoutReading(Array.from({ length: 300 }, (_, i) => urlOf(i, 2.2))),
    );
    await vi.waitFor(() => expect(arena.allocatedBytes).toBeGreaterThan(allocated + 1_000_000), { timeout: 5000 });
    for (const client of gone) client.leave();
    await vi.waitFor(() => expect(arena.allocatedBytes).toBe(allocated), { timeout: 5000 });
  });

  it("give the memory back where there is nothing to send", async () => {
    const { arena } = sample.server.services.pixels.decoder;
    const url = urlOf(3);
    const etag = (await fetch(url)).headers.get("etag") ?? "";
    const allocated = arena.allocatedBytes;
    expect((await fetch(url, { method: "HEAD" })).status).toBe(200);
    expect((await fetch(url, { headers: { "If-None-Match": etag } })).status).toBe(304);
    expect((await fetch(url, { headers: { Origin: "https://example.org" } })).status).toBe(200);
    await vi.waitFor(() => expect(arena.allocatedBytes).toBe(allocated));
  });
});
