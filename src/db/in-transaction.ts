import type { RecordsDatabase } from "./records-database.ts";

/** Runs `change` while no other process can write. What it throws undoes all. */
export function inTransaction<T>({ sqlite }: RecordsDatabase, change: () => T): T {
  return sqlite.inTransaction ? change() : sqlite.transaction(change).immediate();
}
