import { ServiceError } from "../errors.ts";
import type { Arena } from "./arena.ts";
import { JOB, JOB_BYTES } from "./layout.ts";
import { instantiateDecoder, type DecoderExports } from "./module.ts";
import { writePlane, type PlaneCoding } from "./plane-coding.ts";

/** A run of jobs in a job table, all on one plane. */
export type JobRun = {
  readonly plane: number;
  readonly jobs: number;
  readonly count: number;
  /** Address of a u32 that ends the run when it is not 0; 0 for none. */
  readonly stop?: number;
};

export type DecodeWork = { readonly pixels: number; readonly scratchBytes: number };

/** Threads that decode; `worker-threads.ts` makes them on Node. */
export interface DecodeThreads {
  readonly count: number;
  /** Whether one of them would soon come to a small piece of work. Where none would, one may be started for the next. */
  hasRoom(): boolean;
  /** Runs `decodeTiles` on another thread; the number of jobs done before the first that failed. */
  decode(run: JobRun, scratch: number, work: DecodeWork): Promise<number>;
  close(): Promise<void>;
}

/**
 * Work below this is done at once on the calling thread, in about a millisecond; handing it to a worker and back costs
 * some 50 µs and a turn of the event loop.
 */
const INLINE_PIXELS = 400_000;
/** Less than this is never worth it, also where other requests wait for the calling thread: some 0.1 ms. */
const SHARED_PIXELS = 30_000;

export type DecoderOptions = {
  readonly threads?: DecodeThreads | null;
  /** Pixels from which work is done on threads in any case. */
  readonly inlinePixels?: number | undefined;
  /** Whether others wait for the calling thread: then threads do smaller work, too. Called once for each piece of it. */
  readonly othersWait?: (() => boolean) | undefined;
};

/** Says which job failed, and how; the caller knows the file and the tile. */
export class DecodeFailure extends Error {
  override readonly name = "DecodeFailure";
  readonly jobIndex: number;
  readonly reason: string;
  readonly unsupported: boolean;

  constructor(jobIndex: number, status: number) {
    const reason = describeStatus(status);
    super(reason);
    this.jobIndex = jobIndex;
    this.reason = reason;
    this.unsupported = status === 3 || status === 6;
  }
}

/** Runs tile jobs, here or on other threads. Its memory is the arena. */
export class Decoder {
  readonly arena: Arena;
  readonly #exports: DecoderExports;
  readonly #ditherTable: number;
  readonly #threads: DecodeThreads | null;
  readonly #inlinePixels: number;
  readonly #othersWait: () => boolean;
  /** So far, lead-ins included. */
  decodedPixels = 0;

  constructor(
    arena: Arena,
    module: WebAssembly.Module,
    { threads = null, inlinePixels = INLINE_PIXELS, othersWait = () => false }: DecoderOptions = {},
  ) {
    this.arena = arena;
    this.#exports = instantiateDecoder(module, arena.memory);
    this.#ditherTable = arena.allocate(this.#exports.DITHER_TABLE_BYTES.value as number);
    this.#exports.initDitherTable(this.#ditherTable);
    this.#threads = threads;
    this.#inlinePixels = inlinePixels;
    this.#othersWait = othersWait;
  }

  get threadCount(): number {
    return this.#threads?.count ?? 0;
  }

