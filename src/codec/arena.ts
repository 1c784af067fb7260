import { ServiceError } from "../errors.ts";

const PAGE_BYTES = 65_536;
/** Below this lie the module's constants; module.ts checks that they fit. */
export const ARENA_BASE = 1 << 20;
/** Every block starts on a cache line, and SIMD loads of it are aligned. */
const ALIGNMENT = 64;

/**
 * The one linear memory that all decoders share, given out in blocks. Pages that nobody has touched cost nothing.
 * Only the thread that made the arena allocates; workers get addresses.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly #limit: number;
  readonly #sizes = new Map<number, number>();
  /** Free blocks by ascending address; neighbours are joined, and none touches the end. */
  #free: { address: number; byteLength: number }[] = [];
  #end = ARENA_BASE;
  #bytes: Uint8Array<ArrayBuffer | SharedArrayBuffer>;
  #words: Uint32Array<ArrayBuffer | SharedArrayBuffer>;
  #doubles: Float64Array<ArrayBuffer | SharedArrayBuffer>;

  /** `maximumBytes`: at most 4 GiB, what a 32-bit memory can address. */
  constructor(maximumBytes = 65_536 * PAGE_BYTES) {
    this.#limit = Math.min(maximumBytes, 65_536 * PAGE_BYTES);
    this.memory = new WebAssembly.Memory({
      initial: ARENA_BASE / PAGE_BYTES,
      maximum: 65_536,
      shared: true,
    });
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
    this.#doubles = new Float64Array(this.memory.buffer);
  }

  /** The whole memory, as of now: read it again after an `allocate`. */
  get bytes(): Uint8Array<ArrayBuffer | SharedArrayBuffer> {
    return this.#bytes;
  }
  get words(): Uint32Array<ArrayBuffer | SharedArrayBuffer> {
    return this.#words;
  }
  get doubles(): Float64Array<ArrayBuffer | SharedArrayBuffer> {
    return this.#doubles;
  }
  /** Whether these lie in the memory as it is now. V8 may give `memory` another buffer of the same bytes at any time. */
  holds({ buffer }: Uint8Array): boolean {
    return buffer === this.#bytes.buffer;
  }
  /** Bytes given out and not released. */
  get allocatedBytes(): number {
    let sum = 0;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
  }

  /** The address of a block that `release` takes back; its bytes are of any value. "unavailable" when the memory is full. */
  allocate(byteLength: number): number {
    const address = this.tryAllocate(byteLength);
    if (address === null) {
      throw new ServiceError(
        "unavailable",
        `Cannot reserve ${byteLength} bytes for decoding: the decoders' memory of ${this.#limit} bytes is in use`,
      );
    }
    return address;
  }

  /** As `allocate`, with null when the memory is full. */
  tryAllocate(byteLength: number): number | null {
    const size = Math.max(ALIGNMENT, Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT);
    const index = this.#bestFit(size);
    if (index >= 0) {
      const block = this.#free[index];
      this.#sizes.set(block.address, size);
      if (block.byteLength === size) this.#free.splice(index, 1);
      else this.#free[index] = { address: block.address + size, byteLength: block.byteLength - size };
      return block.address;
    }
    if (size > this.#limit - this.#end || !this.#grow(this.#end + size)) return null;
    const address = this.#end;
    this.#end += size;
    this.#sizes.set(address, size);
    return address;
  }

  release(address: number): void {
    const byteLength = this.#sizes.get(address);
    if (byteLength === undefined)
      throw new ServiceError("internal", `Cannot release block ${address}: it is not in use`);
    this.#sizes.delete(address);
    let at = 0;
    for (let high = this.#free.length; at < high; ) {
      const middle = (at + high) >> 1;
      if (this.#free[middle].address < address) at = middle + 1;
      else high = middle;
    }
    const merged = { address, byteLength };
    const before = this.#free[at - 1];
    const after = this.#free[at];
    let replaced = 0;
    if (before !== undefined && before.address + before.byteLength === address) {
      merged.address = before.address;
      merged.byteLength += before.byteLength;
      at--;
      replaced++;
    }
    if (after !== undefined && address + byteLength === after.address) {
      merged.byteLength += after.byteLength;
      replaced++;
    }
    if (merged.address + merged.byteLength === this.#end) {
      this.#end = merged.address;
      this.#free.splice(at, replaced);
    } else {
      this.#free.splice(at, replaced, merged);
    }
  }

  /** Smallest free block that holds `size`, so that the large ones stay whole. */
  #bestFit(size: number): number {
    let best = -1;
    for (let i = 0; i < this.#free.length; i++) {
      const { byteLength } = this.#free[i];
      if (byteLength === size) return i;
      if (byteLength > size && (best < 0 || byteLength < this.#free[best].byteLength)) best = i;
    }
    return best;
  }

  #grow(end: number): boolean {
    const missing = end - this.memory.buffer.byteLength;
    if (missing <= 0) return true;
    // At least 1 MiB a step: growing is a system call, untouched pages are free.
    const room = this.#limit - this.memory.buffer.byteLength;
    const bytes = Math.min(room, Math.max(missing, 1 << 20));
    try {
      this.memory.grow(Math.ceil(bytes / PAGE_BYTES));
    } catch {
      return false;
    }
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
    this.#doubles = new Float64Array(this.memory.buffer);
    return true;
  }
}
