/** A file that goes into an archive. Nothing is opened before it is read. */
export type ArchiveEntry = {
  /** Without folders. */
  readonly name: string;
  readonly byteLength: number;
  /** Milliseconds since 1970, UTC; the archive keeps seconds. */
  readonly modifiedAt: number;
  /** Bytes [start, end). */
  readonly read: (start: number, end: number) => AsyncIterable<Uint8Array>;
};

export type ArchiveFormat = "tar" | "zip";
