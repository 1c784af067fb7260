import { fileURLToPath } from "node:url";
import type Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { migrateDatabase, openSqlite } from "./_sqlite.ts";
import * as schema from "./index-schema.ts";

/** The image index: `orm` for tables, `sqlite` for what Drizzle cannot say (the R*Tree). Both are one connection. */
export type IndexDatabase = {
  readonly orm: BetterSQLite3Database<typeof schema>;
  readonly sqlite: Database.Database;
  close(): void;
};

// From src/db and from dist/db alike.
const MIGRATIONS = fileURLToPath(new URL("../../migrations/index", import.meta.url));

/** Pages kept in memory: the R*Tree of a million footprints has about 100 MB, of which queries touch a small part. */
const CACHE_KIBIBYTES = 64 * 1024;

/** Opens `index.sqlite`, creating it and its folder; `:memory:` for tests. The tables come with `migrateIndex`. */
export function openIndexDatabase(path: string): IndexDatabase {
  const sqlite = openSqlite(path, { what: "the image index", cacheKibibytes: CACHE_KIBIBYTES });
  return { orm: drizzle(sqlite, { schema }), sqlite, close: () => void sqlite.close() };
}

/** Brings the tables to this version; does nothing when they are. Several processes may do it at once. */
export function migrateIndex(database: IndexDatabase): void {
  migrateDatabase(database, { what: "the image index", folder: MIGRATIONS });
}
