import * as fs from "node:fs";

import { ServiceError } from "../errors.ts";
import { prepareRead, requireAllInFile, sourceChanged, throwIfCanceled } from "./_checked-read.ts";
import { DescriptorPool, type OpenFile } from "./local-descriptors.ts";
import {
  asServiceError,
  closeFile,
  isUnchanged,
  openRegularFile,
  parsePath,
  readVersion,
  versionOf,
} from "./local-file.ts";
import type { ByteRange, PlacedRanges, RangeSource, RangeStore, ReadOptions } from "./range-source.ts";
import { PageCacheReader } from "./local-page-cache.ts";
import { newReadTally, type ReadTally } from "./read-tally.ts";

export type LocalStoreOptions = {
  /** Folders whose files may be read. What a location resolves to, links followed, must lie in one of them. */
  readonly roots: readonly string[] | (() => readonly string[]);
  /** Files kept open between reads. Default 256. */
  readonly maxOpenFiles?: number | undefined;
  /** Counts what is read. */
  readonly tally?: ReadTally | undefined;
};

export type LocalStore = Required<RangeStore> & {
  /** Closes the files kept open. Reads under way end first; the store can still be used. */
  close(): Promise<void>;
};

const READ_CHUNK_BYTES = 8 << 20; // how much is read, at most, before a cancellation is noticed: about 2 ms from memory

/** Files of the local disk, by absolute path or `file:` URL. An open of a file known already costs one `stat`. */
export function localStore(options: LocalStoreOptions): LocalStore {
  const { roots, tally = newReadTally() } = options;
  const pool = new DescriptorPool({
    maxOpen: Math.max(1, options.maxOpenFiles ?? 256),
    open: (path) => openRegularFile(path, typeof roots === "function" ? roots() : roots),
    close: closeFile,
  });
  const pageCache = new PageCacheReader();
  return {
    isCurrent({ key, version }) {
      const opened = pool.peek(key, version);
      if (opened === undefined || !opened.isLocal) return false;
      const found = statOrNothing(key);
      return found !== undefined && isUnchanged(opened, found);
    },
    async open(location, { signal } = {}) {
      throwIfCanceled(signal, `Open ${location}`);
      const path = parsePath(location);
      const known = openedNow(pool, path);
      if (known !== undefined) return localSource({ pool, pageCache, tally }, path, known);
      const version = pool.peek(path) === undefined ? undefined : await readVersion(path);
      throwIfCanceled(signal, `Open ${path}`);
      // Opens the file when no descriptor of this version is at hand; what it finds then may be newer still.
      const file = await openCurrent(pool, path, version);
      throwIfCanceled(signal, `Open ${path}`);
      return localSource({ pool, pageCache, tally }, path, file);
    },
    close() {
      pool.retireAll();
      return Promise.resolve();
    },
  };
}

/**
 * The file that is open, if its path leads to it still. Synchronous: 3 µs, where the thread pool takes 30. It waits for no
 * disk, since the open descriptor keeps all that leads to a file of a local disk in memory.
 */
function openedNow(pool: DescriptorPool, path: string): OpenFile | undefined {
  const opened = pool.peek(path);
  if (opened === undefined || !opened.isLocal) return undefined;
  const found = statOrNothing(path);
  if (found === undefined) return undefined;
  if (!isUnchanged(opened, found)) {
    if (versionOrNothing(path) !== opened.version) return undefined;
    opened.changeTimeMs = found.ctimeMs; // only its rights or links are new
  }
  return opened;
}

const NUMBERS = { throwIfNoEntry: false } as const;
const EXACT = { bigint: true, throwIfNoEntry: false } as const;

/** Whatever is wrong with the path is told by who asks again. */
function statOrNothing(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path, NUMBERS);
  } catch {
    return undefined;
  }
}

function versionOrNothing(path: string): string | undefined {
  try {
    const found = fs.statSync(path, EXACT);
    return found && versionOf(found);
  } catch {
    return undefined;
  }
}

type FileVersion = { readonly version: string; readonly byteLength: number };

function openCurrent(pool: DescriptorPool, path: string, version: string | undefined): Promise<FileVersion> {
  return pool.use(path, version, (file) => ({ version: file.version, byteLength: file.byteLength }));
}

