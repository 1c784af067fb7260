import type { Decoder } from "../codec/decoder.ts";
import { gunzipIfWrapped } from "./gzip-source.ts";
import type { RangeSource, RangeStore } from "../storage/range-source.ts";
import { shortReadsOf } from "../storage/short-reads.ts";
import { openImage, type ImageSelector, type OpenImage } from "./open-image.ts";

/** Where an image lies. */
export type HduLocation = {
  /** An absolute path, or a URL that the store knows. */
  readonly file: string;
  readonly hdu: ImageSelector;
};

/** In use until released; the image stays usable until then, also when the cache has dropped it. */
export type ImageLease = { readonly image: OpenImage; release(): void };

type Entry = {
  readonly key: string;
  readonly image: OpenImage;
  readonly memoryBytes: number;
  pins: number;
  dropped: boolean;
  disposed: boolean;
};

/**
 * Opened images by place, header and tile table kept. Each request asks the store for the file's present version; an
 * image of another version is never given out.
 */
export class ImageCache {
  readonly #store: RangeStore;
  readonly #decoder: Decoder;
  readonly #limits: { readonly maxBytes: number; readonly maxGzipBytes: number };
  /** Used longest ago first. */
  readonly #entries = new Map<string, Entry>();
  readonly #opening = new Map<string, Promise<Entry>>();
  #bytes = 0;
  #inUse = 0;
  /** Images that were asked for and were here, and those that had to be opened. */
  readonly counts = { hits: 0, misses: 0 };

  constructor(store: RangeStore, decoder: Decoder, limits: { maxBytes: number; maxGzipBytes: number }) {
    this.#store = store;
    this.#decoder = decoder;
    this.#limits = limits;
  }

  /** Where the image is here and the store can tell without waiting that its file is the same, there is no promise. */
  open(location: HduLocation, signal?: AbortSignal): ImageLease | Promise<ImageLease> {
    const key = keyOf(location);
    const cached = this.#entries.get(key);
    if (cached === undefined || signal?.aborted === true || this.#store.isCurrent?.(cached.image.source) !== true) {
      return this.#openAfresh(key, location, signal);
    }
    return this.#leaseKnown(cached);
  }

  async #openAfresh(key: string, location: HduLocation, signal: AbortSignal | undefined): Promise<ImageLease> {
    const { file, hdu } = location;
    const source = await this.#store.open(file, { signal });
    const cached = this.#entries.get(key);
    if (cached !== undefined) {
      if (cached.image.source.version === source.version) {
        void source.close();
        return this.#leaseKnown(cached);
      }
      this.#drop(cached);
    }
    this.counts.misses++;
    // Two requests for a new image open it once; it is opened to its end even when the first of them goes away.
    const openingKey = `${key}|${source.version}`;
    let opening = this.#opening.get(openingKey);
    if (opening === undefined) {
      opening = this.#add(key, source, hdu).finally(() => this.#opening.delete(openingKey));
      this.#opening.set(openingKey, opening);
    } else {
      void source.close();
    }
    const entry = await opening;
    signal?.throwIfAborted();
    // Dropped again before this caller had its turn: only when the cache is far too small for its users.
    return entry.disposed ? this.open(location, signal) : this.#lease(entry);
  }

  /** Headers and tables of images, and files that were unzipped. */
  get usedBytes(): number {
    return this.#bytes;
  }

  /** Images that somebody holds. */
  get inUse(): number {
    return this.#inUse;
  }

  /** Forgets all images; those in use go when they are released. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#drop(entry);
  }

  async #add(key: string, source: RangeSource, hdu: ImageSelector): Promise<Entry> {
    const reader = shortReadsOf(source);
    const { readable, heldBytes } = await gunzipIfWrapped(source, this.#limits.maxGzipBytes, reader);
    const image = await openImage(readable, hdu, this.#decoder, readable === source ? { reader } : {});
    const memoryBytes = image.memoryBytes + heldBytes;
    const entry = { key, image, memoryBytes, pins: 0, dropped: false, disposed: false };
    this.#entries.set(key, entry);
    this.#bytes += memoryBytes;
    for (const oldest of this.#entries.values()) {
      if (this.#bytes <= this.#limits.maxBytes || oldest === entry) break;
      this.#drop(oldest);
    }
    return entry;
  }

  #leaseKnown(entry: Entry): ImageLease {
    this.counts.hits++;
    this.#entries.delete(entry.key); // to the end
    this.#entries.set(entry.key, entry);
    return this.#lease(entry);
  }

  #lease(entry: Entry): ImageLease {
    if (entry.pins++ === 0) this.#inUse++;
    let released = false;
    return {
      image: entry.image,
      release: () => {
        if (released) return;
        released = true;
        if (--entry.pins === 0) this.#inUse--;
        // One that fills the cache alone (a large .gz) is not kept beyond its use.
        if (!entry.dropped && entry.memoryBytes > this.#limits.maxBytes) this.#drop(entry);
        else this.#disposeIfUnused(entry);
      },
    };
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
    this.#bytes -= entry.memoryBytes;
    entry.dropped = true;
    this.#disposeIfUnused(entry);
  }

  #disposeIfUnused(entry: Entry): void {
    if (!entry.dropped || entry.pins > 0 || entry.disposed) return;
    entry.disposed = true;
    entry.image.dispose();
    void entry.image.source.close();
  }
}

function keyOf({ file, hdu }: HduLocation): string {
  if ("index" in hdu) return `${file}|${hdu.index}`;
  return "name" in hdu ? `${file}|${hdu.version ?? ""}=${hdu.name}` : `${file}|first`;
}
