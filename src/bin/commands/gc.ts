import { migrateRecords, openRecordsDatabase } from "../../db/records-database.ts";
import { collect } from "../../jobs/collector.ts";
import type { Collected } from "../../jobs/collector-pass.ts";
import { createJobChanges } from "../../jobs/job-changes.ts";
import { createLocalResults } from "../../storage/local-results.ts";
import { collectorLimitsOf } from "../collector.ts";
import { EXIT_FAILURE, EXIT_OK, parseArguments, type Command } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { recordsDatabaseFile, resultsFolder } from "../data-files.ts";

export const command: Command = {
  name: "gc",
  summary: "Remove what has outlived its use: jobs, results, old records",
  help: `
Usage: recorte gc [--dry-run]

Looks once over everything in RECORTE_DATA that has outlived its use, does away with it, and prints what it did:

  jobs whose destruction time is over, with their results;
  folders of results that no job has, and files that no record names, after an hour;
  unfinished files that nothing was written to for a day;
  synchronous requests older than RECORTE_HISTORY_DAYS, and workers not heard of for a day.

Results whose file is gone become FAILED, so that the job can be run again for them. A server does the same every
RECORTE_GC_INTERVAL seconds; only one process does it at a time. It may be interrupted at any moment.

Options:
  --dry-run   Print what would be done, and do nothing

Exit status: 0 done; 1 something could not be done, and is told.

Example:
  recorte gc --dry-run`,

  async run(args, { env, stdout, stderr, signal }) {
    const { values } = parseArguments(args, { options: { "dry-run": { type: "boolean" } } });
    const dryRun = values["dry-run"] ?? false;
    const configuration = readConfiguration(env);
    const records = openRecordsDatabase(recordsDatabaseFile(configuration));
    try {
      migrateRecords(records);
      const services = {
        records,
        results: createLocalResults(resultsFolder(configuration)),
        changes: createJobChanges({ records }),
        limits: collectorLimitsOf(configuration),
        now: () => Date.now(),
      };
      const collected = await collect(services, { thorough: true, dryRun, signal });
      if (collected === null) {
        stdout.write("Another process is collecting: nothing was done\n");
        return EXIT_OK;
      }
      if (dryRun) stdout.write("Nothing is done: a pass would tell\n");
      for (const line of describePass(collected)) stdout.write(`${line}\n`);
      for (const problem of collected.problems) stderr.write(`recorte gc: ${problem}\n`);
      return collected.problems.length > 0 ? EXIT_FAILURE : EXIT_OK;
    } finally {
      records.close();
    }
  },
};

type Counts = Omit<Collected, "problems">;

/** In the order that they are printed in. */
const WHAT: readonly (readonly [key: keyof Counts, what: string])[] = [
  ["jobs", "jobs removed whose time was over"],
  ["storedBytes", "bytes of results of theirs"],
  ["folders", "folders removed of jobs that are gone"],
  ["strangers", "files removed that no record names"],
  ["partialFiles", "unfinished files removed"],
  ["lostFiles", "results FAILED whose file is gone"],
  ["history", "synchronous requests forgotten"],
  ["workers", "dead workers forgotten"],
  ["correctedUsage", "users whose bytes were counted wrongly"],
];

function describePass(counts: Counts): string[] {
  const found = WHAT.filter(([key]) => counts[key] > 0);
  if (found.length === 0) return ["Nothing has outlived its use"];
  const width = Math.max(...found.map(([key]) => String(counts[key]).length));
  return found.map(([key, what]) => `${String(counts[key]).padStart(width)}  ${what}`);
}
