import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

type Blob = { byteLength: number };

/**
 * Files of ours that can be made again, in one folder, each written whole or not at all, that nobody else on the machine may
 * read. When they pass the budget, those that were not read or written for longest go. Names are ours: letters, digits,
 * dots. One process writes; others may read, and find a file gone.
 */
export class BlobFolder {
  readonly #folder: string;
  readonly #maxBytes: number;
  /** Least recently used first; made from the folder when it is first written to. */
  #blobs: Promise<Map<string, Blob>> | null = null;
  #usedBytes = 0;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** null where there is no such file. */
  async read(name: string): Promise<Uint8Array | null> {
    const path = join(this.#folder, name);
    try {
      const bytes = await readFile(path);
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined); // used: a read-only folder serves as well
      return bytes;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  /** Writes nothing that is larger than the whole budget. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > this.#maxBytes) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#blobs ??= this.#list();
    const blobs = await this.#blobs;
    const temporary = join(this.#folder, `${name}.${crypto.randomUUID()}.tmp`);
    try {
      await writeFile(temporary, bytes, { mode: 0o600 });
      await rename(temporary, join(this.#folder, name));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    this.#usedBytes += bytes.length - (blobs.get(name)?.byteLength ?? 0);
    blobs.delete(name);
    blobs.set(name, { byteLength: bytes.length });
    for (const [oldest, { byteLength }] of blobs) {
      if (this.#usedBytes <= this.#maxBytes) break;
      await rm(join(this.#folder, oldest), { force: true });
      blobs.delete(oldest);
      this.#usedBytes -= byteLength;
    }
  }

  /** What an earlier process left, half-written files of it removed. */
  async #list(): Promise<Map<string, Blob>> {
    const found: { name: string; byteLength: number; used: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      if (name.endsWith(".tmp")) {
        await rm(path, { force: true });
        continue;
      }
      const facts = await stat(path).catch(() => null);
      if (facts?.isFile()) found.push({ name, byteLength: facts.size, used: facts.mtimeMs });
    }
    found.sort((a, b) => a.used - b.used);
    this.#usedBytes = found.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return new Map(found.map(({ name, byteLength }) => [name, { byteLength }]));
  }
}
