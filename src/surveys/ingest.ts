import { ServiceError } from "../errors.ts";
import { createImageWriter } from "./image-writer.ts";
import { recordsOfFiles } from "./ingest-files.ts";
import type { IngestEvent, IngestOptions } from "./ingest-options.ts";
import { recordsOfTable } from "./ingest-table.ts";
import type { ImageRecord } from "./image-record.ts";

export type IngestSummary = {
  readonly added: number;
  readonly updated: number;
  /** Of those, images whose files are missing. */
  readonly missing: number;
  /** Of those, images at an address, which was not asked whether it has them. */
  readonly unchecked: number;
  /** Lines and files that could not be used. */
  readonly problems: number;
  /** Files of folders that are not called FITS. */
  readonly ignored: number;
};

const BATCH_RECORDS = 500;

/**
 * Registers images in the index. Running it again changes nothing; images are recognised by their publisher DID.
 * Each batch is one transaction: stopped half-way, the index holds what was read until then.
 */
export async function ingest(options: IngestOptions, report: (event: IngestEvent) => void): Promise<IngestSummary> {
  const writer = createImageWriter(options.database);
  const summary = { added: 0, updated: 0, missing: 0, unchecked: 0, problems: 0, ignored: 0 };
  const reportAndCount = (event: IngestEvent) => {
    if (event.kind === "problem") summary.problems += 1;
    if (event.kind === "missing") summary.missing += 1;
    if (event.kind === "ignored") summary.ignored += 1;
    report(event);
  };
  const seen = new Map<string, string>();
  for (const path of options.paths) {
    let images = 0;
    const records = withoutDoubles(recordsOfPath(path, options, reportAndCount), seen, reportAndCount);
    for await (const batch of inBatches(records)) {
      if (options.signal.aborted) {
        throw new ServiceError("canceled", `Stopped at "${path}"`, { cause: options.signal.reason });
      }
      const { added, updated } = writer.write(batch);
      summary.added += added;
      summary.updated += updated;
      summary.unchecked += batch.filter((record) => record.available && record.byteLength === null).length;
      images += batch.length;
      report({ kind: "progress", images, path });
    }
  }
  return summary;
}

function recordsOfPath(
  path: string,
  options: IngestOptions,
  report: (event: IngestEvent) => void,
): AsyncIterable<ImageRecord> {
  const isTable = path.toLowerCase().endsWith(".csv");
  return isTable ? recordsOfTable(path, options, report) : recordsOfFiles(path, options, report);
}

/** Two files of one name would silently replace each other: the second is reported. `seen` has the file of each key. */
async function* withoutDoubles(
  records: AsyncIterable<ImageRecord>,
  seen: Map<string, string>,
  report: (event: IngestEvent) => void,
): AsyncIterable<ImageRecord> {
  for await (const record of records) {
    const path = `${record.root}/${record.planes.image?.path ?? ""}`;
    const first = seen.get(record.key) ?? path;
    seen.set(record.key, first);
    if (first === path) yield record;
    else
      report({ kind: "problem", path, line: null, message: `Cannot register it as "${record.key}": that is ${first}` });
  }
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncIterable<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < BATCH_RECORDS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
