import type { Arena } from "../codec/arena.ts";
import { STREAM_PADDING } from "../codec/layout.ts";
import { ByteIntervals } from "./byte-intervals.ts";
import { SeekIndex, seekStepsOf, type SeekIndexStore } from "./seek-index.ts";

/** What the cache needs to know of a compressed image. */
export type CacheablePlane = {
  /** Names one version of one HDU of one file. */
  readonly cacheKey: string;
  readonly heapLength: number;
  readonly tileCount: number;
  /** Seek entries a tile can have; 0 where its codec has none. */
  readonly seekEntriesPerTile: number;
  readonly tilesAreRows: boolean;
};

/** Compressed bytes of a plane at their place: byte `offset` of the heap is at `address + offset` once it is in `present`. */
export type CachedHeap = { readonly address: number; readonly present: ByteIntervals };

export type PlaneLease = {
  /** null where the plane is not (yet) worth its memory, or has no room. */
  readonly heap: CachedHeap | null;
  readonly index: SeekIndex | null;
  release(): void;
};

type Entry<T> = { value: T; address: number; byteLength: number; pins: number };

/**
 * The compressed bytes and seek indices of recently used planes, each under a byte budget in the arena. A plane in use
 * is never evicted; the one unused for longest goes first.
 */
export class PlaneCache {
  readonly #heaps: BudgetedCache<CachedHeap>;
  readonly #indices: BudgetedCache<SeekIndex>;
  readonly #store: SeekIndexStore | null;
  /** Planes met once: a heap is kept from the second time on, so that one pass over an archive evicts nothing. */
  readonly #metOnce = new Set<string>();
  /** Of `acquire`: planes whose bytes, and whose indices, were found here, and those that were not. */
  readonly counts = { heapHits: 0, heapMisses: 0, indexHits: 0, indexMisses: 0 };

  constructor(arena: Arena, budgets: { heapBytes: number; indexBytes: number }, store: SeekIndexStore | null = null) {
    this.#store = store;
    this.#heaps = new BudgetedCache(arena, budgets.heapBytes);
    this.#indices = new BudgetedCache(arena, budgets.indexBytes, (key, index) => this.#save(key, index));
  }

  /** At once, unless an index has to be read first. */
  acquire(plane: CacheablePlane): PlaneLease | Promise<PlaneLease> {
    const heap = this.#acquireHeap(plane);
    const index = this.#acquireIndex(plane);
    const lease = {
      heap: heap?.value ?? null,
      index: index?.value ?? null,
      release() {
        if (heap !== null) heap.pins--;
        if (index !== null) index.pins--;
      },
    };
    const loading = index?.value.load(this.#store, plane.cacheKey) ?? null;
    if (loading === null) return lease;
    return loading.then(
      () => lease,
      (error: unknown) => {
        lease.release();
        throw error;
      },
    );
  }

  get usage(): { heapBytes: number; indexBytes: number } {
    return { heapBytes: this.#heaps.usedBytes, indexBytes: this.#indices.usedBytes };
  }

  /** Writes every index that has grown since it was loaded. */
  async saveIndices(): Promise<void> {
    for (const [key, index] of this.#indices.entries()) await index.save(this.#store, key);
  }

  /** Gives all memory back; nothing may be in use. */
  clear(): void {
    this.#heaps.clear();
    this.#indices.clear();
    this.#metOnce.clear();
  }

  #acquireHeap(plane: CacheablePlane): Entry<CachedHeap> | null {
    const cached = this.#heaps.get(plane.cacheKey);
    if (cached !== null) {
      this.counts.heapHits++;
      return cached;
    }
    this.counts.heapMisses++;
    if (!this.#metOnce.delete(plane.cacheKey)) {
      this.#metOnce.add(plane.cacheKey);
      if (this.#metOnce.size > MAX_MET_ONCE) {
        for (const oldest of this.#metOnce) {
          this.#metOnce.delete(oldest);
          break;
        }
      }
      return null;
    }
    return this.#heaps.add(plane.cacheKey, plane.heapLength + STREAM_PADDING, (address) => ({
      address,
      present: new ByteIntervals(),
    }));
  }

  #acquireIndex(plane: CacheablePlane): Entry<SeekIndex> | null {
    if (plane.seekEntriesPerTile === 0) return null;
    const cached = this.#indices.get(plane.cacheKey);
    if (cached !== null) {
      this.counts.indexHits++;
      return cached;
    }
    this.counts.indexMisses++;
    const { tileCount, seekEntriesPerTile: entriesPerTile, tilesAreRows } = plane;
    const shape = { tileCount, entriesPerTile, tilesAreRows };
    return this.#indices.add(
      plane.cacheKey,
      seekStepsOf(shape).byteLength,
      (address, arena) => new SeekIndex(arena, address, shape),
    );
  }

  /** An evicted index is written in the background: its bytes are copied out before its memory is used again. */
  #save(key: string, index: SeekIndex): void {
    void index.save(this.#store, key).catch(() => undefined);
  }
}

/** Keys of some 100 bytes each. */
const MAX_MET_ONCE = 4096;

/** Blocks of the arena by key, least recently used first, together at most `budget` bytes. */
class BudgetedCache<T> {
  readonly #arena: Arena;
  readonly #budget: number;
  readonly #onEvict: ((key: string, value: T) => void) | undefined;
  readonly #entries = new Map<string, Entry<T>>();
  usedBytes = 0;

  constructor(arena: Arena, budget: number, onEvict?: (key: string, value: T) => void) {
    this.#arena = arena;
    this.#budget = budget;
    this.#onEvict = onEvict;
  }

  /** Pinned, and now the most recently used. */
  get(key: string): Entry<T> | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.pins++;
    return entry;
  }

  /** Pinned; null where the budget, or the memory, has no room even without the entries that nobody uses. */
  add(key: string, byteLength: number, create: (address: number, arena: Arena) => T): Entry<T> | null {
    if (byteLength > this.#budget) return null;
    for (const [other, entry] of this.#entries) {
      if (this.usedBytes + byteLength <= this.#budget) break;
      if (entry.pins === 0) this.#evict(other, entry);
    }
    if (this.usedBytes + byteLength > this.#budget) return null;
    const address = this.#arena.tryAllocate(byteLength);
    if (address === null) return null;
    const entry = { value: create(address, this.#arena), address, byteLength, pins: 1 };
    this.#entries.set(key, entry);
    this.usedBytes += byteLength;
    return entry;
  }

  *entries(): Iterable<[string, T]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  clear(): void {
    for (const [key, entry] of this.#entries) this.#evict(key, entry);
  }

  #evict(key: string, entry: Entry<T>): void {
    this.#onEvict?.(key, entry.value);
    this.#entries.delete(key);
    this.#arena.release(entry.address);
    this.usedBytes -= entry.byteLength;
  }
}
