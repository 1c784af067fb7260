import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { ServiceError } from "../errors.ts";
import * as schema from "./index-schema.ts";

/** The image index: `orm` for tables, `sqlite` for what Drizzle cannot say (the R*Tree). Both are one connection. */
export type IndexDatabase = {
  readonly orm: BetterSQLite3Database<typeof schema>;
  readonly sqlite: Database.Database;
  close(): void;
};

// From src/db and from dist/db alike.
const MIGRATIONS = fileURLToPath(new URL("../../migrations/index", import.meta.url));

const BUSY_TIMEOUT_MILLISECONDS = 5000;
/** Pages kept in memory: the R*Tree of a million footprints has about 100 MB, of which queries touch a small part. */
const CACHE_KIBIBYTES = 64 * 1024;

/** Opens `index.sqlite`, creating it and its folder; `:memory:` for tests. The tables come with `migrateIndex`. */
export function openIndexDatabase(path: string): IndexDatabase {
  let sqlite: Database.Database;
  try {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    sqlite = new Database(path, { timeout: BUSY_TIMEOUT_MILLISECONDS });
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = NORMAL");
    sqlite.pragma("foreign_keys = ON");
    sqlite.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
  } catch (cause) {
    throw new ServiceError("unavailable", `Cannot open the image index "${path}"`, { cause });
  }
  return { orm: drizzle(sqlite, { schema }), sqlite, close: () => void sqlite.close() };
}

/** Brings the tables to this version; does nothing when they are. Several processes may do it at once. */
export function migrateIndex(database: IndexDatabase): void {
  const run = () => migrate(database.orm, { migrationsFolder: MIGRATIONS });
  try {
    try {
      run();
    } catch {
      run(); // Another process came first, between the look at what is to be done and the doing; else it fails again.
    }
  } catch (cause) {
    throw new ServiceError("internal", `Cannot migrate the image index "${database.sqlite.name}"`, { cause });
  }
}
