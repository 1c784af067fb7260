import { ARENA_BASE } from "./arena.ts";
import { ServiceError } from "../errors.ts";

/** What `assembly/index.ts` exports to the host. */
export interface DecoderExports {
  /** Bytes of constants below which nothing may be allocated. */
  heapBase(): number;
  readonly DITHER_TABLE_BYTES: WebAssembly.Global;
  initDitherTable(address: number): void;
  /** Scratch that a tile of this plane, and its mask of this codec, if it has one, need while they are decoded. */
  scratchBytes(plane: number, tilePixels: number, tileWidth: number, maskCodec?: number): number;
  /** Decodes jobs in order; the number of those done before the first that failed (its status is in the job). */
  readonly decodeTiles: (
    plane: number,
    jobs: number,
    count: number,
    scratch: number,
    scratchLength: number,
    /** Address of a u32 that ends the call when it is not 0; 0 for none. */
    stop?: number,
  ) => number;
  /** The ones'-complement sum of these bytes as big-endian words, zeros after the last; as an i32. */
  datasum(address: number, byteLength: number): number;
}

/** One instance a thread; all share `memory`. */
export function instantiateDecoder(module: WebAssembly.Module, memory: WebAssembly.Memory): DecoderExports {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as DecoderExports;
  if (exports.heapBase() > ARENA_BASE) {
    throw new ServiceError("internal", `Cannot use the decoder: its constants end at ${exports.heapBase()}`);
  }
  return exports;
}
