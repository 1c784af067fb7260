import { migrateIndex, openIndexDatabase } from "../../db/index-database.ts";
import { migrateRecords, openRecordsDatabase } from "../../db/records-database.ts";
import { EXIT_OK, parseArguments, type Command } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { indexDatabaseFile, recordsDatabaseFile } from "../data-files.ts";

export const command: Command = {
  name: "migrate",
  summary: "Bring the databases to this version",
  help: `
Usage: recorte migrate

Creates the databases in RECORTE_DATA if they are not there and brings their tables to this version.
It does nothing when they are, and may run while the service does.`,

  run(args, context) {
    parseArguments(args, {});
    const configuration = readConfiguration(context.env);
    const index = indexDatabaseFile(configuration);
    withDatabase(openIndexDatabase(index), migrateIndex);
    context.stdout.write(`${index} is up to date\n`);
    const records = recordsDatabaseFile(configuration);
    withDatabase(openRecordsDatabase(records), migrateRecords);
    context.stdout.write(`${records} is up to date\n`);
    return Promise.resolve(EXIT_OK);
  },
};

function withDatabase<D extends { close(): void }>(database: D, change: (database: D) => void): void {
  try {
    change(database);
  } finally {
    database.close();
  }
}
