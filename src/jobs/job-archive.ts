import type { ArchiveEntry, ArchiveFormat } from "../encode/archive.ts";
import { readTar, tarByteLength } from "../encode/tar.ts";
import { readZip, zipByteLength } from "../encode/zip.ts";
import { formatHexadecimal } from "../storage/hexadecimal.ts";
import type { ResultStore } from "../storage/result-store.ts";
import { formatManifestCsv, formatManifestJson, listStored, type JobContents, type StoredResult } from "./manifest.ts";

/** A file that is made while it is read, and is the same each time as long as the job is. */
export type MadeFile = {
  readonly byteLength: number;
  /** Hexadecimal; of all that is in it. */
  readonly digest: string;
  /** Milliseconds since 1970: when the last thing in it was made. */
  readonly modifiedAt: number;
  /** Bytes [start, end). */
  readonly read: (start: number, end: number) => AsyncIterable<Uint8Array>;
};

/** To be raised when the bytes of archives or manifests change for another reason than what is in them. */
const LAYOUT = "1";

export async function makeManifest(contents: JobContents, format: "json" | "csv"): Promise<MadeFile> {
  const text = format === "json" ? formatManifestJson : formatManifestCsv;
  const pieces = () => encodePieces(text(contents));
  const modifiedAt = modifiedAtOf(contents);
  // The csv says nothing that the json does not; and it is all made of the json's values.
  let byteLength = 0;
  let digest = new Uint8Array();
  for (const piece of pieces()) {
    byteLength += piece.length;
    digest = await chain(digest, piece);
  }
  digest = await chain(digest, new TextEncoder().encode(LAYOUT));
  return {
    byteLength,
    digest: formatHexadecimal(digest),
    modifiedAt,
    read: (start, end) => clip(pieces(), start, end),
  };
}

/**
 * Every file that is there so far, behind the manifests that say what they are. It is never built anywhere: one file is
 * open at a time while it is read. A zip is read as a whole only.
 */
export async function makeArchive(contents: JobContents, format: ArchiveFormat, store: ResultStore): Promise<MadeFile> {
  const [json, csv] = [await makeManifest(contents, "json"), await makeManifest(contents, "csv")];
  const entries = [
    { name: "manifest.json", ...json },
    { name: "manifest.csv", ...csv },
    ...listStored(contents).map((result) => entryOf(result, store)),
  ];
  const { digest, modifiedAt } = json; // it has the sum of every file
  if (format === "zip") {
    return { byteLength: zipByteLength(entries), digest, modifiedAt, read: () => readZip(entries) };
  }
  return { byteLength: tarByteLength(entries), digest, modifiedAt, read: (start, end) => readTar(entries, start, end) };
}

function entryOf({ jobId, file, endedAt }: StoredResult, store: ResultStore): ArchiveEntry {
  const { name, byteLength } = file;
  async function* read(start: number, end: number) {
    const opened = await store.open(jobId, name);
    try {
      yield* opened.read(start, end);
    } finally {
      await opened.close();
    }
  }
  return { name, byteLength, modifiedAt: endedAt ?? 0, read };
}

function modifiedAtOf({ job, results }: JobContents): number {
  return results.reduce((latest, { endedAt }) => Math.max(latest, endedAt ?? 0), job.endedAt ?? job.createdAt);
}

const PIECE_CHARACTERS = 32 * 1024;

function* encodePieces(texts: Iterable<string>): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let held = "";
  for (const text of texts) {
    held += text;
    if (held.length < PIECE_CHARACTERS) continue;
    yield encoder.encode(held);
    held = "";
  }
  if (held !== "") yield encoder.encode(held);
}

async function* clip(pieces: Iterable<Uint8Array>, start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const piece of pieces) {
    if (at >= end) return;
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += piece.length;
    await Promise.resolve();
    if (part.length > 0) yield part;
  }
}

/** Sum of a sum and what follows it: in pieces, since the platform's own takes everything at once. */
async function chain(before: Uint8Array, piece: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(before.length + piece.length);
  bytes.set(before);
  bytes.set(piece, before.length);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
