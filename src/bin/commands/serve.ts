import { describeConfiguration, readConfiguration } from "../configuration.ts";
import { EXIT_OK, parseArguments, type Command } from "../command.ts";
import { adviseFirstAdministrator } from "../first-administrator.ts";
import { serveUntilAborted } from "../serve-until-aborted.ts";
import { describeLimits } from "./_limits-text.ts";

export const command: Command = {
  name: "serve",
  summary: "Answer requests over HTTP",
  help: `
Usage: recorte serve [--services cutout,auth]

Serves cutouts of the images in the index, and sign-in for them, until it is stopped (SIGTERM, SIGINT: requests under way
may end). Each service answers under its own host. Any number of processes may share one RECORTE_DATA; what is counted by
the minute or at a time (requests, answers being sent, requests that wait, wrong passwords) each counts for itself.

Options:
  --services A,B   Services of this process, in place of RECORTE_SERVICES: cutout, auth

Everything else is set by environment variables:

${describeConfiguration()}
Limits of RECORTE_LIMITS_…, apart by commas; bytes may be written as 20GB, and none is no limit. Of who has not signed in
they are of one address, but for waits and storedBytes, which all of them share:

${describeLimits()}
Examples:
  PORT=9000 RECORTE_DATA=/var/lib/recorte recorte serve
  PORT=9001 RECORTE_DATA=/var/lib/recorte recorte serve --services auth`,

  async run(args, { env, stdout, signal }) {
    const { values } = parseArguments(args, { options: { services: { type: "string" } } });
    const given = values.services === undefined ? {} : { RECORTE_SERVICES: values.services };
    const configuration = readConfiguration({ ...env, ...given });
    await serveUntilAborted(configuration, signal, ({ urls }) => {
      stdout.write(`Serving at ${urls.join(" and ")}\n`);
      const advice = adviseFirstAdministrator(configuration);
      if (advice !== null) stdout.write(`${advice}\n`);
    });
    return EXIT_OK;
  },
};
