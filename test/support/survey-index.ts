import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { migrateIndex, openIndexDatabase } from "../../src/db/index-database.ts";
import type { IndexDatabase } from "../../src/db/index-database.ts";
import { DES_HABITS } from "../../src/surveys/des/des-survey.ts";
import { DES_DR2 } from "../../src/surveys/des/releases.ts";
import { ingest } from "../../src/surveys/ingest.ts";
import type { IngestSummary } from "../../src/surveys/ingest.ts";
import type { IngestEvent, IngestOptions } from "../../src/surveys/ingest-options.ts";
import { memoryArchive } from "./memory-archive.ts";

export const NEVER = new AbortController().signal;

export function openEmptyIndex(): IndexDatabase {
  const database = openIndexDatabase(":memory:");
  migrateIndex(database);
  return database;
}

/** The table of all 10,169 tiles of DES DR2. */
export function readTileTable(): string {
  const packed = readFileSync(new URL("../fixtures/surveys/dr2_tiles.csv.gz", import.meta.url));
  return gunzipSync(packed).toString("utf8");
}

/** Ingests `/tiles.csv` of the given contents, as DES DR2 unless `options` say otherwise. */
export async function ingestTable(
  database: IndexDatabase,
  table: string,
  options: Partial<IngestOptions> = {},
): Promise<{ summary: IngestSummary; events: IngestEvent[] }> {
  const events: IngestEvent[] = [];
  const files = memoryArchive({ "/tiles.csv": table });
  const fixed = { release: DES_DR2, habits: DES_HABITS, paths: ["/tiles.csv"], database, files, signal: NEVER };
  const summary = await ingest({ ...fixed, root: "https://archive.example/des", ...options }, (event) =>
    events.push(event),
  );
  return { summary, events };
}
