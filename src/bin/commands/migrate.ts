import { migrateIndex, openIndexDatabase } from "../../db/index-database.ts";
import { EXIT_OK, parseArguments, type Command } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { indexDatabaseFile } from "../data-files.ts";

export const command: Command = {
  name: "migrate",
  summary: "Bring the databases to this version",
  help: `
Usage: recorte migrate

Creates the databases in RECORTE_DATA if they are not there and brings their tables to this version.
It does nothing when they are, and may run while the service does.`,

  run(args, context) {
    parseArguments(args, {});
    const file = indexDatabaseFile(readConfiguration(context.env));
    const database = openIndexDatabase(file);
    try {
      migrateIndex(database);
    } finally {
      database.close();
    }
    context.stdout.write(`${file} is up to date\n`);
    return Promise.resolve(EXIT_OK);
  },
};