  /** The address of a Plane, for jobs; the caller releases it to the arena. */
  addPlane(coding: PlaneCoding): number {
    return writePlane(this.arena, coding, this.#ditherTable);
  }

  /** Scratch bytes that decoding a tile of this plane takes, on each thread. `maskCodec`: of its mask, 0 for none. */
  scratchBytes(plane: number, tile: { tilePixels: number; tileWidth: number; maskCodec?: number }): number {
    return this.#exports.scratchBytes(plane, tile.tilePixels, tile.tileWidth, tile.maskCodec ?? 0) >>> 0;
  }

  /**
   * Decodes all jobs of the run. `pixels` is the work in it, lead-in included; it decides where it is done: null where it
   * was here, and is done. Fails with DecodeFailure for the first job that fails. Resources of the jobs must stay
   * reserved until it settles, which is soon after `signal` fires.
   */
  decode(run: JobRun, work: DecodeWork, signal?: AbortSignal): Promise<void> | null {
    this.decodedPixels += work.pixels;
    const threads = this.#threads;
    if (threads !== null) {
      if (work.pixels >= this.#inlinePixels) {
        return this.#decodeOnThreads(threads, splitRun(run, Math.min(threads.count, run.count)), work, signal);
      }
      if (work.pixels >= SHARED_PIXELS && this.#othersWait() && threads.hasRoom()) {
        return this.#decodeOnThreads(threads, [run], work, signal);
      }
    }
    this.#decodeHere(run, work.scratchBytes);
    return null;
  }

  async #decodeOnThreads(
    threads: DecodeThreads,
    parts: readonly JobRun[],
    work: DecodeWork,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    signal?.throwIfAborted();
    const stop = this.arena.allocate(4);
    const share = { pixels: work.pixels / parts.length, scratchBytes: work.scratchBytes };
    const scratch: number[] = [];
    this.arena.words[stop >>> 2] = 0;
    const stopThreads = () => Atomics.store(this.arena.words, stop >>> 2, 1);
    signal?.addEventListener("abort", stopThreads);
    try {
      for (let i = 0; i < parts.length; i++) scratch.push(this.arena.allocate(work.scratchBytes));
      // All of them, also when one fails: until then the others write to memory that the caller would give away.
      const results = await Promise.allSettled(
        parts.map((part, i) => threads.decode({ ...part, stop }, scratch[i], share)),
      );
      signal?.throwIfAborted();
      results.forEach((result, i) => {
        if (result.status === "rejected") throw result.reason;
        this.#check(parts[i], result.value, (parts[i].jobs - parts[0].jobs) / JOB_BYTES);
      });
    } finally {
      signal?.removeEventListener("abort", stopThreads);
      for (const address of scratch) this.arena.release(address);
      this.arena.release(stop);
    }
  }

  /**
   * The ones'-complement sum of bytes of the arena as big-endian words, zeros after the last (DATASUM); null for bytes
   * that lie elsewhere.
   */
  datasumOf(bytes: Uint8Array): number | null {
    if (bytes.buffer !== this.arena.memory.buffer) return null;
    return this.#exports.datasum(bytes.byteOffset, bytes.byteLength) >>> 0;
  }

  async close(): Promise<void> {
    await this.#threads?.close();
  }

  #decodeHere(run: JobRun, scratchBytes: number): void {
    const scratch = this.arena.allocate(scratchBytes);
    try {
      this.#check(run, this.#exports.decodeTiles(run.plane, run.jobs, run.count, scratch, scratchBytes), 0);
    } finally {
      this.arena.release(scratch);
    }
  }

  #check(run: JobRun, done: number, firstJob: number): void {
    if (done === run.count) return;
    const status = this.arena.words[(run.jobs + done * JOB_BYTES + JOB.status) >>> 2];
    throw new DecodeFailure(firstJob + done, status);
  }
}

function splitRun(run: JobRun, parts: number): JobRun[] {
  const result: JobRun[] = [];
  for (let i = 0; i < parts; i++) {
    const from = Math.floor((run.count * i) / parts);
    const to = Math.floor((run.count * (i + 1)) / parts);
    result.push({ ...run, jobs: run.jobs + from * JOB_BYTES, count: to - from });
  }
  return result;
}

/** The statuses of `assembly/status.ts`. */
function describeStatus(status: number): string {
  switch (status) {
    case 1:
      return "its compressed bytes end before its pixels do";
    case 2:
      return "its compressed bytes contradict themselves";
    case 3:
      return "its encoding is of a kind that this version does not read";
    case 6:
      return "its mask of null pixels is compressed with loss, and no longer tells which they are";
    default:
      throw new ServiceError("internal", `Cannot decode: the decoder returned status ${status}`);
  }
}
