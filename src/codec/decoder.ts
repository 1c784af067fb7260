import { ServiceError } from "../errors.ts";
import type { Arena } from "./arena.ts";
import { JOB, JOB_BYTES } from "./layout.ts";
import { instantiateDecoder, type DecoderExports } from "./module.ts";
import { writePlane, type PlaneCoding } from "./plane-coding.ts";
import {
  isDone,
  isTaken,
  shareRun,
  STATE_BYTES,
  stepOf,
  takeJobs,
  whenOver,
  type JobRun,
  type SharedRun,
} from "./shared-run.ts";

export type DecodeWork = {
  readonly pixels: number;
  readonly scratchBytes: number;
  /**
   * Of the largest job, where a client gets nothing before all of them are done, and where the pixels of a job tell how long
   * it takes, as Rice's do: then the calling thread helps.
   */
  readonly awaitedPixels?: number | undefined;
};

/** Threads that decode; `worker-threads.ts` makes them on Node. */
export interface DecodeThreads {
  readonly count: number;
  /** Whether one of them would soon come to a small piece of work. Where none would, one may be started for the next. */
  hasRoom(): boolean;
  /** Lets another thread take jobs of the run, until none is left. `work`: about what it will find to do. */
  decode(run: SharedRun, scratch: number, work: DecodeWork): Promise<void>;
  close(): Promise<void>;
}

/**
 * Work below this is done at once on the calling thread, in about a millisecond; handing it to a worker and back costs
 * some 50 µs and a turn of the event loop.
 */
const INLINE_PIXELS = 400_000;
/** Less than this is never worth it, also where other requests wait for the calling thread: some 0.1 ms. */
const SHARED_PIXELS = 30_000;
/** The calling thread helps for so long before it looks after others. */
const HELP_MILLISECONDS = 3;

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
    const { pixels } = work;
    this.decodedPixels += pixels;
    const threads = this.#threads;
    if (threads !== null) {
      if (pixels >= this.#inlinePixels) {
        const mayHelp = work.awaitedPixels !== undefined && !this.#othersWait();
        return this.#decodeOnThreads(threads, { run, others: threads.count, mayHelp }, work, signal);
      }
      if (pixels >= SHARED_PIXELS && this.#othersWait() && threads.hasRoom()) {
        return this.#decodeOnThreads(threads, { run, others: 1, mayHelp: false }, work, signal);
      }
    }
    this.#decodeHere(run, work.scratchBytes);
    return null;
  }

  /** On `others` threads, and where it `mayHelp`, and a step of the run is not much, on this one. */
  async #decodeOnThreads(
    threads: DecodeThreads,
    { run, others, mayHelp }: { readonly run: JobRun; readonly others: number; readonly mayHelp: boolean },
    work: DecodeWork,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    signal?.throwIfAborted();
    const { arena } = this;
    const step = stepOf(run.count, mayHelp ? others + 1 : others);
    const helps = mayHelp && (work.awaitedPixels ?? Infinity) * step <= INLINE_PIXELS;
    const takers = Math.min(helps ? others + 1 : others, Math.ceil(run.count / step));
    const share = { ...work, pixels: work.pixels / takers };
    const state = arena.allocate(STATE_BYTES);
    const shared = shareRun(run, step, state, arena.words);
    const stopThreads = () => Atomics.store(arena.words, shared.state.stop, 1);
    const scratches: number[] = [];
    const ends: Promise<void>[] = [];
    let users = 1;
    const leave = () => {
      if (--users === 0) for (const block of [state, ...scratches]) arena.release(block);
    };
    signal?.addEventListener("abort", stopThreads);
    try {
      for (let i = 0; i < takers; i++) scratches.push(arena.allocate(work.scratchBytes));
      for (const scratch of helps ? scratches.slice(1) : scratches) {
        const end = threads.decode(shared, scratch, share);
        users++;
        end.then(leave, leave);
        ends.push(end);
      }
      if (helps) await this.#help(shared, scratches[0], work.scratchBytes);
      await whenOver(arena.words, shared, ends);
    } catch (error) {
      // The others may write to memory that the caller would give away.
      stopThreads();
      await Promise.allSettled(ends);
      throw error;
    } finally {
      signal?.removeEventListener("abort", stopThreads);
      leave();
    }
    signal?.throwIfAborted();
    if (isDone(arena.words, shared)) return;
    const failure = this.#failureIn(run);
    if (failure !== null) throw failure;
    await Promise.all(ends); // one of the threads stopped
    throw new ServiceError("internal", LEFT_UNDONE);
  }

  /** Takes jobs until none is left, or others wait; the threads do the rest. */
  async #help(run: SharedRun, scratch: number, scratchBytes: number): Promise<void> {
    const { words } = this.arena;
    for (;;) {
      const until = performance.now() + HELP_MILLISECONDS;
      const mayGoOn = () => performance.now() < until;
      takeJobs(this.#exports.decodeTiles, words, run, { scratch, scratchBytes, mayGoOn });
      if (isTaken(words, run)) return;
      await new Promise((resolve) => setTimeout(resolve));
      if (this.#othersWait()) return;
    }
  }

  /**
   * The ones'-complement sum of bytes of the arena as big-endian words, zeros after the last (DATASUM); null for bytes
   * that lie elsewhere.
   */
  datasumOf(bytes: Uint8Array): number | null {
    if (!this.arena.holds(bytes)) return null;
    return this.#exports.datasum(bytes.byteOffset, bytes.byteLength) >>> 0;
  }

  async close(): Promise<void> {
    await this.#threads?.close();
  }

  #decodeHere(run: JobRun, scratchBytes: number): void {
    const scratch = this.arena.allocate(scratchBytes);
    try {
      const done = this.#exports.decodeTiles(run.plane, run.jobs, run.count, scratch, scratchBytes);
      if (done < run.count) throw this.#failureIn(run) ?? new ServiceError("internal", LEFT_UNDONE);
    } finally {
      this.arena.release(scratch);
    }
  }

  /** Of the first job that failed. */
  #failureIn({ jobs, count }: JobRun): DecodeFailure | null {
    for (let i = 0; i < count; i++) {
      const status = this.arena.words[(jobs + i * JOB_BYTES + JOB.status) >>> 2];
      if (status !== 0) return new DecodeFailure(i, status);
    }
    return null;
  }
}

const LEFT_UNDONE = "Cannot decode: jobs were left undone, and none of them failed";

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
