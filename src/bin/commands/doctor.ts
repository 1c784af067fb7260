import { access, constants, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServiceError } from "../../errors.ts";
import { describeError } from "../command-line.ts";
import { EXIT_FAILURE, EXIT_OK, parseArguments, type Command, type CommandContext } from "../command.ts";
import { readConfiguration, type Configuration } from "../configuration.ts";
import { indexDatabaseFile } from "../data-files.ts";

export const command: Command = {
  name: "doctor",
  summary: "Check the set-up, and say what is wrong",
  help: `
Usage: recorte doctor

Checks what a service needs, one line each: Node's version, the configuration, the data folder, the decoder, the
databases, and the folders of the archive. It changes nothing but the databases' version.

Exit status: 0 all is well; 1 something is not.`,

  async run(args, context) {
    parseArguments(args, {});
    const report = createReport(context);
    await report.check("Node", checkNode);
    await report.check("decoder", checkDecoder);
    let configuration: Configuration | undefined;
    await report.check("configuration", () => {
      configuration = readConfiguration(context.env);
      return "every setting is valid";
    });
    if (configuration !== undefined) {
      const checked = configuration;
      await report.check("data folder", () => checkDataFolder(checked));
      await report.check("image index", () => checkIndex(checked));
      for (const root of checked.archiveRoots) await report.check("archive", () => checkRoot(root));
    }
    return report.isWell() ? EXIT_OK : EXIT_FAILURE;
  },
};

function createReport({ stdout }: CommandContext) {
  let failures = 0;
  return {
    isWell: () => failures === 0,
    async check(name: string, examine: () => string | Promise<string>): Promise<void> {
      try {
        stdout.write(`ok      ${name}: ${await examine()}\n`);
      } catch (error) {
        failures++;
        stdout.write(`WRONG   ${name}: ${describeError(error)}\n`);
      }
    },
  };
}

function checkNode(): string {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return process.versions.node;
  throw new Error(`${process.versions.node} is too old: 20.19 or newer is needed`);
}

async function checkDecoder(): Promise<string> {
  const path = join(import.meta.dirname, "../../../build/recorte.wasm");
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ServiceError("internal", `Cannot read ${path}: run "npm run build"`, { cause });
  });
  await WebAssembly.compile(bytes);
  return `${bytes.length} bytes of WebAssembly`;
}

async function checkDataFolder({ dataDirectory }: Configuration): Promise<string> {
  const probe = join(dataDirectory, `.doctor-${process.pid}`);
  await mkdir(dataDirectory, { recursive: true });
  await writeFile(probe, "");
  await rm(probe);
  return `${dataDirectory} can be written`;
}

/** SQLite is loaded here, not above: an addon that was not compiled must be told as what is wrong, not stop the rest. */
async function checkIndex(configuration: Configuration): Promise<string> {
  const { migrateIndex, openIndexDatabase } = await import("../../db/index-database.ts");
  const { createImageIndex } = await import("../../surveys/image-index.ts");
  const { createRegistry } = await import("../../surveys/registry.ts");
  const database = openIndexDatabase(indexDatabaseFile(configuration));
  try {
    migrateIndex(database);
    const index = createImageIndex(database, configuration.authority);
    const counts = createRegistry(index).releases.map(({ id }) => ({ id, ...index.count(id) }));
    const filled = counts.filter(({ images }) => images > 0);
    if (filled.length === 0) return "no images yet: `recorte ingest` registers them";
    const described = filled.map(
      ({ id, images, missing }) => `${id} ${images}${missing > 0 ? ` (${missing} without file)` : ""}`,
    );
    return described.join(", ");
  } finally {
    database.close();
  }
}

async function checkRoot(root: string): Promise<string> {
  if (!(await stat(root)).isDirectory()) throw new Error(`${root} is no folder`);
  await access(root, constants.R_OK | constants.X_OK);
  return `${root} can be read`;
}
