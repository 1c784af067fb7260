/** What a decoder says. 0 is success; `src/codec/decoder.ts` turns the rest into typed errors. */
export type Status = i32;

export const OK: Status = 0;
/** The stream ends before the pixels do. */
export const TRUNCATED: Status = 1;
/** The stream contradicts itself: an impossible code, a length that is not the tile's. */
export const CORRUPT: Status = 2;
/** A valid stream of a kind that no decoder here reads. */
export const UNSUPPORTED: Status = 3;
/** The caller's scratch region is too small for this tile: a fault of the caller. */
export const SCRATCH_TOO_SMALL: Status = 4;
/** The host asked for an end (stop.ts). */
export const STOPPED: Status = 5;
/** A null-pixel mask that was not compressed losslessly (FITS Standard 4.0, section 10.2.2): which pixels are null is lost. */
export const LOSSY_MASK: Status = 6;
