import { describeConfiguration, readConfiguration } from "../configuration.ts";
import { EXIT_OK, parseArguments, type Command } from "../command.ts";
import { startServer } from "../server.ts";

export const command: Command = {
  name: "serve",
  summary: "Answer requests over HTTP",
  help: `
Usage: recorte serve

Serves cutouts of the images in the index until it is stopped (SIGTERM, SIGINT: requests under way may end).
Everything is set by environment variables:

${describeConfiguration()}

Example:
  PORT=9000 RECORTE_DATA=/var/lib/recorte recorte serve`,

  async run(args, { env, stdout, signal }) {
    parseArguments(args, {});
    const server = await startServer(readConfiguration(env));
    stdout.write(`Serving at ${server.urls.join(" and ")}\n`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await server.close();
    return EXIT_OK;
  },
};
