import { readFileSync } from "node:fs";

/** The kernels that these tests call one by one; addresses in, a Status or a length out. */
export interface Kernels {
  heapBase(): number;
  readonly INFLATE_SCRATCH_BYTES: WebAssembly.Global;
  inflateGzip(src: number, srcLength: number, dst: number, dstLength: number, scratch: number): number;
  datasum(address: number, byteLength: number): number;
  unshuffle(src: number, dst: number, bytes: number, width: number): void;
  decodeTiles(plane: number, jobs: number, count: number, scratch: number, scratchLength: number, stop: number): number;
  decodePlio(src: number, words: number, dst: number, to: number): number;
  decodePlioRange(src: number, words: number, dst: number, from: number, to: number): number;
  hcompressScratchBytes(nx: number, ny: number): number;
  decodeHcompress(
    src: number,
    length: number,
    dst: number,
    nx: number,
    ny: number,
    smooth: number,
    scratch: number,
    scratchLength: number,
  ): number;
}

/** As in assembly/status.ts. */
export const STATUS = { ok: 0, truncated: 1, corrupt: 2, unsupported: 3, scratchTooSmall: 4, stopped: 5 } as const;

const STREAM_PADDING = 64;
const GUARD_BYTES = 64;
const GUARD = 0xa5;

type Region = { readonly at: number; readonly length: number };

const memory = new WebAssembly.Memory({ initial: 512, maximum: 65536, shared: true });
const wasm = readFileSync(process.env.RECORTE_WASM ?? new URL("../../build/recorte.wasm", import.meta.url));
export const kernels = new WebAssembly.Instance(new WebAssembly.Module(wasm), { env: { memory } })
  .exports as unknown as Kernels;

const bytes = () => new Uint8Array(memory.buffer);

export type StopWord = { readonly address: number; readonly word?: number };

/** Runs a kernel that is to stop when the u32 at `address` is not 0 (assembly/stop.ts); `word` is written there before. */
export function withStopWord<T>({ address, word }: StopWord, run: () => T): T {
  if (word !== undefined) new DataView(memory.buffer).setUint32(address, word, true);
  kernels.decodeTiles(0, 0, 0, 0, 0, address); // no jobs
  try {
    return run();
  } finally {
    kernels.decodeTiles(0, 0, 0, 0, 0, 0);
  }
}

const padding = seededRandom(64);

/**
 * Lends a stream, an output and a scratch region with guard bytes around the two that are written, and fails if one of
 * those changed, or the stream did. The padding behind the stream is of any value.
 */
export function runKernel(
  sizes: { readonly stream: Uint8Array; readonly output: number; readonly scratch: number },
  run: (at: { readonly src: number; readonly dst: number; readonly scratch: number }) => number,
): { readonly result: number; readonly output: Uint8Array } {
  let next = (kernels.heapBase() + 4096) & ~15;
  const place = (length: number): Region => {
    const region = { at: next + GUARD_BYTES, length };
    next = (region.at + length + GUARD_BYTES + 15) & ~15;
    return region;
  };
  const src = place(sizes.stream.length + STREAM_PADDING);
  const dst = place(sizes.output);
  const scratch = place(sizes.scratch);
  if (next > memory.buffer.byteLength) memory.grow(Math.ceil((next - memory.buffer.byteLength) / 65536));

  const all = bytes();
  for (let i = 0; i < STREAM_PADDING; i++) all[src.at + sizes.stream.length + i] = Math.floor(256 * padding());
  all.set(sizes.stream, src.at);
  for (const region of [dst, scratch]) {
    all.fill(GUARD, region.at - GUARD_BYTES, region.at + region.length + GUARD_BYTES);
  }
  const result = run({ src: src.at, dst: dst.at, scratch: scratch.at });
  for (const region of [dst, scratch]) {
    for (let i = 1; i <= GUARD_BYTES; i++) {
      if (all[region.at - i] !== GUARD) throw new Error(`A kernel wrote ${i} bytes before a region`);
      if (all[region.at + region.length + i - 1] !== GUARD) throw new Error(`A kernel wrote ${i} bytes after a region`);
    }
  }
  if (Buffer.compare(all.subarray(src.at, src.at + sizes.stream.length), sizes.stream) !== 0) {
    throw new Error("A kernel changed its stream");
  }
  return { result, output: all.slice(dst.at, dst.at + sizes.output) };
}

/** Numbers in [0, 1) that a seed repeats (a linear congruential generator modulo 2^32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
