import type { Arena } from "./arena.ts";

/**
 * Blocks of the arena that are sent as they are: what is decoded into them is not copied once more on its way to a socket.
 * Whoever takes one gives it back. It is shared memory, of which a `Response` of the platform makes nothing: only for
 * those who know where it goes.
 */
export class LentBlocks {
  readonly #arena: Arena;
  readonly #maxBytes: number;
  readonly #addresses = new Map<Uint8Array, number>();
  #bytes = 0;

  /** Of more than `maxBytes`, lent at a time, there are none: clients may be slow. */
  constructor(arena: Arena, maxBytes: number) {
    this.#arena = arena;
    this.#maxBytes = maxBytes;
  }

  /** Bytes of any value, from an address that SIMD likes; null where too much is lent already. */
  take(byteLength: number): Uint8Array<ArrayBufferLike> | null {
    if (this.#bytes + byteLength > this.#maxBytes) return null;
    const address = this.#arena.tryAllocate(byteLength);
    if (address === null) return null;
    const bytes = this.#arena.bytes.subarray(address, address + byteLength);
    this.#addresses.set(bytes, address);
    this.#bytes += byteLength;
    return bytes;
  }

  /** Nobody reads these bytes any more. Passes over what is not lent, or was given back before. */
  give(bytes: Uint8Array): void {
    const address = this.#addresses.get(bytes);
    if (address === undefined) return;
    this.#addresses.delete(bytes);
    this.#bytes -= bytes.byteLength;
    this.#arena.release(address);
  }

  get lentBytes(): number {
    return this.#bytes;
  }
}
