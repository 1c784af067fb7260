/**
 * The structures that the host writes into memory: a Plane once an image, a Job for each tile that a window meets.
 * Offsets in bytes, little-endian (WebAssembly's order), every field aligned to its size.
 * They are exported as globals; a test compares them with `src/codec/layout.ts`.
 *
 * Guarantees of the host: addresses lie in memory that it reserved; STREAM_PADDING readable bytes (of any value) follow
 * every stream; the output rectangle of a job lies inside the output region; jobs do not share a Job, seek index or output.
 */

// ── Plane ────────────────────────────────────────────────────────────────────────────────────────────────────────────
/** u32: one of the codecs below. */
export const PLANE_CODEC = 0;
/** u32: bytes of an encoded integer: 1, 2, 4 or 8 (RICE: BYTEPIX; others: the width that the encoder was handed). */
export const PLANE_BYTE_PIXEL = 4;
/** u32: pixels in a Rice block (ZNAMEn BLOCKSIZE), at least 1. */
export const PLANE_BLOCK_SIZE = 8;
/** i32: ZBITPIX: 8 16 32 64 -32 -64; the type of the output pixels, written big-endian as in FITS. */
export const PLANE_BITPIX = 12;
/** u32: one of the quantisers below. */
export const PLANE_QUANTISER = 16;
/** u32: ZDITHER0, 1 to 10000. */
export const PLANE_DITHER_SEED = 20;
/** u32: address of DITHER_TABLE_BYTES filled by `initDitherTable`. */
export const PLANE_DITHER_TABLE = 24;
/** u32: 1 to smooth an HCOMPRESS tile after decoding. */
export const PLANE_SMOOTH = 28;
/** i32: added to every integer of a PLIO stream, which has none below 0. */
export const PLANE_OFFSET = 32;
export const PLANE_BYTES = 36;

export const CODEC_RICE = 1;
export const CODEC_GZIP_1 = 2;
export const CODEC_GZIP_2 = 3;
export const CODEC_PLIO = 4;
export const CODEC_HCOMPRESS = 5;
/** Big-endian pixels as they are, of the encoded integer's width. */
export const CODEC_NONE = 6;

/** Integers, or floats stored without loss: no scaling here. */
export const QUANTISER_NONE = 0;
export const QUANTISER_NO_DITHER = 1;
export const QUANTISER_DITHER_1 = 2;
export const QUANTISER_DITHER_2 = 3;

// ── Job ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
/**
 * u32: address of the tile's compressed bytes. Of a Rice stream, those before the seek entry of the first pixel (the last
 * one filled, where that has none) need not be there: the address is where they would lie, modulo 2^32.
 */
export const JOB_STREAM = 0;
/** u32: their number, less than 2^29. Of a Rice stream that goes on behind the window, it may end with a block after it. */
export const JOB_STREAM_LENGTH = 4;
/**
 * u32: how this tile is stored: 0 as the plane says; 1 gzip of unquantised pixels in the type of BITPIX
 * (GZIP_COMPRESSED_DATA); 2 unquantised big-endian pixels as they are (UNCOMPRESSED_DATA).
 */
export const JOB_FALLBACK = 8;
/** u32: row of the tile in the table, from 0; with ZDITHER0 it seeds the dither. */
export const JOB_TILE = 12;
/** u32: pixels in a row of the tile, and in the whole tile (less than 2^31). */
export const JOB_TILE_WIDTH = 16;
export const JOB_TILE_PIXELS = 20;
/** u32: tile-relative position of the window's first pixel, the rows of the window (JOB_TILE_WIDTH apart) and their length. */
export const JOB_FIRST_PIXEL = 24;
export const JOB_ROWS = 28;
export const JOB_ROW_LENGTH = 32;
/** u32: address of the first output pixel, and bytes from one output row to the next. */
export const JOB_OUT = 36;
export const JOB_OUT_STRIDE = 40;
/** u32: 1 where ZBLANK marks null pixels. i32: its value. (For quantised floats null pixels become NaN.) */
export const JOB_HAS_BLANK = 44;
export const JOB_BLANK = 48;
/** u32: address of the tile's seek entries (0: none): u32 bit offset and i32 value each, see rice.ts. */
export const JOB_INDEX = 52;
/** u32, in and out: how many of them are filled, from the first. */
export const JOB_INDEXED = 56;
/** u32, in and out: where an earlier job on this tile stopped: next block's first pixel, bit offset; i32: value before it. 0 0 0: at the start. */
export const JOB_CURSOR_PIXEL = 60;
export const JOB_CURSOR_BIT = 64;
export const JOB_CURSOR_VALUE = 68;
/** f64: ZSCALE and ZZERO of a quantised tile. */
export const JOB_SCALE = 72;
export const JOB_ZERO = 80;
/** u32: address and length of the tile's compressed null-pixel mask (0: none), as coded by JOB_MASK_CODEC. */
export const JOB_MASK_STREAM = 88;
export const JOB_MASK_LENGTH = 92;
export const JOB_MASK_CODEC = 96;
/** u32: rows of the tile counted over all further axes that HCOMPRESS sees as its second one. */
export const JOB_TILE_ROWS = 100;
/** i32, out: Status of this job. */
export const JOB_STATUS = 104;
/** u32: bytes from one of the tile's seek entries to the next. */
export const JOB_INDEX_STEP = 108;
export const JOB_BYTES = 112;

/** The least distance of two seek entries in pixels; the distance is its smallest multiple of the block size. */
export const SEEK_PIXELS = 128;
export const SEEK_ENTRY_BYTES = 8;
/** Readable bytes that must follow every stream. */
export const STREAM_PADDING = 64;
