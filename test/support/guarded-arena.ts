import { Arena, ARENA_BASE } from "../../src/codec/arena.ts";
import { Decoder } from "../../src/codec/decoder.ts";
import { JOB, JOB_BYTES, PLANE, SEEK_ENTRY_BYTES, seekStride } from "../../src/codec/layout.ts";
import type { JobRun } from "../../src/codec/shared-run.ts";

const GUARD = 0xa5;
/** A fresh block holds these: what a decoder takes for granted is not there. */
const POISON = 0xd7;
const GUARD_BYTES = 64;

/** An arena whose blocks lie between guard bytes, as a test of who writes where. */
export class GuardedArena extends Arena {
  /** Asked-for lengths by address. */
  readonly #blocks = new Map<number, number>();
  /** The most that was given out at once, guards not counted. */
  peakBytes = 0;
  /** The largest block that was asked for. */
  largestBytes = 0;
  #usedBytes = 0;

  override tryAllocate(byteLength: number): number | null {
    this.largestBytes = Math.max(this.largestBytes, byteLength);
    const start = super.tryAllocate(byteLength + 2 * GUARD_BYTES);
    if (start === null) return null;
    const address = start + GUARD_BYTES;
    this.bytes.fill(GUARD, start, address);
    this.bytes.fill(POISON, address, address + byteLength);
    this.bytes.fill(GUARD, address + byteLength, address + byteLength + GUARD_BYTES);
    this.#blocks.set(address, byteLength);
    this.#usedBytes += byteLength;
    this.peakBytes = Math.max(this.peakBytes, this.#usedBytes);
    return address;
  }

  override release(address: number): void {
    const byteLength = this.#blocks.get(address);
    if (byteLength !== undefined) {
      this.#checkBlock(address, byteLength);
      this.#blocks.delete(address);
      this.#usedBytes -= byteLength;
    }
    super.release(address - GUARD_BYTES);
  }

  resetPeaks(): void {
    this.peakBytes = this.#usedBytes;
    this.largestBytes = 0;
  }

  /** What is in use, guards included, and the module's constants. */
  usedRegions(): { start: number; end: number }[] {
    const blocks = [...this.#blocks].map(([address, byteLength]) => ({
      start: address - GUARD_BYTES,
      end: address + byteLength + GUARD_BYTES,
    }));
    return [{ start: 0, end: ARENA_BASE }, ...blocks];
  }

  #checkBlock(address: number, byteLength: number): void {
    const end = address + byteLength;
    for (let i = 0; i < GUARD_BYTES; i++) {
      if (this.bytes[address - 1 - i] !== GUARD) throw new Error(`Somebody wrote ${i + 1} bytes before a block`);
      if (this.bytes[end + i] !== GUARD) throw new Error(`Somebody wrote ${i} bytes after a block of ${byteLength}`);
    }
  }
}

/** Larger blocks are not compared: copying them for each run would be the test's own hang. */
const MAX_COMPARED_BYTES = 16 * 1024 * 1024;

/**
 * A decoder that may write only what its jobs name: the output, seek entries and results of each, and scratch. All other
 * blocks in use, streams, padding, planes and the module's constants among them, are compared before and after.
 */
export class GuardedDecoder extends Decoder {
  override async decode(run: JobRun, work: { pixels: number; scratchBytes: number }): Promise<void> {
    const arena = this.arena as GuardedArena;
    const regions = arena.usedRegions().filter(({ start, end }) => end - start <= MAX_COMPARED_BYTES);
    const before = regions.map(({ start, end }) => ({ start, bytes: arena.bytes.slice(start, end) }));
    const allowed = placesWritten(arena, run);
    // Without threads all is done before the first await; after it, reads ahead write to blocks of their own.
    const decoding = super.decode(run, work);
    for (const region of before) compare(region, arena.bytes, allowed);
    await decoding;
  }
}

type Place = { readonly at: number; readonly length: number };

const RESULTS = [JOB.indexed, JOB.cursorPixel, JOB.cursorBit, JOB.cursorValue, JOB.status];

function placesWritten({ bytes }: Arena, { plane, jobs, count }: JobRun): Place[] {
  const view = new DataView(bytes.buffer);
  const pixelBytes = Math.abs(view.getInt32(plane + PLANE.bitpix, true)) / 8;
  const stride = seekStride(view.getUint32(plane + PLANE.blockSize, true));
  const places: Place[] = [];
  for (let i = 0; i < count; i++) {
    const job = jobs + i * JOB_BYTES;
    const field = (name: keyof typeof JOB) => view.getUint32(job + JOB[name], true);
    const [out, outStride] = [field("out"), field("outStride")];
    const rowBytes = field("rowLength") * pixelBytes;
    if (rowBytes === outStride) places.push({ at: out, length: field("rows") * rowBytes });
    else for (let row = 0; row < field("rows"); row++) places.push({ at: out + row * outStride, length: rowBytes });
    const index = field("index");
    const entries = index > 0 ? Math.ceil(field("tilePixels") / stride) : 0;
    for (let k = 0; k < entries; k++) places.push({ at: index + k * field("indexStep"), length: SEEK_ENTRY_BYTES });
    for (const offset of RESULTS) places.push({ at: job + offset, length: 4 });
  }
  return places;
}

function compare(region: { start: number; bytes: Uint8Array }, after: Uint8Array, allowed: readonly Place[]): void {
  const { start, bytes } = region;
  const end = start + bytes.length;
  const now = after.subarray(start, end);
  if (Buffer.compare(bytes, now) === 0) return;
  for (const { at, length } of allowed) {
    if (at >= start && at + length <= end) bytes.set(after.subarray(at, at + length), at - start);
  }
  if (Buffer.compare(bytes, now) === 0) return;
  const first = bytes.findIndex((byte, i) => byte !== now[i]);
  throw new Error(`A decoder wrote to byte ${first - GUARD_BYTES} of a block of ${bytes.length - 2 * GUARD_BYTES}`);
}
