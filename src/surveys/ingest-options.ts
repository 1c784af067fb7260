import type { IndexDatabase } from "../db/index-database.ts";
import type { ArchiveFiles } from "./archive-files.ts";
import type { IngestHabits } from "./ingest-habits.ts";
import type { Release } from "./release.ts";

export type IngestOptions = {
  readonly release: Release;
  readonly habits: IngestHabits;
  /** Tables (`.csv`), FITS files and folders of them; absolute. */
  readonly paths: readonly string[];
  /** Where the files that a table names lie: an absolute path or an address. */
  readonly root: string | null;
  readonly database: IndexDatabase;
  readonly files: ArchiveFiles;
  readonly signal: AbortSignal;
};

/** What happens while it runs; the caller decides how to show it. */
export type IngestEvent =
  | { readonly kind: "progress"; readonly images: number; readonly path: string }
  /** A file or a line that could not be used. */
  | { readonly kind: "problem"; readonly path: string; readonly line: number | null; readonly message: string }
  /** A file that a table names and that is not there. */
  | { readonly kind: "missing"; readonly path: string }
  /** A file of a folder that is not called FITS. */
  | { readonly kind: "ignored"; readonly path: string };
