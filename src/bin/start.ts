import { fileURLToPath } from "node:url";
import { migrateIndex, openIndexDatabase } from "../db/index-database.ts";
import { createImageIndex } from "../surveys/image-index.ts";
import { createRegistry } from "../surveys/registry.ts";
import { runCommandLine } from "./command-line.ts";
import { describeError } from "./describe-error.ts";
import { EXIT_FAILURE, EXIT_OK, type CommandContext } from "./command.ts";
import { readConfiguration, type Configuration } from "./configuration.ts";
import { indexDatabaseFile } from "./data-files.ts";
import { adviseFirstAdministrator } from "./first-administrator.ts";
import { runAsProcess } from "./process-context.ts";
import { serveUntilAborted } from "./serve-until-aborted.ts";

/** The images that come with the repository: folders of sample/, named as the releases without "_sample". */
const SAMPLES = ["des", "sim"];
const EXAMPLE = { release: "des_sample", pos: "CIRCLE 59.09 -52.811 0.005", filter: "g" };

const WHAT: Readonly<Record<Configuration["services"][number], string>> = {
  cutout: "cutouts and jobs; every address is described at /docs",
  auth: "sign-in, accounts and tokens",
};

// `npm start`: from a clone that `prepare.mjs` has built to a running service with something to cut.
await runAsProcess((context) =>
  start(context).catch((error: unknown) => {
    context.stderr.write(`recorte: ${describeError(error)}\n`);
    return EXIT_FAILURE;
  }),
);

async function start(context: CommandContext): Promise<number> {
  const configuration = readConfiguration(context.env);
  if (countImages(configuration).total === 0) {
    context.stderr.write("recorte: the archive is empty: registering the sample survey\n");
    for (const name of SAMPLES) {
      const folder = fileURLToPath(new URL(`../../sample/${name}`, import.meta.url));
      // A part that fails has said so; the service is still of use without it.
      await runCommandLine(["ingest", `${name}_sample`, folder], { ...context, stdout: context.stderr });
    }
  }
  context.signal.addEventListener("abort", () => context.stderr.write("recorte: stopping\n"), { once: true });
  await serveUntilAborted(configuration, context.signal, ({ urls }) => {
    const advice = adviseFirstAdministrator(configuration);
    context.stdout.write(greeting(configuration, urls, countImages(configuration).byRelease, advice));
  });
  return EXIT_OK;
}

function countImages(configuration: Configuration): { total: number; byRelease: ReadonlyMap<string, number> } {
  const database = openIndexDatabase(indexDatabaseFile(configuration));
  try {
    migrateIndex(database);
    const index = createImageIndex(database, configuration.authority);
    const byRelease = new Map(createRegistry(index).releases.map(({ id }) => [id, index.count(id).images]));
    return { total: [...byRelease.values()].reduce((sum, images) => sum + images, 0), byRelease };
  } finally {
    database.close();
  }
}

/** Each address with what is there, a line that can be pasted where the sample survey is registered, and what is to be done. */
function greeting(
  { services }: Configuration,
  urls: readonly string[],
  images: ReadonlyMap<string, number>,
  advice: string | null,
): string {
  const base = urls.at(-1) ?? "";
  const width = Math.max(...urls.map((url) => url.length)) + 4;
  const lines = [`recorte serves ${[...images.values()].reduce((sum, count) => sum + count, 0)} images`, ""];
  const what = [...services.map((name) => WHAT[name]), `the same as ${urls[0] ?? ""}/`];
  for (const [index, url] of urls.entries()) lines.push(`  ${`${url}/`.padEnd(width)}${what[index] ?? ""}`);
  if (services.includes("cutout") && (images.get(EXAMPLE.release) ?? 0) > 0) {
    const query = new URLSearchParams({ ID: EXAMPLE.release, POS: EXAMPLE.pos, FILTER: EXAMPLE.filter });
    const url = services[0] === "cutout" ? base : (urls[services.indexOf("cutout")] ?? "");
    lines.push("", "Try:", "", `  curl -o cutout.fits '${url}/sync?${query.toString()}'`);
  }
  if (advice !== null) lines.push("", advice);
  return `${lines.join("\n")}\n\nCtrl-C stops it.\n`;
}
