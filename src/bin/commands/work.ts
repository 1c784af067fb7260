import { ServiceError } from "../../errors.ts";
import { EXIT_OK, parseArguments, type Command } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { createJobServices } from "../job-services.ts";
import { openJobStore } from "../job-store.ts";
import { openRecords } from "../records.ts";
import { createServices, SAVE_INDICES_MILLISECONDS } from "../services.ts";

export const command: Command = {
  name: "work",
  summary: "Work on jobs, beside the server or without it",
  help: `
Usage: recorte work [--results N]

Works on jobs that wait in RECORTE_DATA until it is stopped (SIGTERM, SIGINT: what it works on goes back to the queue).
Any number of workers and servers may share one RECORTE_DATA; each result is made by one of them. Settings are those of
the server: see \`recorte serve --help\`.

Options:
  --results N   Results to work on at a time; default: RECORTE_JOB_WORKERS, at least 1

Examples:
  recorte work --results 4
  RECORTE_JOB_WORKERS=0 recorte serve & recorte work   (the server answers, and leaves jobs to the worker)`,

  async run(args, { env, stdout, signal }) {
    const { values } = parseArguments(args, { options: { results: { type: "string" } } });
    const configuration = readConfiguration(env);
    const concurrency = parseResults(values.results) ?? Math.max(1, configuration.jobWorkers);
    const records = openRecords(configuration);
    const services = await createServices(configuration);
    const jobServices = createJobServices(configuration, services, openJobStore(configuration, records));
    const worker = jobServices.startWorker(concurrency);
    stdout.write(`Working on ${concurrency} result${concurrency === 1 ? "" : "s"} at a time\n`);
    // Nothing else keeps the process alive while no job waits.
    const alive = setInterval(() => void services.saveIndices(), SAVE_INDICES_MILLISECONDS);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    clearInterval(alive);
    await worker.stop();
    await services.close();
    records.close();
    return EXIT_OK;
  },
};

function parseResults(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 256) return Number(text);
  throw new ServiceError("usage", `Cannot use --results "${text}": it needs an integer from 1 to 256`);
}
