import { resolve } from "node:path";
import { migrateIndex, openIndexDatabase } from "../../db/index-database.ts";
import { isAddress } from "../../surveys/archive-files.ts";
import { createImageIndex } from "../../surveys/image-index.ts";
import { ingest } from "../../surveys/ingest.ts";
import type { IngestSummary } from "../../surveys/ingest.ts";
import { createRegistry } from "../../surveys/registry.ts";
import { EXIT_FAILURE, EXIT_OK, parseArguments, type Command } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { indexDatabaseFile } from "../data-files.ts";
import { createLocalArchive } from "../local-archive.ts";
import { createIngestReporter } from "./_ingest-reporter.ts";

export const ingestCommand: Command = {
  name: "ingest",
  summary: "Register images, so that the service finds them",
  help: `
Usage: recorte ingest <release> <path>... [--root DIR]

Registers the images of a release in the image index of RECORTE_DATA. A path is

  a table (.csv)   the survey's own table of places, such as DES's dr2_tiles.csv; --root says where its files lie.
                   Images whose files are not there are registered as missing, counted and named.
  a FITS file      its headers say what it shows and where
  a folder         all FITS files below it

Doing it again changes nothing, and takes up files that were missing.

Options:
  --root DIR       folder of the archive that a table describes, or an https:// or s3:// address of it,
                   which is not asked whether it has the files

Exit status: 0 all done; 1 something could not be registered, and was named; 2 called wrongly.

Example:
  recorte ingest des_dr2 dr2_tiles.csv --root /archive/des/dr2
  recorte ingest des_sample sample/des`,

  async run(args, context) {
    const { values, positionals } = parseArguments(args, {
      options: { root: { type: "string" } },
      positionals: ["release", "path..."],
    });
    const [releaseId, ...paths] = positionals as [string, ...string[]];
    const database = openIndexDatabase(indexDatabaseFile(readConfiguration(context.env)));
    const root = values.root === undefined ? null : isAddress(values.root) ? values.root : resolve(values.root);
    const absolute = paths.map((path) => resolve(path));
    const files = createLocalArchive(absolute);
    try {
      migrateIndex(database);
      const { release, survey } = createRegistry(createImageIndex(database, "")).getRelease(releaseId);
      const reporter = createIngestReporter(context.stderr);
      const options = {
        release,
        habits: survey.habits,
        paths: absolute,
        root,
        database,
        files,
        signal: context.signal,
      };
      const summary = await ingest(options, reporter.report).finally(() => reporter.end());
      context.stdout.write(describeSummary(releaseId, summary));
      return summary.problems > 0 ? EXIT_FAILURE : EXIT_OK;
    } finally {
      await files.close();
      database.close();
    }
  },
};

export { ingestCommand as command };

function describeSummary(release: string, summary: IngestSummary): string {
  const parts = [`${summary.added} added`, `${summary.updated} updated`];
  if (summary.missing > 0) parts.push(`${summary.missing} of them without a file`);
  if (summary.unchecked > 0) parts.push(`${summary.unchecked} of them not looked for`);
  if (summary.ignored > 0) parts.push(`${summary.ignored} other files passed over`);
  if (summary.problems > 0) parts.push(`${summary.problems} could not be registered`);
  return `${release}: ${parts.join(", ")}\n`;
}
