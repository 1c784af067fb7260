/** Files of jobs, in a folder a job. A file appears under its name only when it is whole. */
export interface ResultStore {
  /**
   * Replaces a file of that name. On any failure, and when the signal fires, nothing is left, and the body is canceled.
   * "unavailable" where the disk is full or fails; an error of the body is passed on as it is.
   */
  write(jobId: string, name: string, body: FileBody, signal: AbortSignal): Promise<WrittenFile>;
  /** "missing-file" where it is not there. */
  open(jobId: string, name: string): Promise<OpenResult>;
  /** Nothing where there is none. */
  remove(jobId: string, name: string): Promise<void>;
  /** The whole folder; nothing where there is none. */
  removeJob(jobId: string): Promise<void>;
  /** Job ids with a folder, and when a file was last begun, finished or removed in each: milliseconds since 1970. */
  listJobs(): AsyncIterable<{ readonly jobId: string; readonly modifiedAt: number }>;
  /** What is in a job's folder: files that are whole, and those that are not (yet). */
  listFiles(jobId: string): Promise<readonly ResultFile[]>;
  /** Removes unfinished files that were last written to before this instant. How many. */
  removePartial(jobId: string, before: number): Promise<number>;
}

export type FileBody = Uint8Array | ReadableStream<Uint8Array>;
export type WrittenFile = {
  readonly byteLength: number;
  /** Hexadecimal. */
  readonly sha256: string;
};
export type ResultFile = {
  readonly name: string;
  readonly partial: boolean;
  /** Of a partial one, when it was last written to: milliseconds since 1970. */
  readonly modifiedAt?: number;
};

/** One version of a file: it stays the same, and readable, when the file is replaced or removed. */
export type OpenResult = {
  readonly byteLength: number;
  /** Bytes [start, end), in pieces that are the reader's. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Waits for a read that is under way. May be called more than once. */
  close(): Promise<void>;
};

/** Lower-case letters and digits: never a path. */
export const JOB_ID = /^[a-z0-9]{1,64}$/;

/** Safe in every file system, archive and header: no separators, no dot or dash at the start. */
export const RESULT_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}$/;
