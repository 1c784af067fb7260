/**
 * Tiles that are decoded up to their last wanted pixel before the window is written: all codecs but RICE, the tiles that
 * an encoder could not quantise, and null-pixel masks.
 */
import { addToIntegers, clampIntegers, loadIntegers } from "./convert";
import { decodeHcompress, hcompressScratchBytes, isLossyHcompress } from "./hcompress";
import { INFLATE_SCRATCH_BYTES, inflateGzip } from "./inflate";
import * as layout from "./layout";
import { PixelWriter, openWriter, pixelBytesOf, writeNulls, writePixels } from "./pixel-writer";
import { decodePlioRange } from "./plio";
import { readPixels } from "./rice";
import { RiceReader, openRice } from "./rice-reader";
import { CORRUPT, LOSSY_MASK, OK, SCRATCH_TOO_SMALL, STOPPED, Status, TRUNCATED, UNSUPPORTED } from "./status";
import { isStopped } from "./stop";
import { unshuffle } from "./unshuffle";

const CHUNK_PIXELS: u32 = 1024;

// Scratch.
const WRITER: usize = 0;
const DECODED: usize = (WRITER + offsetof<PixelWriter>() + 15) & ~15;
const CHUNK: usize = (DECODED + offsetof<Decoded>() + 15) & ~15;
const INFLATE: usize = CHUNK + 4 * CHUNK_PIXELS;
/** Of a mask's own, so that the cursor and the seek index of the tile are left alone. */
const MASK_READER: usize = (INFLATE + INFLATE_SCRATCH_BYTES + 15) & ~15;
const MASK_JOB: usize = (MASK_READER + offsetof<RiceReader>() + 15) & ~15;
const PIXELS: u32 = <u32>(MASK_JOB + layout.JOB_BYTES + 15) & ~15;

/** How decoded pixels lie in memory: big-endian integers of 1, 2, 4 or 8 bytes, or one of these. */
type Form = u32;
/** int32 of this machine's order. */
const VALUES: Form = 0;
/** Big-endian pixels of BITPIX, as they go out. */
const FINAL: Form = 16;

// prettier-ignore
@unmanaged
class Decoded {
  codec: i32;
  stream: usize;
  length: u32;
  smooth: u32;
  /** Where pixel 0 of the tile lies, or would lie: pixels outside the window need not be there. */
  pixels: usize;
  /** Before decoding: bytes of an encoded integer. */
  form: Form;
}

/** Scratch for any job of this plane on a tile of this size, whose mask is coded by `maskCodec` (0: it has none). */
export function wholeTileScratchBytes(plane: usize, tilePixels: u32, tileWidth: u32, maskCodec: i32): u64 {
  const codec = load<i32>(plane, layout.PLANE_CODEC);
  const width = max(max(pixelBytesOf(plane), load<u32>(plane, layout.PLANE_BYTE_PIXEL)), 4);
  const bytes = codecScratchBytes(codec, width, tilePixels, tileWidth);
  return maskCodec ? max(bytes, codecScratchBytes(maskCodec, 4, tilePixels, tileWidth)) : bytes;
}

/** `width`: the most bytes that a pixel has in the stream, and at least 4, as decoded integers have. */
function codecScratchBytes(codec: i32, width: u32, tilePixels: u32, tileWidth: u32): u64 {
  const bytes = <u64>tilePixels * width + SPARE_BYTES;
  if (codec == layout.CODEC_HCOMPRESS && tileWidth) {
    return PIXELS + roundUp(bytes) + hcompressScratchBytes(tileWidth, (tilePixels + tileWidth - 1) / tileWidth);
  }
  return PIXELS + (codec == layout.CODEC_GZIP_2 ? 2 * bytes : bytes);
}

/** What a Rice mask's decoder overwrites behind its pixels, and more, to keep to multiples of 16. */
const SPARE_BYTES: u64 = 16;

export function decodeWholeTile(plane: usize, job: usize, scratch: usize, scratchLength: u32): Status {
  if (scratchLength < PIXELS) return SCRATCH_TOO_SMALL;
  const writer = changetype<PixelWriter>(scratch + WRITER);
  const decoded = changetype<Decoded>(scratch + DECODED);
  openWriter(writer, plane, job);
  const fallback = load<u32>(job, layout.JOB_FALLBACK);
  decoded.codec = load<i32>(plane, layout.PLANE_CODEC);
  decoded.form = load<u32>(plane, layout.PLANE_BYTE_PIXEL);
  if (fallback) {
    decoded.codec = fallback == 1 ? layout.CODEC_GZIP_1 : layout.CODEC_NONE;
    decoded.form = writer.pixelBytes;
  }
  decoded.smooth = load<u32>(plane, layout.PLANE_SMOOTH);
  decoded.stream = load<u32>(job, layout.JOB_STREAM);
  decoded.length = load<u32>(job, layout.JOB_STREAM_LENGTH);
  const status = decode(decoded, job, scratch, scratchLength);
  if (status != OK) return status;
  if (decoded.form == VALUES) mendValues(decoded, plane, job);

  if (fallback || load<i32>(plane, layout.PLANE_QUANTISER) == layout.QUANTISER_NONE) {
    if (decoded.form == writer.pixelBytes) decoded.form = FINAL;
    else if (writer.bitpix < 0) return UNSUPPORTED;
  }
  if (decoded.form == 8) return UNSUPPORTED;
  return writeWindow(decoded, writer, job, scratch + CHUNK, false);
}

