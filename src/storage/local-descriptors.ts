/** A file as it was when it was opened. */
export type OpenFile = {
  readonly descriptor: number;
  readonly version: string;
  readonly byteLength: number;
  /** On a disk of this machine: once its bytes are in memory, reading them never waits for anybody else. */
  readonly isLocal: boolean;
  readonly inode: number;
  /** Milliseconds since 1970. While it stays the same nothing about the file has changed, its links included. */
  changeTimeMs: number;
};

type Entry = { readonly file: OpenFile; users: number; retired: boolean };

/**
 * Keeps files open between reads, least recently used first in the map and first to go.
 * A descriptor with a read under way is never closed, so reads in parallel can exceed `maxOpen` for a moment.
 */
export class DescriptorPool {
  readonly #entries = new Map<string, Entry>();
  readonly #maxOpen: number;
  readonly #open: (path: string) => Promise<OpenFile>;
  readonly #close: (file: OpenFile) => void;

  constructor(options: {
    readonly maxOpen: number;
    readonly open: (path: string) => Promise<OpenFile>;
    readonly close: (file: OpenFile) => void;
  }) {
    this.#maxOpen = options.maxOpen;
    this.#open = options.open;
    this.#close = options.close;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Runs `work` on the open file of a path; opens it when it is not open, or open in another version. Without `version` it
   * is opened in any case.
   */
  async use<T>(path: string, version: string | undefined, work: (file: OpenFile) => Promise<T> | T): Promise<T> {
    const known = version === undefined ? undefined : this.#borrow(path, version);
    const entry = known ?? (await this.#add(path));
    try {
      return await work(entry.file);
    } finally {
      entry.users--;
      if (entry.retired && entry.users === 0) this.#close(entry.file);
      this.#shrink(this.#maxOpen);
    }
  }

  /** The open file of a path, for use before the caller's turn ends; undefined when it is not open, in this version. */
  peek(path: string, version = this.#entries.get(path)?.file.version): OpenFile | undefined {
    if (version === undefined) return undefined;
    const entry = this.#borrow(path, version);
    if (entry !== undefined) entry.users--;
    return entry?.file;
  }

  /** Forgets a file that is no longer what its path leads to; closes it when its last read is over. */
  retire(path: string, file?: OpenFile): void {
    const entry = this.#entries.get(path);
    if (entry === undefined || (file !== undefined && entry.file !== file)) return;
    this.#entries.delete(path);
    entry.retired = true;
    if (entry.users === 0) this.#close(entry.file);
  }

  retireAll(): void {
    for (const path of [...this.#entries.keys()]) this.retire(path);
  }

  // Counts the user in the same turn: an entry without one may be closed by whoever runs next.
  #borrow(path: string, version: string): Entry | undefined {
    const entry = this.#entries.get(path);
    if (entry?.file.version !== version) return undefined;
    this.#entries.delete(path); // to the end: used last
    this.#entries.set(path, entry);
    entry.users++;
    return entry;
  }

  async #add(path: string): Promise<Entry> {
    const file = await this.#open(path).catch((error: unknown) => {
      if (!isOutOfDescriptors(error)) throw error;
      this.#shrink(0);
      return this.#open(path);
    });
    const rival = this.#borrow(path, file.version); // opened by someone else in the meantime
    if (rival !== undefined) {
      this.#close(file);
      return rival;
    }
    this.retire(path);
    this.#shrink(this.#maxOpen - 1);
    const entry = { file, users: 1, retired: false };
    this.#entries.set(path, entry);
    return entry;
  }

  #shrink(target: number): void {
    if (this.#entries.size <= target) return;
    for (const [path, entry] of [...this.#entries]) {
      if (this.#entries.size <= target) return;
      if (entry.users === 0) this.retire(path);
    }
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  const code = (error as { cause?: NodeJS.ErrnoException }).cause?.code;
  return code === "EMFILE" || code === "ENFILE";
}
