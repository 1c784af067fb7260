import { describe, expect, it } from "vitest";
import { Arena } from "../../../src/codec/arena.ts";
import { Decoder, type DecodeThreads } from "../../../src/codec/decoder.ts";
import { JOB_BYTES } from "../../../src/codec/layout.ts";
import { WorkerThreads } from "../../../src/codec/worker-threads.ts";
import { decoderModule } from "../../support/pixel-services.ts";

describe("Decoder", () => {
  it("gives no memory away while a thread may write to it, also when another thread has failed", async () => {
    const arena = new Arena();
    let finish: (done: number) => void = () => undefined;
    const answers = [
      () => Promise.reject<number>(new Error("a thread stopped")),
      () => new Promise<number>((resolve) => (finish = resolve)),
    ];
    const threads: DecodeThreads = {
      count: 2,
      decode: () => answers.shift()?.() ?? Promise.reject(new Error("asked too often")),
      close: () => Promise.resolve(),
    };
    const decoder = new Decoder(arena, await decoderModule(), threads, 0);
    const before = arena.allocatedBytes;
    let settled = false;
    const decoding = decoder
      .decode({ plane: 0, jobs: 0, count: 2 }, { pixels: 1, scratchBytes: 4096 })
      .finally(() => (settled = true));
    const failing = expect(decoding).rejects.toThrow("a thread stopped");
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    expect(arena.allocatedBytes).toBe(before + 2 * 4096);
    finish(1);
    await failing;
    expect(arena.allocatedBytes).toBe(before);
  });

  it("fails the work of a thread that stops, and starts another", async () => {
    const arena = new Arena();
    const threads = new WorkerThreads(arena, await decoderModule(), 1);
    const jobs = arena.allocate(JOB_BYTES);
    arena.bytes.fill(0, jobs, jobs + JOB_BYTES); // a job of no rows
    const run = { plane: jobs, jobs, count: 1 };
    // The last page of memory is not there: a plane in it is a trap.
    const nowhere = { plane: 0xffff0000, jobs: 0xffff0000, count: 1 };
    await expect(threads.decode(nowhere, 0, 0)).rejects.toMatchObject({ code: "internal" });
    expect(await threads.decode(run, jobs, 0)).toBe(1);
    await threads.close();
  });
});
