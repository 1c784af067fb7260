import { mkdtemp, rm } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { startServer, type RunningServer } from "../../src/bin/server.ts";
import { writeLargeImage } from "../support/large-image.ts";
import { createSampleServices, ingestFolders, type SampleServices } from "../support/sample-services.ts";

/** 64 MB of pixels in a file that takes none: more than all buffers of a connection. */
const SIZE = 4000;
const WHOLE = "/sync?ID=des_sample&POS=CIRCLE+10+-10+1";

let folder: string;
let sample: SampleServices;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorte-archive-"));
  await writeLargeImage(join(folder, "DES0040-1000_g.fits"), SIZE);
  sample = await createSampleServices({}, { des_sample: folder });
  server = await start();
});

function start(): Promise<RunningServer> {
  return startServer(
    readConfiguration({
      RECORTE_DATA: sample.dataFolder,
      PORT: "0",
      RECORTE_LOG: "none",
      RECORTE_SHUTDOWN_TIMEOUT: "0",
    }),
  );
}
afterAll(async () => {
  await server.close();
  await sample.dispose();
  await rm(folder, { recursive: true });
});

function open(path: string, from = server): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, from.urls.at(-1));
    request(url, { agent: false }, resolve).on("error", reject).end();
  });
}

describe("a real connection", () => {
  it("carries a large cutout whole", async () => {
    const response = await open(WHOLE);
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(Number(response.headers["content-length"]));
    expect(bytes).toBeGreaterThan(SIZE * SIZE * 4);
  });

  it("is read for only as fast as the client reads, and no longer than it is there", async () => {
    const response = await open(WHOLE);
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
    await ingestFolders(sample.dataFolder, { des_sample: later });
    const response = await open("/sync?ID=des_sample&POS=CIRCLE+10+-10+0.001&FILTER=r");
    response.resume();
    expect(response.statusCode).toBe(200);
    await rm(later, { recursive: true });
  });

  it("is broken off when the server stops, and not ended as if the file were whole", async () => {
    const other = await start();
    const response = await open(WHOLE, other);
    const reading = (async () => {
      for await (const _ of response) await new Promise((resolve) => setTimeout(resolve, 1));
    })();
    const stopped = other.close();
    await expect(reading).rejects.toThrow(/aborted|reset/);
    await stopped;
    await vi.waitFor(() => expect(other.services.images.inUse).toBe(0));
  });
});
