import { ServiceError } from "../errors.ts";
import { isAddress } from "./archive-files.ts";
import type { FileFacts } from "./archive-files.ts";
import type { ImageRecord, RecordedPlane } from "./image-record.ts";
import type { ExpectedImage } from "./ingest-habits.ts";
import type { IngestEvent, IngestOptions } from "./ingest-options.ts";

/** Lines whose files are looked for at the same time. */
const CONCURRENT_LINES = 64;

/** The images that a survey's table names. Lines that do not parse are reported and left out. */
export async function* recordsOfTable(
  path: string,
  options: IngestOptions,
  report: (event: IngestEvent) => void,
): AsyncIterable<ImageRecord> {
  const { habits, release, files, signal } = options;
  const { table } = habits;
  if (table === null) throw new ServiceError("usage", `Cannot ingest "${path}": ${release.id} has no table of places`);
  if (options.root === null) {
    throw new ServiceError("usage", `Cannot ingest "${path}": a table needs --root, the folder of its files`);
  }
  const root = options.root.replace(/\/+$/, "");
  if (!isAddress(root) && (await files.stat(root, signal))?.isFolder !== true) {
    throw new ServiceError("missing-file", `Cannot use --root "${root}": there is no such folder`);
  }
  let lineNumber = 0;
  let waiting: Promise<ImageRecord>[] = [];
  for await (const rawLine of files.lines(path, signal)) {
    lineNumber += 1;
    const line = rawLine.replace(/^\uFEFF/, "").trim();
    if (lineNumber === 1) {
      if (line !== table.header) {
        throw new ServiceError("corrupt-data", `Cannot read "${path}": its first line is not "${table.header}"`);
      }
      continue;
    }
    if (line === "") continue;
    let expected: ExpectedImage[];
    try {
      expected = table.imagesOfLine(line, release);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      report({ kind: "problem", path, line: lineNumber, message: error.message });
      continue;
    }
    waiting.push(...expected.map((image) => findFile(image, root, options, report)));
    if (waiting.length < CONCURRENT_LINES * release.bands.length) continue;
    yield* await Promise.all(waiting);
    waiting = [];
  }
  if (lineNumber === 0) throw new ServiceError("corrupt-data", `Cannot read "${path}": it is empty`);
  yield* await Promise.all(waiting);
}

async function findFile(
  image: ExpectedImage,
  root: string,
  { files, signal }: IngestOptions,
  report: (event: IngestEvent) => void,
): Promise<ImageRecord> {
  const usualPath = image.paths[0] ?? "";
  // Asking an address about fifty thousand files takes hours: they are taken to be there until a cutout needs them.
  if (isAddress(root)) return recordOf(image, { root, path: usualPath, byteLength: null, available: true });
  for (const path of image.paths) {
    const found = await statFile(files.stat(`${root}/${path}`, signal));
    if (found !== null) return recordOf(image, { root, path, byteLength: found.byteLength, available: true });
  }
  report({ kind: "missing", path: `${root}/${usualPath}` });
  return recordOf(image, { root, path: usualPath, byteLength: null, available: false });
}

async function statFile(facts: Promise<FileFacts | null>): Promise<FileFacts | null> {
  const found = await facts;
  return found === null || found.isFolder ? null : found;
}

type Found = { root: string; path: string; byteLength: number | null; available: boolean };

function recordOf(image: ExpectedImage, { root, path, byteLength, available }: Found): ImageRecord {
  const planes = Object.entries(image.extnames).map(([plane, extname]): [string, RecordedPlane] => [
    plane,
    { path, extname, hduIndex: null },
  ]);
  return { ...image.facts, root, planes: Object.fromEntries(planes), byteLength, available };
}
