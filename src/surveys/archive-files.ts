import type { RangeStore } from "../storage/range-source.ts";

/** What ingest needs of the place where an archive lies. */
export interface ArchiveFiles {
  /** Null when there is nothing of that name. */
  stat(location: string, signal: AbortSignal): Promise<FileFacts | null>;
  /** All files below a folder, at any depth, in order of name. */
  list(folder: string, signal: AbortSignal): AsyncIterable<string>;
  /** The lines of a text file, without their ends. */
  lines(location: string, signal: AbortSignal): AsyncIterable<string>;
  readonly store: RangeStore;
}

export type FileFacts = { readonly byteLength: number; readonly isFolder: boolean };

/** An address, as opposed to a path of the local disk. */
export function isAddress(location: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
}
