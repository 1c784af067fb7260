import * as fs from "node:fs";
import { isAbsolute, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { ServiceError } from "../errors.ts";
import type { OpenFile } from "./local-descriptors.ts";

// Not blocking: a pipe put in place of the file, after the check, must not hang the open.
const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

const stat = promisify(fs.stat) as (path: string, options: { bigint: true }) => Promise<fs.BigIntStats>;
const realpath = promisify(fs.realpath.native) as (path: string) => Promise<string>;
const statfs = promisify(fs.statfs) as (path: string) => Promise<fs.StatsFs>;
const openDescriptor = promisify(fs.open) as (path: string, flags: number) => Promise<number>;

/**
 * Opens what `path` leads to, links followed, if it is a regular file in one of `roots`. What may wait takes its turn in
 * the thread pool, all that asks about a path included: a server that has gone silent would stop the whole process. Only
 * of a disk of this machine, with the way to the file in memory, is it opened at once: 2 µs, where a turn costs 25 or more.
 */
export async function openRegularFile(path: string, roots: readonly string[]): Promise<OpenFile> {
  const [real, found] = await attempt(path, () => Promise.all([realpath(path), stat(path, { bigint: true })]));
  await requireInside(path, real, roots);
  requireRegular(path, found); // first: opening a device may already act on it
  const onLocalDisk = await attempt(path, () => isOnLocalDisk(real, found.dev));
  const open = onLocalDisk ? fs.openSync : openDescriptor;
  const descriptor = await attempt(path, () => open(real, OPEN_FLAGS));
  try {
    const { ctimeMs, ino } = fs.fstatSync(descriptor); // first: what changes before the next line is seen later
    const now = fs.fstatSync(descriptor, { bigint: true });
    requireRegular(path, now);
    const isLocal = onLocalDisk && now.dev === found.dev;
    const byteLength = Number(now.size);
    return { descriptor, version: versionOf(now), byteLength, isLocal, inode: ino, changeTimeMs: ctimeMs };
  } catch (error) {
    fs.close(descriptor, () => {});
    throw asServiceError(path, error);
  }
}

/** File systems of Linux on disks and memory of the machine itself (statfs(2), `f_type`); not NFS, CIFS, Lustre, FUSE. */
const LOCAL_FILE_SYSTEMS = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0x2fc12fc1, // ZFS
  0xf2f52010, // F2FS
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
]);

/** By device number: a file system does not change while it is mounted. */
const localDevices = new Map<bigint, boolean>();

function isOnLocalDisk(path: string, device: bigint): boolean | Promise<boolean> {
  return localDevices.get(device) ?? askFileSystem(path, device);
}

async function askFileSystem(path: string, device: bigint): Promise<boolean> {
  const isLocal = LOCAL_FILE_SYSTEMS.has((await statfs(path)).type >>> 0);
  if (localDevices.size >= MAX_DEVICES) localDevices.clear();
  localDevices.set(device, isLocal);
  return isLocal;
}

const MAX_DEVICES = 1024;

/** In the thread pool, where it may take long: a removed file's blocks are freed, or a server is told. */
export function closeFile({ descriptor, isLocal }: OpenFile): void {
  if (isLocal && fs.fstatSync(descriptor).nlink > 0) fs.closeSync(descriptor);
  else fs.close(descriptor, () => {}); // read only: nothing can be lost, and nobody could act on a failure
}

async function requireInside(path: string, real: string, roots: readonly string[]): Promise<void> {
  // What begins a path without links has none either.
  if (roots.some((root) => isAbsolute(root) && isInside(real, root))) return;
  for (const root of roots) {
    const realRoot = await realpath(root).catch(() => undefined); // a disk that is not mounted holds no file either
    if (realRoot === undefined) continue;
    if (isInside(real, realRoot)) return;
  }
  throw new ServiceError("forbidden", `Cannot open ${path}: it must lie in one of the folders that may be read`);
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function requireRegular(path: string, found: fs.BigIntStats): void {
  if (!found.isFile()) throw new ServiceError("missing-file", `Cannot open ${path}: it must be a regular file`);
}

export async function readVersion(path: string): Promise<string> {
  return versionOf(await attempt(path, () => stat(path, { bigint: true })));
}

/** Two writes of equal length within one tick of the file system's clock (about 4 ms) look alike. */
export function versionOf(found: fs.BigIntStats): string {
  return `${found.size}-${found.mtimeNs}-${found.ino}`;
}

/**
 * Whether nothing about the file has changed since it was opened; where it has, its version need not. The time of the
 * last change to anything cannot be set by hand, and moves with the time that the version holds. So plain numbers will
 * do, which have it to 0.0002 ms: less than a write takes, and far less than twenty big integers cost.
 */
export function isUnchanged(file: OpenFile, now: fs.Stats): boolean {
  return now.ctimeMs === file.changeTimeMs && now.ino === file.inode && now.size === file.byteLength;
}

/** The absolute path of a location: a path already, or a `file:` URL. */
export function parsePath(location: string): string {
  let path = location;
  if (/^file:/i.test(location)) {
    try {
      path = fileURLToPath(location);
    } catch (cause) {
      throw new ServiceError("missing-file", `Cannot open "${location}": it must be a file: URL of this host`, {
        cause,
      });
    }
  }
  if (!isAbsolute(path) || path.includes("\0")) {
    throw new ServiceError("missing-file", `Cannot open ${JSON.stringify(location)}: it must be an absolute path`);
  }
  return resolve(path);
}

async function attempt<T>(path: string, action: () => Promise<T> | T): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asServiceError(path, error);
  }
}

export function asServiceError(path: string, error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
  const options = { cause: error };
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
      return new ServiceError("missing-file", `Cannot open ${path}: there is no such file (${code})`, options);
    case "EACCES":
    case "EPERM":
      return new ServiceError("forbidden", `Cannot open ${path}: this process may not read it (${code})`, options);
    case "ESTALE": // a network disk forgot the file behind the descriptor
      return new ServiceError("source-changed", `Cannot read ${path}: it was replaced since it was opened`, options);
    default:
      return new ServiceError("unavailable", `Cannot read ${path}: the disk answered ${code}`, options);
  }
}