/** Holds no descriptor between reads: thousands of sources may be open at once. */
function localSource(
  { pool, pageCache, tally }: { pool: DescriptorPool; pageCache: PageCacheReader; tally: ReadTally },
  path: string,
  { version, byteLength }: FileVersion,
): RangeSource {
  const file = { key: path, byteLength };
  const underWay = new Set<Promise<Uint8Array>>();
  let closed = false;

  async function readRange(target: Uint8Array, start: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return pool.use(path, version, async (opened) => {
      if (opened.version !== version) throw sourceChanged(path, "it was replaced");
      try {
        await fill(target, { path, descriptor: opened.descriptor, start, signal });
        // After the read: a write that began before it has moved the times by now.
        verifyUnchanged(path, opened);
      } catch (error) {
        throw retireIfChanged(opened, error);
      }
      return target;
    });
  }

  function retireIfChanged(opened: OpenFile, error: unknown): ServiceError {
    const failure = asServiceError(path, error);
    if (failure.code === "source-changed") pool.retire(path, opened);
    return failure;
  }

  return {
    ...file,
    version,
    async read(range: ByteRange, options?: ReadOptions) {
      if (closed) throw new ServiceError("internal", `Cannot read ${path}: it has been closed`);
      const target = prepareRead(file, range, options);
      if (target.byteLength === 0) return target;
      tally.reads++;
      tally.bytes += target.byteLength;
      const reading = readRange(target, range.start, options?.signal);
      underWay.add(reading);
      try {
        return await reading;
      } catch (error) {
        // It was there when it was opened; its descriptor has been closed since, to make room.
        if (error instanceof ServiceError && error.code === "missing-file") throw sourceChanged(path, "it was removed");
        throw error;
      } finally {
        underWay.delete(reading);
      }
    },
    readNow(ranges: PlacedRanges, target: Uint8Array) {
      if (closed) throw new ServiceError("internal", `Cannot read ${path}: it has been closed`);
      requireAllInFile(file, ranges);
      const opened = pool.peek(path, version);
      if (opened === undefined || !opened.isLocal) return 0;
      try {
        const done = pageCache.read({ path, descriptor: opened.descriptor }, ranges, target);
        if (done === 0) return 0;
        verifyUnchanged(path, opened);
        tally.reads++;
        for (let i = 0; i < done; i++) tally.bytes += ranges.lengths[i];
        return done;
      } catch (error) {
        throw retireIfChanged(opened, error);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

type FillOptions = {
  readonly path: string;
  readonly descriptor: number;
  readonly start: number;
  readonly signal: AbortSignal | undefined;
};

/** Never settles with a read of the kernel still under way: the caller may reuse `target` at once. */
async function fill(target: Uint8Array, { path, descriptor, start, signal }: FillOptions): Promise<void> {
  let done = 0;
  while (done < target.byteLength) {
    const length = Math.min(target.byteLength - done, READ_CHUNK_BYTES);
    const count = await readOnce({ descriptor, target, offset: done, length, position: start + done });
    throwIfCanceled(signal, `Read ${path}`);
    if (count === 0) throw sourceChanged(path, "it became shorter");
    done += count;
  }
}

type OneRead = {
  readonly descriptor: number;
  readonly target: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly position: number;
};

// Bare callbacks: the kernel writes straight into `target`, which may lie in shared memory.
function readOnce({ descriptor, target, offset, length, position }: OneRead): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(descriptor, target, offset, length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

/**
 * Synchronous on purpose: under 1 µs, where a turn through the thread pool costs 10 to 40, and just after a read even
 * a network disk answers from memory. A change time that moved may only mean new rights or links: then the path decides.
 */
function verifyUnchanged(path: string, file: OpenFile): void {
  const { ctimeMs } = fs.fstatSync(file.descriptor);
  if (ctimeMs === file.changeTimeMs) return;
  const atPath = fs.statSync(path, EXACT);
  if (atPath === undefined) throw sourceChanged(path, "it was removed");
  if (versionOf(atPath) !== file.version) throw sourceChanged(path, "it was changed or replaced");
  file.changeTimeMs = ctimeMs;
}
