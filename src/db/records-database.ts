import { fileURLToPath } from "node:url";
import type Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { migrateDatabase, openSqlite } from "./_sqlite.ts";
import * as accounts from "./accounts-schema.ts";
import * as records from "./records-schema.ts";

const schema = { ...records, ...accounts };

/** The records: `orm` for tables, `sqlite` for statements that are prepared once. Both are one connection. */
export type RecordsDatabase = {
  readonly orm: BetterSQLite3Database<typeof schema>;
  readonly sqlite: Database.Database;
  close(): void;
};

// From src/db and from dist/db alike.
const MIGRATIONS = fileURLToPath(new URL("../../migrations/records", import.meta.url));
const CACHE_KIBIBYTES = 8 * 1024;

/** Opens `records.sqlite`, creating it and its folder; `:memory:` for tests. The tables come with `migrateRecords`. */
export function openRecordsDatabase(path: string): RecordsDatabase {
  const sqlite = openSqlite(path, { what: "the records", cacheKibibytes: CACHE_KIBIBYTES });
  return { orm: drizzle(sqlite, { schema }), sqlite, close: () => void sqlite.close() };
}

/** Brings the tables to this version; does nothing when they are. Several processes may do it at once. */
export function migrateRecords(database: RecordsDatabase): void {
  migrateDatabase(database, { what: "the records", folder: MIGRATIONS });
}
