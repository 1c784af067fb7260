import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { indexDatabaseFile } from "../../src/bin/data-files.ts";
import { createLocalArchive } from "../../src/bin/local-archive.ts";
import { createServices, type Services } from "../../src/bin/services.ts";
import { migrateIndex, openIndexDatabase } from "../../src/db/index-database.ts";
import { createImageIndex } from "../../src/surveys/image-index.ts";
import { ingest } from "../../src/surveys/ingest.ts";
import { createRegistry } from "../../src/surveys/registry.ts";

export const SAMPLE_FOLDER = join(import.meta.dirname, "../../sample");

export type SampleServices = Services & { readonly dataFolder: string; dispose(): Promise<void> };

/** Services over the sample survey, or over other folders of a release, in a data folder of their own. */
export async function createSampleServices(
  env: Record<string, string> = {},
  folders: Record<string, string> = { des_sample: join(SAMPLE_FOLDER, "des"), sim_sample: join(SAMPLE_FOLDER, "sim") },
): Promise<SampleServices> {
  const dataFolder = await mkdtemp(join(tmpdir(), "recorte-test-"));
  await ingestFolders(dataFolder, folders);
  const configuration = readConfiguration({ RECORTE_DATA: dataFolder, RECORTE_DECODE_WORKERS: "0", ...env });
  const services = await createServices(configuration);
  return {
    ...services,
    dataFolder,
    async dispose() {
      await services.close();
      await rm(dataFolder, { recursive: true });
    },
  };
}

/** Registers folders of releases in the image index of a data folder, as `recorte ingest` does. */
export async function ingestFolders(dataFolder: string, folders: Record<string, string>): Promise<void> {
  const configuration = readConfiguration({ RECORTE_DATA: dataFolder });
  const database = openIndexDatabase(indexDatabaseFile(configuration));
  migrateIndex(database);
  const registry = createRegistry(createImageIndex(database, configuration.authority));
  const signal = new AbortController().signal;
  for (const [id, path] of Object.entries(folders)) {
    const { release, survey } = registry.getRelease(id);
    const files = createLocalArchive([path]);
    const problems: string[] = [];
    await ingest({ release, habits: survey.habits, paths: [path], root: null, database, files, signal }, (event) => {
      if (event.kind === "problem") problems.push(event.message);
    });
    await files.close();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  }
  database.close();
}
