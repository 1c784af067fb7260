import { mkdtemp, rm } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { RunningServer } from "../../src/bin/server.ts";
import { createLargeArchive, LARGE, LARGE_SIZE, writeLargeImage } from "../support/large-image.ts";
import { createSampleArchive, type SampleArchive } from "../support/sample-server.ts";
import { ingestFolders } from "../support/sample-services.ts";

let large: Awaited<ReturnType<typeof createLargeArchive>>;
let archive: SampleArchive;
let server: RunningServer;

beforeAll(async () => {
  large = await createLargeArchive();
  archive = await createSampleArchive({ RECORTE_DECODE_WORKERS: "1" }, { des_sample: large.folder });
  ({ server } = await archive.start());
});
afterAll(async () => {
  await archive.dispose();
  await large.dispose();
});

function open(path: string, from = server): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, from.urls.at(-1));
    request(url, { agent: false }, resolve).on("error", reject).end();
  });
}

describe("a real connection", () => {
  it("carries a large cutout whole", async () => {
    const response = await open(`/sync?${LARGE}`);
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(Number(response.headers["content-length"]));
    expect(bytes).toBeGreaterThan(LARGE_SIZE * LARGE_SIZE * 4);
  });

  it("is read for only as fast as the client reads, and no longer than it is there", async () => {
    const response = await open(`/sync?${LARGE}`);
    expect(server.services.images.inUse).toBe(1);
    const before = process.memoryUsage().arrayBuffers;
    await new Promise((resolve) => response.once("readable", resolve));
    // The client does not read on: what the kernel's buffers take goes out, and no more is made.
    await vi.waitFor(async () => {
      const one = response.socket.bytesRead;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(response.socket.bytesRead).toBe(one);
    });
    expect(response.socket.bytesRead).toBeLessThan(16e6);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32e6);
    response.destroy();
    await vi.waitFor(() => expect(server.services.images.inUse).toBe(0));
  });

  it("serves a folder that was ingested after the start", async () => {
    const later = await mkdtemp(join(tmpdir(), "recorte-later-"));
    await writeLargeImage(join(later, "DES0040-0900_r.fits"), 100);
    expect((await open("/sync?ID=des_sample&POS=CIRCLE+10+-10+0.001&FILTER=r")).statusCode).toBe(204);
    await ingestFolders(archive.dataFolder, { des_sample: later });
    const response = await open("/sync?ID=des_sample&POS=CIRCLE+10+-10+0.001&FILTER=r");
    response.resume();
    expect(response.statusCode).toBe(200);
    await rm(later, { recursive: true });
  });

  it("is broken off when the server stops, and not ended as if the file were whole", async () => {
    const { server: other } = await archive.start();
    const response = await open(`/sync?${LARGE}`, other);
    const reading = (async () => {
      for await (const _ of response) await new Promise((resolve) => setTimeout(resolve, 1));
    })();
    const stopped = other.close();
    await expect(reading).rejects.toThrow(/aborted|reset/);
    await stopped;
    await vi.waitFor(() => expect(other.services.images.inUse).toBe(0));
  });
});
