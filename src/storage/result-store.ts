/** Files of jobs, in a folder a job. A file appears under its name only when it is whole. */
export interface ResultStore {
  /** Replaces a file of that name. On any failure, and when the signal fires, nothing is left. */
  write(jobId: string, name: string, body: FileBody, signal: AbortSignal): Promise<WrittenFile>;
  /** "missing-file" where it is not there. */
  open(jobId: string, name: string): Promise<OpenResult>;
  remove(jobId: string, name: string): Promise<void>;
  /** The whole folder; nothing where there is none. */
  removeJob(jobId: string): Promise<void>;
  /** Job ids with a folder, and how long ago each was last written to. */
  listJobs(): AsyncIterable<{ readonly jobId: string; readonly modifiedAt: number }>;
  /** Names in a job's folder that are whole; `partial` are those that are not (yet). */
  listFiles(jobId: string): Promise<readonly ResultFile[]>;
  /** Removes unfinished files that were last written to before this instant. How many. */
  removePartial(jobId: string, before: number): Promise<number>;
}

export type FileBody = Uint8Array | ReadableStream<Uint8Array>;
export type WrittenFile = { readonly byteLength: number; readonly sha256: string };
export type ResultFile = { readonly name: string; readonly byteLength: number; readonly partial: boolean };

export type OpenResult = {
  readonly byteLength: number;
  /** Bytes [start, end) of the file, from one version of it. Cancelling closes it. */
  stream(start: number, end: number): ReadableStream<Uint8Array>;
  /** Where no stream is taken. */
  close(): Promise<void>;
};
