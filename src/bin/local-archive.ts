import { createReadStream, statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { ServiceError } from "../errors.ts";
import { localStore } from "../storage/local.ts";
import type { ArchiveFiles } from "../surveys/archive-files.ts";

/** An archive on the local disk, of which the files in these folders, and next to these files, may be opened. */
export function createLocalArchive(paths: readonly string[]): ArchiveFiles & { close(): Promise<void> } {
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const roots = paths.map((path) => (isFolder(path) ? path : dirname(path)));
  const store = localStore({ roots, maxOpenFiles: 16 });
  return {
    store,
    close: () => store.close(),
    async stat(location) {
      try {
        const facts = await stat(location);
        return { byteLength: facts.size, isFolder: facts.isDirectory() };
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        if (code === "ENOENT" || code === "ENOTDIR") return null;
        throw new ServiceError("unavailable", `Cannot look at "${location}"`, { cause });
      }
    },
    list: listFiles,
    async *lines(location, signal) {
      try {
        yield* createInterface({
          input: createReadStream(location, { encoding: "utf8", signal }),
          crlfDelay: Infinity,
        });
      } catch (cause) {
        throw new ServiceError("unavailable", `Cannot read "${location}"`, { cause });
      }
    },
  };
}

/** Links to folders are not followed: they may lead round in a circle. */
async function* listFiles(folder: string, signal: AbortSignal): AsyncIterable<string> {
  signal.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* listFiles(path, signal);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}
