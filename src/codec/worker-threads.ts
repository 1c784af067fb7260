import { Worker } from "node:worker_threads";
import type * as NodeThreads from "node:worker_threads";
import { ServiceError } from "../errors.ts";
import type { Arena } from "./arena.ts";
import type { DecodeThreads, DecodeWork } from "./decoder.ts";
import type { DecoderExports } from "./module.ts";
import { takeJobs, type SharedRun } from "./shared-run.ts";

type Request = { id: number; run: SharedRun; scratch: number; scratchBytes: number };
type Reply = { id: number };

/** An instance of the module and ten lines of code. Young objects are a message a time. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 };

type Entry = {
  readonly worker: Worker;
  isRunning: boolean;
  /** Runs that it has not answered, and the pixels of them. */
  waiting: number;
  waitingPixels: number;
  /** Of these runs, those that take long: chunks of jobs and of large cutouts. */
  waitingLong: number;
};

/**
 * A thread with less to do than this takes another small piece of work: it comes to it within some 4 ms, which under load
 * is no more than the main thread would take. What it has done since the event loop looked last is counted, too.
 */
const ROOM_PIXELS = 1_600_000;
/** From so many pixels on a run takes long: nothing small waits behind it. */
const LONG_PIXELS = 150_000;

/**
 * Decoder threads of Node: each has its own instance of the module on the arena's memory, and runs what it is sent in
 * order. They are started when they are first needed: some 8 MB each.
 */
export class WorkerThreads implements DecodeThreads {
  readonly count: number;
  readonly #start: () => Entry;
  readonly #entries: Entry[] = [];
  readonly #pending = new Map<
    number,
    { entry: Entry; pixels: number; resolve(): void; reject(error: unknown): void }
  >();
  #lastId = 0;

  constructor(arena: Arena, module: WebAssembly.Module, count: number) {
    this.count = count;
    this.#start = () => this.#startWorker(module, arena.memory);
  }

  hasRoom(): boolean {
    if (this.#entries.some(hasRoom)) return true;
    // It takes some 50 ms to start one, so this piece of work does not wait for it.
    const isStarting = this.#entries.some(({ isRunning }) => !isRunning);
    if (!isStarting && this.#entries.length < this.count) this.#entries.push(this.#start());
    return false;
  }

  decode(run: SharedRun, scratch: number, { pixels, scratchBytes }: DecodeWork): Promise<void> {
    const entry = this.#leastBusy(pixels);
    const id = ++this.#lastId;
    entry.waiting++;
    entry.waitingPixels += pixels;
    if (pixels >= LONG_PIXELS) entry.waitingLong++;
    entry.worker.ref();
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { entry, pixels, resolve, reject });
      entry.worker.postMessage({ id, run, scratch, scratchBytes } satisfies Request);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#entries.map(({ worker }) => worker.terminate()));
  }

  #leastBusy(pixels: number): Entry {
    const idle = this.#entries.find(({ waiting, isRunning }) => waiting === 0 && isRunning);
    if (idle !== undefined) return idle;
    const isSmall = pixels < ROOM_PIXELS && this.#entries.some(hasRoom);
    if (!isSmall && this.#entries.length < this.count) {
      const entry = this.#start();
      this.#entries.push(entry);
      return entry;
    }
    return this.#entries.reduce((least, other) => (other.waitingPixels < least.waitingPixels ? other : least));
  }

  #startWorker(module: WebAssembly.Module, memory: WebAssembly.Memory): Entry {
    const worker = new Worker(`(${runDecoder.toString()})(require("node:worker_threads"), ${takeJobs.toString()})`, {
      eval: true,
      name: "decode",
      workerData: { module, memory },
      resourceLimits: RESOURCE_LIMITS,
    });
    const entry = { worker, isRunning: false, waiting: 0, waitingPixels: 0, waitingLong: 0 };
    worker.once("online", () => (entry.isRunning = true));
    worker.on("message", ({ id }: Reply) => {
      const answered = this.#pending.get(id);
      this.#pending.delete(id);
      entry.waiting--;
      if (answered !== undefined) {
        entry.waitingPixels -= answered.pixels;
        if (answered.pixels >= LONG_PIXELS) entry.waitingLong--;
      }
      answered?.resolve();
      if (entry.waiting === 0) worker.unref();
    });
    worker.on("error", (cause) => {
      const error = new ServiceError("internal", "Cannot decode: a decoder thread stopped", { cause });
      for (const [id, request] of this.#pending) {
        if (request.entry !== entry) continue;
        this.#pending.delete(id);
        request.reject(error);
      }
      this.#entries.splice(this.#entries.indexOf(entry), 1); // the next decode starts another
    });
    worker.unref(); // An idle thread does not keep the process alive; one at work does.
    return entry;
  }
}

function hasRoom({ isRunning, waitingPixels, waitingLong }: Entry): boolean {
  return isRunning && waitingPixels < ROOM_PIXELS && waitingLong === 0;
}

/** Runs inside the thread, from its source text: it may refer to nothing outside itself. */
function runDecoder({ parentPort, workerData }: typeof NodeThreads, take: typeof takeJobs): void {
  const { module, memory } = workerData as { module: WebAssembly.Module; memory: WebAssembly.Memory };
  const { decodeTiles } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
    decodeTiles: DecoderExports["decodeTiles"];
  };
  parentPort?.on("message", ({ id, run, scratch, scratchBytes }: Request) => {
    take(decodeTiles, new Uint32Array(memory.buffer), run, { scratch, scratchBytes });
    parentPort.postMessage({ id } satisfies Reply);
  });
}
