import { constants, type Dir } from "node:fs";
import { open, opendir, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ServiceError } from "../errors.ts";
import { JOB_ID, RESULT_NAME, type OpenResult, type ResultFile, type ResultStore } from "./result-store.ts";
import { writeDurably } from "./local-write.ts";

/** Pieces that a file is read in: one of them is in memory for each reader. */
const READ_BYTES = 256 * 1024;

/** `.{name}.{random}.part`: a file that is being written. */
const PARTIAL = /^\..+\.[0-9a-f]{16}\.part$/;

/** Results in folders `{folder}/{jobId}`, made when they are needed. Any number of processes may use one folder. */
export function createLocalResults(folder: string): ResultStore {
  const folderOf = (jobId: string) => join(folder, checked(jobId, JOB_ID, "job id"));
  const pathOf = (jobId: string, name: string) => join(folderOf(jobId), checked(name, RESULT_NAME, "file name"));

  return {
    async write(jobId, name, body, signal) {
      const path = pathOf(jobId, name);
      const random = Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
      const temporary = join(folderOf(jobId), `.${name}.${random}.part`);
      return writeDurably({ name, folder: folderOf(jobId), temporary, path }, body, signal);
    },

    async open(jobId, name) {
      const path = pathOf(jobId, name);
      // Not blocking, and no links: nothing but a file that was written here is ever given out.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await open(path, flags).catch((cause: unknown) => {
        throw readError(name, cause);
      });
      try {
        const found = await handle.stat();
        if (!found.isFile()) throw new ServiceError("missing-file", `Cannot open ${name}: it is not a regular file`);
        return openResult(name, handle, found.size);
      } catch (error) {
        await handle.close();
        throw error;
      }
    },

    remove: (jobId, name) => rm(pathOf(jobId, name), { force: true }),

    // Retried where a writer puts a file into the folder while it is being emptied.
    removeJob: (jobId) => rm(folderOf(jobId), { recursive: true, force: true, maxRetries: 5 }),

    async *listJobs() {
      const entries = await openFolder(folder);
      if (entries === null) return;
      for await (const entry of entries) {
        if (!entry.isDirectory() || !JOB_ID.test(entry.name)) continue;
        const found = await stat(join(folder, entry.name)).catch(() => null); // removed meanwhile
        if (found !== null) yield { jobId: entry.name, modifiedAt: found.mtimeMs };
      }
    },

    async listFiles(jobId) {
      const files: ResultFile[] = [];
      for (const name of await readdir(folderOf(jobId)).catch(noneWhereMissing)) {
        if (RESULT_NAME.test(name)) files.push({ name, partial: false });
        if (!PARTIAL.test(name)) continue;
        const found = await stat(join(folderOf(jobId), name)).catch(() => null); // renamed or removed meanwhile
        if (found !== null) files.push({ name, partial: true, modifiedAt: found.mtimeMs });
      }
      return files;
    },

    async removePartial(jobId, before) {
      let removed = 0;
      for (const name of await readdir(folderOf(jobId)).catch(noneWhereMissing)) {
        if (!PARTIAL.test(name)) continue;
        const path = join(folderOf(jobId), name);
        const found = await stat(path).catch(() => null);
        if (found === null || found.mtimeMs >= before) continue;
        await rm(path, { force: true });
        removed++;
      }
      return removed;
    },
  };
}

/** Ids and names are checked where they come in; this is the last line. */
function checked(text: string, pattern: RegExp, what: string): string {
  if (pattern.test(text)) return text;
  throw new ServiceError(
    "internal",
    `Cannot use ${JSON.stringify(text)} as a ${what}: it must match ${pattern.source}`,
  );
}

function openResult(name: string, handle: FileHandle, byteLength: number): OpenResult {
  async function* read(start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = start; at < end; ) {
      const piece = new Uint8Array(Math.min(READ_BYTES, end - at));
      const { bytesRead } = await handle.read(piece, 0, piece.length, at).catch((cause: unknown) => {
        throw readError(name, cause);
      });
      if (bytesRead === 0) throw new ServiceError("source-changed", `Cannot read ${name}: it became shorter`);
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  return { byteLength, read, close: () => handle.close() };
}

async function openFolder(folder: string): Promise<Dir | null> {
  return opendir(folder).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
}

function noneWhereMissing(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function readError(name: string, cause: unknown): ServiceError {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
  if (code === "ENOENT" || code === "ELOOP") {
    return new ServiceError("missing-file", `Cannot open ${name}: there is no such file (${code})`, { cause });
  }
  return new ServiceError("unavailable", `Cannot read ${name}: the disk answered ${code}`, { cause });
}
