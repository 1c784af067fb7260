import { existsSync } from "node:fs";
import { access, constants, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ServiceError } from "../../errors.ts";
import { describeError } from "../describe-error.ts";
import { EXIT_FAILURE, EXIT_OK, parseArguments, type Command, type CommandContext } from "../command.ts";
import { readConfiguration, type Configuration } from "../configuration.ts";
import { indexDatabaseFile } from "../data-files.ts";
import { ALLOWED_IPS } from "../settings/network-settings.ts";
import type { Finding } from "./_doctor-records.ts";

export const command: Command = {
  name: "doctor",
  summary: "Check the set-up, and say what is wrong",
  help: `
Usage: recorte doctor

Checks what a service needs, one line each: Node's version, the decoder, the configuration and what its settings say
together, the data folder with its permissions and free room, the databases, accounts, providers of sign-in, and the
folders of the archive. It changes nothing but the databases' version. A line that begins with "note" may be meant so.

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
    if (configuration !== undefined) await checkConfigured(report, configuration, context.env);
    return report.isWell() ? EXIT_OK : EXIT_FAILURE;
  },
};

/** What the configuration names. SQLite is loaded here: an addon that was not compiled must not stop the rest. */
async function checkConfigured(
  report: Report,
  configuration: Configuration,
  env: CommandContext["env"],
): Promise<void> {
  const { adviseOnSettings } = await import("./_doctor-settings.ts");
  const records = () => import("./_doctor-records.ts");
  let hasProviders = false;
  await report.check("providers", async () => {
    const { readProviders } = await import("../read-providers.ts");
    const providers = readProviders(configuration, env);
    hasProviders = providers.length > 0;
    return hasProviders ? providers.map(({ id }) => id).join(", ") : "no providers of sign-in";
  });
  for (const { isWrong, text } of adviseOnSettings(configuration, { hasProviders })) {
    await report.check("settings", () => {
      if (isWrong) throw new Error(text);
      return { text, isNote: true };
    });
  }
  await report.check("networks", () => describeNetworks(configuration));
  await report.check("data folder", () => checkDataFolder(configuration));
  await report.check("free disk", async () => (await records()).checkFreeDisk(configuration));
  await report.check("image index", () => checkIndex(configuration));
  await report.check("records", async () => (await records()).checkRecords(configuration));
  await report.check("permissions", async () => (await records()).checkPermissions(configuration));
  await report.check("accounts", async () => (await records()).checkAccounts(configuration));
  for (const root of configuration.archiveRoots) await report.check("archive", () => checkRoot(root));
}

type Report = ReturnType<typeof createReport>;

function createReport({ stdout }: CommandContext) {
  let failures = 0;
  return {
    isWell: () => failures === 0,
    async check(name: string, examine: () => string | Finding | Promise<string | Finding>): Promise<void> {
      try {
        const found = await examine();
        const { text, isNote = false } = typeof found === "string" ? { text: found } : found;
        stdout.write(`${isNote ? "note " : "ok   "}   ${name}: ${text}\n`);
      } catch (error) {
        failures++;
        stdout.write(`WRONG   ${name}: ${describeError(error)}\n`);
      }
    },
  };
}

function describeNetworks(configuration: Configuration): Finding {
  const lists = configuration.services.map((name) => ({ name, networks: configuration[ALLOWED_IPS[name]] }));
  const services = lists.map(({ name, networks: { texts } }) => {
    return `${name} is open to ${texts.length === 0 ? "everybody" : texts.join(", ")}`;
  });
  const { texts: proxies } = configuration.trustedProxies;
  const text = `${services.join("; ")}; trusted proxies: ${proxies.join(", ")}`;
  const isContained = CONTAINER_MARKS.some((path) => existsSync(path));
  if (!isContained || lists.every(({ networks }) => networks.isEmpty)) return { text };
  return { text: `${text}. In a container all clients may come as the gateway of its network`, isNote: true };
}

/** Docker's, and Podman's. */
const CONTAINER_MARKS = ["/.dockerenv", "/run/.containerenv"];

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

async function checkIndex(configuration: Configuration): Promise<string> {
  const { migrateIndex, openIndexDatabase } = await import("../../db/index-database.ts");
  const { createImageIndex } = await import("../../surveys/image-index.ts");
  const { createRegistry } = await import("../../surveys/registry.ts");
  const { createReadingRights } = await import("../reading-rights.ts");
  const database = openIndexDatabase(indexDatabaseFile(configuration));
  try {
    migrateIndex(database);
    const index = createImageIndex(database, configuration.authority);
    const registry = createRegistry(index);
    createReadingRights(configuration, registry); // whether its rules are about releases that there are
    const counts = registry.releases.map(({ id }) => ({ id, ...index.count(id) }));
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