/** What the encoder did to pixels of 8 and 16 bits: PLIO has an offset, and HCOMPRESS may come out beyond their range. */
function mendValues(decoded: Decoded, plane: usize, job: usize): void {
  const bitpix = load<i32>(plane, layout.PLANE_BITPIX);
  const from = load<u32>(job, layout.JOB_FIRST_PIXEL);
  const values = decoded.pixels + (<usize>from << 2);
  const count = endPixel(job) - from;
  if (decoded.codec == layout.CODEC_HCOMPRESS) {
    if (bitpix == 8 || bitpix == 16) clampIntegers(values, count, bitpix);
  } else if (decoded.codec == layout.CODEC_PLIO) {
    const offset = load<i32>(plane, layout.PLANE_OFFSET);
    if (offset) addToIntegers(values, count, offset);
  }
}

/** Makes those pixels of the written window null that the job's mask marks; the mask's integers are bytes. */
export function applyMask(plane: usize, job: usize, scratch: usize, scratchLength: u32): Status {
  if (scratchLength < PIXELS) return SCRATCH_TOO_SMALL;
  const writer = changetype<PixelWriter>(scratch + WRITER);
  const decoded = changetype<Decoded>(scratch + DECODED);
  openWriter(writer, plane, job);
  decoded.codec = load<i32>(job, layout.JOB_MASK_CODEC);
  decoded.form = 1;
  decoded.smooth = 0;
  decoded.stream = load<u32>(job, layout.JOB_MASK_STREAM);
  decoded.length = load<u32>(job, layout.JOB_MASK_LENGTH);
  if (decoded.codec == layout.CODEC_HCOMPRESS && isLossyHcompress(decoded.stream, decoded.length)) return LOSSY_MASK;
  const status =
    decoded.codec == layout.CODEC_RICE
      ? decodeRiceMask(decoded, plane, job, scratch, scratchLength)
      : decode(decoded, job, scratch, scratchLength);
  if (status != OK) return status;
  return writeWindow(decoded, writer, job, scratch + CHUNK, true);
}

/** A mask as RICE_1 of bytes, in blocks as large as those of the image: no keyword of its own names their size. */
function decodeRiceMask(decoded: Decoded, plane: usize, job: usize, scratch: usize, scratchLength: u32): Status {
  const to = endPixel(job);
  const pixels = scratch + PIXELS;
  if (<u64>(scratchLength - PIXELS) < (<u64>to << 2) + SPARE_BYTES) return SCRATCH_TOO_SMALL;
  if (!load<u32>(plane, layout.PLANE_BLOCK_SIZE)) return CORRUPT;
  const maskJob = scratch + MASK_JOB;
  memory.fill(maskJob, 0, layout.JOB_BYTES);
  store<u32>(maskJob, <u32>decoded.stream, layout.JOB_STREAM);
  store<u32>(maskJob, decoded.length, layout.JOB_STREAM_LENGTH);
  store<u32>(maskJob, load<u32>(job, layout.JOB_TILE_PIXELS), layout.JOB_TILE_PIXELS);
  const reader = changetype<RiceReader>(scratch + MASK_READER);
  const status = openRice<u8>(reader, plane, maskJob, 1, 0);
  if (status != OK) return status;
  reader.values = pixels;
  decoded.form = VALUES;
  decoded.pixels = pixels;
  return readPixels<u8>(reader, to);
}

/** One past the last pixel of the tile that the window has. */
// @ts-ignore: decorator
@inline
function endPixel(job: usize): u32 {
  const rows = load<u32>(job, layout.JOB_ROWS) - 1;
  const rowStart = load<u32>(job, layout.JOB_FIRST_PIXEL) + rows * load<u32>(job, layout.JOB_TILE_WIDTH);
  return rowStart + load<u32>(job, layout.JOB_ROW_LENGTH);
}

