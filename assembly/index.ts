export * from "./layout";

/** Where the module's constants end: the host allocates above it. */
export function heapBase(): usize {
  return __heap_base;
}

export { DITHER_TABLE_BYTES, initDitherTable } from "./dither";
export { decodeTiles, scratchBytes } from "./tiles";
export { INFLATE_SCRATCH_BYTES, inflateGzip } from "./inflate";
export { decodePlio, decodePlioRange } from "./plio";
export { datasum } from "./datasum";
export { unshuffle } from "./unshuffle";
export { decodeHcompress, hcompressScratchBytes } from "./hcompress";
