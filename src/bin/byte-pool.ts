import { ServerResponse, type IncomingMessage } from "node:http";

/** Blocks of one of these sizes: the next power of two. Smaller ones are cheap, and larger ones rare. */
const MIN_BLOCK_BYTES = 4 * 1024;
const MAX_BLOCK_BYTES = 2 * 1024 * 1024;

/**
 * Memory for what is sent, used again once it has gone out: else each cutout leaves garbage that V8 collects late, some
 * 64 MB of it, and takes pages that the system must clear first. What nobody gives back is garbage as ever.
 */
export class BytePool {
  readonly #maxFreeBytes: number;
  readonly #free = new Map<number, ArrayBuffer[]>();
  readonly #lent = new WeakSet<Uint8Array>();
  #freeBytes = 0;

  constructor(maxFreeBytes: number) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** Bytes of any value. */
  take(byteLength: number): Uint8Array<ArrayBuffer> {
    if (byteLength > MAX_BLOCK_BYTES) return new Uint8Array(byteLength);
    const size = Math.max(MIN_BLOCK_BYTES, 2 ** Math.ceil(Math.log2(byteLength)));
    let block = this.#free.get(size)?.pop();
    if (block === undefined) block = new ArrayBuffer(size);
    else this.#freeBytes -= size;
    const bytes = new Uint8Array(block, 0, byteLength);
    this.#lent.add(bytes);
    return bytes;
  }

  /** Nobody reads these bytes any more. Passes over what is not the pool's, or was given back before. */
  give(bytes: Uint8Array): void {
    if (!this.#lent.delete(bytes)) return;
    const block = bytes.buffer as ArrayBuffer;
    const size = block.byteLength;
    if (size === 0 || this.#freeBytes + size > this.#maxFreeBytes) return; // 0: it was transferred
    const blocks = this.#free.get(size);
    if (blocks === undefined) this.#free.set(size, [block]);
    else blocks.push(block);
    this.#freeBytes += size;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }
}

type Written = (error?: Error | null) => void;

/**
 * A response of node:http that gives its pieces back to the pool when the system has taken them, or will not: a write's
 * callback comes when nothing looks at its bytes any more. Pieces of a write that failed are left as garbage.
 */
export function pooledResponseClass(pool: BytePool): typeof ServerResponse {
  return class PooledResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    #last: Uint8Array | null = null;

    override write(chunk: unknown, encoding?: BufferEncoding | Written, written?: Written): boolean {
      if (!(chunk instanceof Uint8Array)) return super.write(chunk, encoding as BufferEncoding, written);
      const told = typeof encoding === "function" ? encoding : written;
      return super.write(chunk, (error) => {
        if (!error) pool.give(chunk);
        told?.(error);
      });
    }

    override end(chunk?: unknown, encoding?: BufferEncoding | (() => void), ended?: () => void): this {
      if (chunk instanceof Uint8Array) {
        this.#last = chunk;
        this.on("finish", PooledResponse.#giveLast); // it comes once; `once` would make objects for that
      }
      return super.end(chunk, encoding as BufferEncoding, ended);
    }

    static #giveLast(this: PooledResponse): void {
      if (this.#last !== null) pool.give(this.#last);
      this.#last = null;
    }
  };
}
