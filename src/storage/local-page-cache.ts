import * as fs from "node:fs";

import { sourceChanged } from "./_checked-read.ts";
import type { PlacedRanges } from "./range-source.ts";

/**
 * Synchronous reads of what the page cache holds: 0.8 µs each, where a turn through the thread pool takes 35 to 130 µs.
 *
 * Nothing tells beforehand whether bytes are in the page cache, and a read of others stops the whole process until the
 * disk answers. So time decides, and the kernel's count of blocks that this process had read from disks: a batch ends
 * with its first wait for the disk, or within LOOK_READS short reads of it, and for PAUSE_FACTOR times as long nothing is
 * read like this. That bounds the share of time spent waiting.
 */
export class PageCacheReader {
  readonly #now: () => number;
  readonly #blocksRead: () => number | null;
  #knownBlocks: number | null;
  #pauseEnd = -Infinity;

  /** `now`: milliseconds. `blocksRead`: from disks, by this process; null where nobody counts them. */
  constructor(now: () => number = () => performance.now(), blocksRead: () => number | null = countBlocksRead) {
    this.#now = now;
    this.#blocksRead = blocksRead;
    this.#knownBlocks = blocksRead();
  }

  /** Reads ranges of a file, which must be in it, from the first; how many were read. */
  read(file: { path: string; descriptor: number }, ranges: PlacedRanges, target: Uint8Array): number {
    const { count: all, starts, lengths, offsets } = ranges;
    const { descriptor } = file;
    const began = this.#now();
    if (began < this.#pauseEnd) return 0;
    let deadline = began + GRACE_MILLISECONDS;
    let excuses = MAX_EXCUSES;
    for (let done = 0; done < all; done++) {
      const start = starts[done];
      const length = lengths[done];
      const offset = offsets[done];
      for (let from = 0; from < length; ) {
        const wanted = Math.min(length - from, PIECE_BYTES);
        const count = fs.readSync(descriptor, target, offset + from, wanted, start + from);
        if (count === 0) throw sourceChanged(file.path, "it became shorter");
        from += count;
        deadline += READ_MILLISECONDS + count * BYTE_MILLISECONDS;
        if (done % LOOK_READS !== 0 && done !== all - 1 && count <= SHORT_BYTES) continue;
        const now = this.#now();
        if (now <= deadline) continue;
        if (this.#sawDisk() || excuses-- === 0) {
          this.#pauseEnd = now + PAUSE_FACTOR * (now - began);
          return from < length ? done : done + 1;
        }
        deadline = now + GRACE_MILLISECONDS; // another thread had the processor
      }
    }
    return all;
  }

  /** Whether any block came from a disk since this was last asked. */
  #sawDisk(): boolean {
    const blocks = this.#blocksRead();
    const saw = blocks === null || blocks !== this.#knownBlocks;
    this.#knownBlocks = blocks;
    return saw;
  }
}

/** The fastest disks answer in 0.05 to 0.1 ms. */
const GRACE_MILLISECONDS = 0.1;
/** Twice what was measured. */
const READ_MILLISECONDS = 0.0016;
const BYTE_MILLISECONDS = 1 / 4e6;
/** Of one call: what a disk is waited for. Shorter ones would cost a tenth. */
const PIECE_BYTES = 128 * 1024;
/** The clock is looked at after the first read of a batch, where a cold file shows, every so many, and the last; 40 ns. */
const LOOK_READS = 4;
/** Longer reads are looked at one by one. */
const SHORT_BYTES = 4096;
/** A twentieth of the time, at most, is spent waiting for disks. */
const PAUSE_FACTOR = 20;
/** For kernels that count wrongly. */
const MAX_EXCUSES = 4;

/** Of Linux where it accounts for input and output of tasks; 1.5 µs. */
function countBlocksRead(): number | null {
  kernelCounts ??= fs.existsSync("/proc/self/io");
  return kernelCounts ? process.resourceUsage().fsRead : null;
}

let kernelCounts: boolean | undefined;
