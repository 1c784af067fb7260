import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../db/records-database.ts";
import type { Configuration } from "./configuration.ts";
import { recordsDatabaseFile } from "./data-files.ts";

/** Opens what jobs, accounts and history are written down in, at this version: once a process. */
export function openRecords(configuration: Configuration): RecordsDatabase {
  const records = openRecordsDatabase(recordsDatabaseFile(configuration));
  migrateRecords(records);
  return records;
}
