import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { Arena } from "../../../src/codec/arena.ts";
import { Decoder, type DecodeThreads } from "../../../src/codec/decoder.ts";
import { JOB, JOB_BYTES, STREAM_PADDING } from "../../../src/codec/layout.ts";
import { shareRun, STATE_BYTES, type SharedRun } from "../../../src/codec/shared-run.ts";
import { WorkerThreads } from "../../../src/codec/worker-threads.ts";
import { decoderModule } from "../../support/pixel-services.ts";

const UNTOUCHED = 0xdeadbeef;

/** A job for one pixel of one tile of one row, without anything special. */
function writeJob(words: Uint32Array, address: number, fields: Partial<Record<keyof typeof JOB, number>>): void {
  words.fill(0, address >>> 2, (address + JOB_BYTES) >>> 2);
  const job = { rows: 1, rowLength: 1, outStride: 4, tileRows: 1, ...fields };
  for (const [name, value] of Object.entries(job)) words[(address + JOB[name as keyof typeof JOB]) >>> 2] = value;
}

describe("Decoder", () => {
  it.each([
    ["has failed", () => Promise.reject<void>(new Error("a thread stopped"))],
    [
      "could not be started",
      () => {
        throw new Error("a thread stopped");
      },
    ],
  ])("gives no memory away while a thread may write to it, also when another %s", async (_, fail) => {
    const arena = new Arena();
    let finish = () => undefined as void;
    const answers = [() => new Promise<void>((resolve) => (finish = resolve)), fail];
    const threads: DecodeThreads = {
      count: 2,
      hasRoom: () => true,
      decode: () => answers.shift()?.() ?? Promise.reject(new Error("asked too often")),
      close: () => Promise.resolve(),
    };
    const decoder = new Decoder(arena, await decoderModule(), { threads, inlinePixels: 0 });
    const before = arena.allocatedBytes;
    let settled = false;
    const decoding = decoder
      .decode({ plane: 0, jobs: 0, count: 2 }, { pixels: 1, scratchBytes: 4096 })
      ?.finally(() => (settled = true));
    const failing = expect(decoding).rejects.toThrow("a thread stopped");
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    expect(arena.allocatedBytes).toBe(before + 2 * 4096 + 64); // scratch, and what they share
    finish();
    await failing;
    expect(arena.allocatedBytes).toBe(before);
  });

  it.each([
    // 64 MB of zeros, gzipped, in one row: no block of the stream takes long, all of them 0.1 s.
    ["gzip", (bytes: number) => gzipSync(new Uint8Array(bytes)), 64e6],
    // Rice blocks whose code 0 says that all differences are 0.
    ["rice", (pixels: number) => new Uint8Array(4 + Math.ceil(((pixels / 4 / 32) * 5) / 8)), 200e6],
  ] as const)("ends a long %s tile soon after its signal fires, and gives all back", async (codec, encode, bytes) => {
    const arena = new Arena();
    const threads = new WorkerThreads(arena, await decoderModule(), 1);
    const decoder = new Decoder(arena, await decoderModule(), { threads, inlinePixels: 0 });
    const before = arena.allocatedBytes;
    const plane = decoder.addPlane({
      codec: codec === "gzip" ? "gzip1" : "rice",
      bytePixel: 4,
      blockSize: 32,
      bitpix: 32,
      quantiser: "none",
      ditherSeed: 1,
      smooth: false,
      offset: 0,
    });
    const pixels = bytes / 4;
    const content = encode(bytes);
    const stream = arena.allocate(content.length + STREAM_PADDING);
    const jobs = arena.allocate(JOB_BYTES);
    const out = arena.allocate(4);
    arena.bytes.set(content, stream);
    const scratchBytes = decoder.scratchBytes(plane, { tilePixels: pixels, tileWidth: pixels });
    const run = { plane, jobs, count: 1 };
    const decode = async (signal?: AbortSignal) => {
      arena.words[out >>> 2] = UNTOUCHED;
      writeJob(arena.words, jobs, {
        stream,
        streamLength: content.length,
        tileWidth: pixels,
        tilePixels: pixels,
        firstPixel: pixels - 1,
        out,
      });
      const start = performance.now();
      await decoder.decode(run, { pixels, scratchBytes }, signal);
      return performance.now() - start;
    };
    await decode(); // starts the thread
    const whole = await decode();
    const controller = new AbortController();
    expect(arena.words[out >>> 2]).toBe(0);
    setTimeout(() => controller.abort(new Error("gone")), whole / 10);
    await expect(decode(controller.signal)).rejects.toThrow("gone");
    expect(arena.words[out >>> 2]).toBe(UNTOUCHED); // the last pixel, for which all others are decoded
    await threads.close();
    for (const address of [plane, stream, jobs, out]) arena.release(address);
    expect(arena.allocatedBytes).toBe(before);
  });

  it.each([
    { pixels: 50_000, othersWait: true, hasRoom: true, where: "a thread" },
    { pixels: 50_000, othersWait: false, hasRoom: true, where: "here" },
    { pixels: 50_000, othersWait: true, hasRoom: false, where: "here" },
    { pixels: 10_000, othersWait: true, hasRoom: true, where: "here" },
    { pixels: 500_000, othersWait: false, hasRoom: false, where: "threads" },
    { pixels: 500_000, awaitedPixels: 90_000, othersWait: false, hasRoom: false, where: "here and threads" },
    { pixels: 500_000, awaitedPixels: 90_000, othersWait: true, hasRoom: true, where: "threads" },
    { pixels: 500_000, awaitedPixels: 450_000, othersWait: false, hasRoom: true, where: "threads" }, // one job is much
    { pixels: 500_000, awaitedPixels: Infinity, othersWait: false, hasRoom: true, where: "threads" }, // or may be
  ])("does $pixels pixels on $where: awaited $awaitedPixels, others wait $othersWait, room $hasRoom", async (each) => {
    const { pixels, awaitedPixels, othersWait, hasRoom, where } = each;
    const arena = new Arena();
    const runs: SharedRun[] = [];
    const threads: DecodeThreads = {
      count: 2,
      hasRoom: () => hasRoom,
      decode: (run) => Promise.resolve(void runs.push(run)),
      close: () => Promise.resolve(),
    };
    const decoder = new Decoder(arena, await decoderModule(), { threads, othersWait: () => othersWait });
    const jobs = arena.allocate(6 * JOB_BYTES);
    arena.bytes.fill(0, jobs, jobs + 6 * JOB_BYTES); // jobs of no rows
    const decoding = decoder.decode({ plane: jobs, jobs, count: 6 }, { pixels, awaitedPixels, scratchBytes: 64 });
    const takesPart = where.startsWith("here");
    if (takesPart) await decoding;
    else await expect(decoding).rejects.toThrow("left undone"); // by threads that do nothing
    expect(decoding === null).toBe(where === "here");
    expect(runs.length).toBe({ here: 0, "a thread": 1, threads: 2, "here and threads": 2 }[where]);
  });

  it("does not wait for a thread that finds nothing left to do, and keeps its memory for it", async () => {
    const arena = new Arena();
    let end = () => undefined as void;
    const threads: DecodeThreads = {
      count: 1,
      hasRoom: () => true,
      decode: () => new Promise((resolve) => (end = resolve)),
      close: () => Promise.resolve(),
    };
    const decoder = new Decoder(arena, await decoderModule(), { threads, inlinePixels: 0 });
    const jobs = arena.allocate(2 * JOB_BYTES);
    arena.bytes.fill(0, jobs, jobs + 2 * JOB_BYTES); // jobs of no rows
    const before = arena.allocatedBytes;
    await decoder.decode({ plane: jobs, jobs, count: 2 }, { pixels: 1, awaitedPixels: 1, scratchBytes: 4096 });
    expect(arena.allocatedBytes).toBe(before + 2 * 4096 + 64); // scratch, and what they share
    end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(arena.allocatedBytes).toBe(before);
  });

  it("comes back to what threads do not come to, with pauses for others", async () => {
    const arena = new Arena();
    const threads: DecodeThreads = {
      count: 1,
      hasRoom: () => false,
      decode: () => new Promise(() => undefined),
      close: () => Promise.resolve(),
    };
    const decoder = new Decoder(arena, await decoderModule(), { threads, inlinePixels: 0 });
    const jobs = arena.allocate(64 * JOB_BYTES);
    arena.bytes.fill(0, jobs, jobs + 64 * JOB_BYTES); // jobs of no rows
    let time = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (time += 2)); // a step takes 2 ms, of 3
    let pauses = 0;
    const pausing = setInterval(() => pauses++, 0);
    const work = { pixels: 64, awaitedPixels: 1, scratchBytes: 64 };
    await decoder.decode({ plane: jobs, jobs, count: 64 }, work);
    clearInterval(pausing);
    clock.mockRestore();
    expect(pauses).toBeGreaterThan(1); // eight steps, two at a time
  });

  it("names the first job that failed, whoever came upon it", async () => {
    const arena = new Arena();
    const threads = new WorkerThreads(arena, await decoderModule(), 2);
    const decoder = new Decoder(arena, await decoderModule(), { threads, inlinePixels: 0 });
    await vi.waitFor(() => expect(threads.hasRoom()).toBe(true));
    const plane = decoder.addPlane({
      codec: "none",
      bytePixel: 4,
      blockSize: 32,
      bitpix: 32,
      offset: 0,
      quantiser: "none",
      ditherSeed: 1,
      smooth: false,
    });
    const count = 400;
    const jobs = arena.allocate(count * JOB_BYTES);
    const stream = arena.allocate(4 + STREAM_PADDING);
    const out = arena.allocate(4 * count);
    const scratchBytes = decoder.scratchBytes(plane, { tilePixels: 1, tileWidth: 1 });
    for (const bad of [0, 77, 399]) {
      for (let i = 0; i < count; i++) {
        const streamLength = i === bad || i === 399 ? 3 : 4;
        const tile = { stream, streamLength, tileWidth: 1, tilePixels: 1, out: out + 4 * i };
        writeJob(arena.words, jobs + i * JOB_BYTES, tile);
      }
      const decoding = decoder.decode({ plane, jobs, count }, { pixels: 1, awaitedPixels: 1, scratchBytes });
      await expect(decoding).rejects.toMatchObject({ name: "DecodeFailure", jobIndex: bad });
    }
    await threads.close();
  });

  it("has room for small work on threads that run, and starts one where none has", async () => {
    const arena = new Arena();
    const threads = new WorkerThreads(arena, await decoderModule(), 1);
    expect(threads.hasRoom()).toBe(false);
    await vi.waitFor(() => expect(threads.hasRoom()).toBe(true));
    const jobs = arena.allocate(JOB_BYTES);
    arena.bytes.fill(0, jobs, jobs + JOB_BYTES);
    const state = arena.allocate(STATE_BYTES);
    const run = shareRun({ plane: jobs, jobs, count: 1 }, 1, state, arena.words);
    const decode = (pixels: number) => threads.decode(run, jobs, { pixels, scratchBytes: 0 });
    const long = decode(200_000);
    expect(threads.hasRoom()).toBe(false); // nothing small waits behind it
    await long;
    expect(threads.hasRoom()).toBe(true);
    const many = Array.from({ length: 20 }, () => decode(80_000));
    expect(threads.hasRoom()).toBe(false);
    await many[0];
    expect(threads.hasRoom()).toBe(true);
    await Promise.all(many);
    await threads.close();
  });

  it("fails the work of a thread that stops, and starts another", async () => {
    const arena = new Arena();
    const threads = new WorkerThreads(arena, await decoderModule(), 1);
    const jobs = arena.allocate(JOB_BYTES);
    arena.bytes.fill(0, jobs, jobs + JOB_BYTES); // a job of no rows
    const state = arena.allocate(STATE_BYTES);
    const work = { pixels: 1, scratchBytes: 0 };
    // The last page of memory is not there: a plane in it is a trap.
    const nowhere = shareRun({ plane: 0xffff0000, jobs: 0xffff0000, count: 1 }, 1, state, arena.words);
    await expect(threads.decode(nowhere, 0, work)).rejects.toMatchObject({ code: "internal" });
    const run = shareRun({ plane: jobs, jobs, count: 1 }, 1, state, arena.words);
    await threads.decode(run, jobs, work);
    expect(arena.words[run.state.done]).toBe(1);
    await threads.close();
  });
});
