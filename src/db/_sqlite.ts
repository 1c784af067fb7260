import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { ServiceError } from "../errors.ts";

const BUSY_TIMEOUT_MILLISECONDS = 5000;

export type SqliteOptions = {
  /** Names it in errors. */
  readonly what: string;
  readonly cacheKibibytes: number;
};

/**
 * One connection to an embedded database that several processes may share. When it is made, nobody else on the machine may
 * read it, nor enter its folder where that is made too; the files that SQLite lays beside it follow it.
 */
export function openSqlite(path: string, { what, cacheKibibytes }: SqliteOptions): Database.Database {
  try {
    if (path !== ":memory:") {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      makePrivateFile(path);
    }
    const sqlite = new Database(path, { timeout: BUSY_TIMEOUT_MILLISECONDS });
    sqlite.pragma("journal_mode = WAL");
    // A commit survives the death of the process; the death of the machine may take the last ones, and never breaks the file.
    sqlite.pragma("synchronous = NORMAL");
    sqlite.pragma("foreign_keys = ON");
    sqlite.pragma(`cache_size = -${cacheKibibytes}`);
    return sqlite;
  } catch (cause) {
    throw new ServiceError("unavailable", `Cannot open ${what} "${path}"`, { cause });
  }
}

/**
 * An empty file is an empty database. Made so from the start: there is no moment when others may open it. One that is
 * there is not touched: to close a file gives up all locks that this process has on it, SQLite's too (POSIX, fcntl).
 */
function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

type Migratable = {
  readonly orm: BetterSQLite3Database<Record<string, unknown>>;
  readonly sqlite: Database.Database;
};

export function migrateDatabase(
  { orm, sqlite }: Migratable,
  { what, folder }: { readonly what: string; readonly folder: string },
): void {
  const run = () => migrate(orm, { migrationsFolder: folder });
  try {
    try {
      run();
    } catch {
      run(); // Another process came first, between the look at what is to be done and the doing; else it fails again.
    }
  } catch (cause) {
    throw new ServiceError("internal", `Cannot migrate ${what} "${sqlite.name}"`, { cause });
  }
}
