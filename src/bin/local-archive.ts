import { createReadStream, statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
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
    lines: readLines,
  };
}

/** Links to folders are not followed: they may lead round in a circle. */
async function* listFiles(folder: string, signal: AbortSignal): AsyncIterable<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw failure(`Cannot list "${folder}"`, cause, signal);
  });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (signal.aborted) throw failure(`Cannot list "${folder}"`, signal.reason, signal);
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* listFiles(path, signal);
    else if (entry.isFile() || entry.isSymbolicLink()) yield path;
  }
}

/** A file that is not made of lines must not fill the memory. */
const MAX_LINE_CHARACTERS = 1 << 20;

async function* readLines(location: string, signal: AbortSignal): AsyncIterable<string> {
  let rest = "";
  try {
    for await (const chunk of createReadStream(location, { encoding: "utf8", signal }) as AsyncIterable<string>) {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop() ?? "";
      yield* lines;
      if (rest.length > MAX_LINE_CHARACTERS) throw new Error(`a line has more than ${MAX_LINE_CHARACTERS} characters`);
    }
  } catch (cause) {
    throw failure(`Cannot read "${location}"`, cause, signal);
  }
  if (rest !== "") yield rest;
}

function failure(message: string, cause: unknown, signal: AbortSignal): ServiceError {
  return new ServiceError(signal.aborted ? "canceled" : "unavailable", message, { cause });
}
