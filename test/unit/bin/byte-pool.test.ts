import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BytePool, pooledResponseClass } from "../../../src/bin/byte-pool.ts";

describe("BytePool", () => {
  it("lends memory again only when it was given back, and once", () => {
    const pool = new BytePool(1e6);
    const first = pool.take(5000);
    expect(first.length).toBe(5000);
    expect(pool.take(5000).buffer).not.toBe(first.buffer);
    pool.give(first);
    pool.give(first);
    const again = pool.take(6000);
    expect(again.buffer).toBe(first.buffer);
    expect(again.length).toBe(6000);
    expect(pool.take(6000).buffer).not.toBe(first.buffer);
  });

  it("takes nothing that it did not lend, and keeps no more than it may", () => {
    const pool = new BytePool(10_000);
    pool.give(new Uint8Array(8192));
    const lent = pool.take(8192);
    pool.give(lent.subarray(0, 100));
    expect(pool.freeBytes).toBe(0);
    const other = pool.take(8192);
    pool.give(lent);
    pool.give(other);
    expect(pool.freeBytes).toBe(8192);
  });
});

describe("pooledResponseClass", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A server that sends `pieces` of pooled memory, each filled with its number. */
  async function serve(pool: BytePool, pieces: number, byteLength: number): Promise<string> {
    server = createServer({ ServerResponse: pooledResponseClass(pool) }, (_, response) => {
      let sent = 0;
      const send = () => {
        const piece = pool.take(byteLength).fill(++sent);
        if (sent === pieces) response.end(piece);
        else if (response.write(piece)) setImmediate(send);
        else response.once("drain", send);
      };
      send();
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function expectWhole(url: string, pieces: number, byteLength: number): Promise<void> {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    expect(bytes.length).toBe(pieces * byteLength);
    for (let i = 0; i < pieces; i++) {
      const piece = bytes.subarray(i * byteLength, (i + 1) * byteLength);
      expect(piece.every((byte) => byte === i + 1)).toBe(true);
    }
  }

  it("sends every byte as it was, and takes the memory back for the next piece", async () => {
    const pool = new BytePool(64e6);
    const url = await serve(pool, 40, 300_000);
    await expectWhole(url, 40, 300_000);
    // Far fewer blocks than pieces: what is free at the end is all there ever was.
    await vi.waitFor(() => expect(pool.freeBytes).toBeGreaterThan(0));
    expect(pool.freeBytes).toBeLessThanOrEqual(4 * 2 ** 19);
  });

  it("sends others every byte while clients go away with half of theirs", async () => {
    const pool = new BytePool(64e6);
    const url = await serve(pool, 40, 300_000);
    const goAway = () =>
      new Promise<void>((resolve) => {
        request(url, { agent: false }, (response) => {
          response.once("readable", () => resolve(void response.destroy()));
        }).end();
      });
    await Promise.all([goAway(), expectWhole(url, 40, 300_000), goAway(), expectWhole(url, 40, 300_000), goAway()]);
    await expectWhole(url, 40, 300_000);
  });
});
