import { ServiceError } from "../errors.ts";
import type { ImageRecord } from "./image-record.ts";
import type { IngestEvent, IngestOptions } from "./ingest-options.ts";
import { scanFile } from "./scan-file.ts";
import type { FilePlace } from "./scan-file.ts";

/** Files whose headers are read at the same time. */
const CONCURRENT_FILES = 8;
const FITS_NAME = /\.(?:fits|fit|fts)(?:\.fz|\.gz)?$/i;

/** The images in a FITS file, or in all of a folder. Files that cannot be used are reported and left out. */
export async function* recordsOfFiles(
  path: string,
  options: IngestOptions,
  report: (event: IngestEvent) => void,
): AsyncIterable<ImageRecord> {
  let waiting: FilePlace[] = [];
  for await (const place of placesIn(path, options, report)) {
    waiting.push(place);
    if (waiting.length < CONCURRENT_FILES) continue;
    yield* await scanAll(waiting, options, report);
    waiting = [];
  }
  yield* await scanAll(waiting, options, report);
}

async function* placesIn(
  path: string,
  { files, signal }: IngestOptions,
  report: (event: IngestEvent) => void,
): AsyncIterable<FilePlace> {
  const found = await files.stat(path, signal);
  if (found === null) {
    report({ kind: "problem", path, line: null, message: "Cannot find it: there is no such file or folder" });
    return;
  }
  if (!found.isFolder) {
    const slash = path.lastIndexOf("/");
    yield { root: path.slice(0, slash), path: path.slice(slash + 1) };
    return;
  }
  const root = path.replace(/\/+$/, "");
  let count = 0;
  for await (const file of files.list(root, signal)) {
    if (FITS_NAME.test(file)) {
      count += 1;
      yield { root, path: file.slice(root.length + 1) };
    } else report({ kind: "ignored", path: file });
  }
  if (count === 0) {
    report({
      kind: "problem",
      path,
      line: null,
      message: "Cannot find images: no file in it is called .fits or .fits.fz",
    });
  }
}

async function scanAll(
  places: readonly FilePlace[],
  { habits, release, files, signal }: IngestOptions,
  report: (event: IngestEvent) => void,
): Promise<ImageRecord[]> {
  const outcomes = await Promise.all(
    places.map((place) =>
      scanFile(place, { habits, release, store: files.store, signal }).catch((error: unknown) => {
        if (isOfTheFile(error)) return error;
        throw error;
      }),
    ),
  );
  return outcomes.filter((outcome, i) => {
    if (!(outcome instanceof ServiceError)) return true;
    const { root, path } = places[i];
    report({ kind: "problem", path: `${root}/${path}`, line: null, message: outcome.message });
    return false;
  }) as ImageRecord[];
}

/** The file's fault, as opposed to ours and to the caller's wish to stop. */
function isOfTheFile(error: unknown): error is ServiceError {
  return error instanceof ServiceError && error.code !== "canceled" && error.code !== "internal";
}
