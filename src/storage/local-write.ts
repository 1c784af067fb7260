import { createHash } from "node:crypto";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { ServiceError } from "../errors.ts";
import { throwIfCanceled } from "./_checked-read.ts";
import type { FileBody, WrittenFile } from "./result-store.ts";

type Place = {
  /** For errors. */
  readonly name: string;
  readonly folder: string;
  /** In the same folder, so that a rename is one step. */
  readonly temporary: string;
  readonly path: string;
};

/** The group may read: the proxy's, which sends results. Nobody else on the machine may, whatever the umask. */
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;
/** Bytes that are hashed at once while the disk writes them. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Writes a file under its temporary name, brings it to the disk, then gives it its name: it is there whole or not at all,
 * whatever dies when. One piece is in memory at a time. On failure nothing is left, and the body is canceled; only where
 * the disk fails after the file has its name, it stays, whole.
 */
export async function writeDurably(place: Place, body: FileBody, signal: AbortSignal): Promise<WrittenFile> {
  const { name, folder, temporary, path } = place;
  let begun = false;
  try {
    throwIfCanceled(signal, `Write ${name}`);
    const handle = await onDisk(name, async () => {
      await makeFolder(folder);
      return open(temporary, "wx", FILE_MODE);
    });
    begun = true;
    const written = await fill(handle, place, body, signal);
    throwIfCanceled(signal, `Write ${name}`);
    await onDisk(name, async () => {
      await rename(temporary, path);
      await syncFolder(folder);
    });
    return written;
  } catch (error) {
    if (begun) await rm(temporary, { force: true }).catch(() => undefined); // the collector finds what stays
    if (body instanceof ReadableStream && !body.locked) await body.cancel(error).catch(() => undefined);
    throw error;
  }
}

/** Closes the file in any case. */
async function fill(handle: FileHandle, { name }: Place, body: FileBody, signal: AbortSignal): Promise<WrittenFile> {
  const hash = createHash("sha256");
  let byteLength = 0;
  try {
    for await (const piece of piecesOf(body, signal, name)) {
      const writing = onDisk(name, () => writeAll(handle, piece));
      hash.update(piece);
      await writing;
      byteLength += piece.length;
    }
    await onDisk(name, () => handle.sync());
  } finally {
    await handle.close();
  }
  return { byteLength, sha256: hash.digest("hex") };
}

async function* piecesOf(body: FileBody, signal: AbortSignal, name: string) {
  for await (const chunk of body instanceof Uint8Array ? [body] : chunksOf(body, signal, name)) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      throwIfCanceled(signal, `Write ${name}`);
      yield chunk.subarray(at, at + PIECE_BYTES);
    }
  }
}

/** Does not wait for a chunk once the signal has fired. */
async function* chunksOf(body: ReadableStream<Uint8Array>, signal: AbortSignal, name: string) {
  const reader = body.getReader();
  const onAbort = () => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      throwIfCanceled(signal, `Write ${name}`); // a canceled stream looks like one that has ended
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    await reader.cancel().catch(() => undefined); // nothing to an ended one
    reader.releaseLock();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
    if (bytesWritten === 0) throw new Error("nothing was written");
    at += bytesWritten;
  }
}

async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (made !== undefined) await syncFolder(dirname(folder));
}

/** The names in a folder are brought to the disk by themselves. Some network disks cannot, and need not be asked. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await handle.close();
  }
}

async function onDisk<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    const full = code === "ENOSPC" || code === "EDQUOT";
    const reason = full ? `the disk of the results is full (${code})` : `the disk answered ${code}`;
    throw new ServiceError("unavailable", `Cannot write ${name}: ${reason}`, { cause });
  }
}
