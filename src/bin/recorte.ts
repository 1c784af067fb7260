#!/usr/bin/env node
import { runCommandLine } from "./command-line.ts";

const stop = new AbortController();
let brokenPipe = false;

// The first signal asks the command to stop; a second one, with no handler left, ends the process at once.
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
}

// `recorte … | head`: the reader has gone, so there is nothing left to do and nothing to complain of.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  brokenPipe = true;
  stop.abort(error);
});
process.stderr.on("error", () => {});

const code = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
});
process.exitCode = brokenPipe ? 0 : code;