/** Decodes as many pixels as the window needs, and says where and how they lie. */
function decode(decoded: Decoded, job: usize, scratch: usize, scratchLength: u32): Status {
  const tilePixels = load<u32>(job, layout.JOB_TILE_PIXELS);
  const tileWidth = load<u32>(job, layout.JOB_TILE_WIDTH);
  const from = load<u32>(job, layout.JOB_FIRST_PIXEL);
  const to = endPixel(job);
  const pixels = scratch + PIXELS;
  const room: u64 = scratchLength - PIXELS;
  let width = decoded.form;
  if (width != 1 && width != 2 && width != 4 && width != 8) return CORRUPT;

  switch (decoded.codec) {
    case layout.CODEC_NONE: {
      decoded.pixels = decoded.stream;
      return <u64>to * width <= decoded.length ? OK : TRUNCATED;
    }
    case layout.CODEC_GZIP_1: {
      width = gzippedWidth(decoded, tilePixels);
      decoded.pixels = pixels;
      return inflatePixels(decoded, <u64>to * width, room, pixels, scratch + INFLATE);
    }
    case layout.CODEC_GZIP_2: {
      width = gzippedWidth(decoded, tilePixels);
      const bytes = <u64>tilePixels * width;
      if (room < 2 * bytes) return SCRATCH_TOO_SMALL;
      const status = inflatePixels(decoded, bytes, bytes, pixels, scratch + INFLATE);
      if (status != OK) return status;
      if (isStopped()) return STOPPED;
      decoded.pixels = pixels + <usize>bytes;
      unshuffle(pixels, decoded.pixels, <u32>bytes, width);
      return OK;
    }
    case layout.CODEC_PLIO: {
      if (room < <u64>(to - from) << 2) return SCRATCH_TOO_SMALL;
      decoded.form = VALUES;
      decoded.pixels = pixels - (<usize>from << 2);
      return decodePlioRange(decoded.stream, decoded.length >> 1, pixels, from, to);
    }
    case layout.CODEC_HCOMPRESS: {
      const tileRows = load<u32>(job, layout.JOB_TILE_ROWS);
      if (<u64>tileWidth * tileRows != tilePixels) return CORRUPT;
      const bytes = roundUp(<u64>tilePixels << 2);
      if (room < bytes) return SCRATCH_TOO_SMALL;
      const rest = pixels + <usize>bytes;
      decoded.form = VALUES;
      decoded.pixels = pixels;
      return decodeHcompress(
        decoded.stream,
        decoded.length,
        pixels,
        tileWidth,
        tileRows,
        decoded.smooth,
        rest,
        <u32>(room - bytes),
      );
    }
    default:
      return UNSUPPORTED;
  }
}

/** To a multiple of 16. */
// @ts-ignore: decorator
@inline
function roundUp(bytes: u64): u64 {
  return (bytes + 15) & ~15;
}

/**
 * Bytes of an integer in a gzipped tile. Some writers store BITPIX 8 and 16 as int32 and say so nowhere but in the length
 * of the data, the last 4 bytes of the stream (RFC 1952, section 2.3.1).
 */
function gzippedWidth(decoded: Decoded, tilePixels: u32): u32 {
  if (decoded.length < 4) return decoded.form;
  const bytes: u64 = load<u32>(decoded.stream + decoded.length - 4);
  if (bytes == <u64>tilePixels * 4) decoded.form = 4;
  else if (bytes == <u64>tilePixels * 2) decoded.form = 2;
  return decoded.form;
}

function inflatePixels(decoded: Decoded, bytes: u64, room: u64, pixels: usize, scratch: usize): Status {
  if (room < bytes) return SCRATCH_TOO_SMALL;
  const written = inflateGzip(decoded.stream, decoded.length, pixels, <u32>bytes, scratch);
  if (written < 0) return -written;
  return <u64>written == bytes ? OK : TRUNCATED;
}

/** Writes the window, or where `asMask` the nulls that decoded integers other than 0 mark. */
function writeWindow(decoded: Decoded, writer: PixelWriter, job: usize, chunk: usize, asMask: bool): Status {
  const tileWidth = load<u32>(job, layout.JOB_TILE_WIDTH);
  const rows = load<u32>(job, layout.JOB_ROWS);
  const length = load<u32>(job, layout.JOB_ROW_LENGTH);
  const stride = load<u32>(job, layout.JOB_OUT_STRIDE);
  const bytes = writer.pixelBytes;
  let rowOut: usize = load<u32>(job, layout.JOB_OUT);
  let from = load<u32>(job, layout.JOB_FIRST_PIXEL);
  for (let row: u32 = 0; row < rows; row++, from += tileWidth, rowOut += stride) {
    if (isStopped()) return STOPPED;
    if (decoded.form == FINAL) {
      memory.copy(rowOut, decoded.pixels + <usize>from * bytes, <usize>length * bytes);
      continue;
    }
    let out = rowOut;
    for (let pixel = from; pixel < from + length; pixel += CHUNK_PIXELS) {
      const count = min(from + length - pixel, CHUNK_PIXELS);
      let values = decoded.pixels + (<usize>pixel << 2);
      if (decoded.form != VALUES) {
        loadIntegers(decoded.pixels + <usize>pixel * decoded.form, count, chunk, decoded.form);
        values = chunk;
      }
      if (asMask) writeNulls(writer, values, count, out);
      else writePixels(writer, values, pixel, count, out);
      out += <usize>count * bytes;
    }
  }
  return OK;
}
