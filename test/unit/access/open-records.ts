import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../../../src/db/records-database.ts";

/** Records with all tables, in memory or in a file that other connections may open too. */
export function openRecords(path = ":memory:"): RecordsDatabase {
  const records = openRecordsDatabase(path);
  migrateRecords(records);
  return records;
}
