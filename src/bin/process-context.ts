import type { CommandContext } from "./command.ts";

/** For what was written to be read. */
const LINGER_MILLISECONDS = 2000;

/** Runs `main` with the process's environment, streams and signals; the process exits with its code. */
export async function runAsProcess(main: (context: CommandContext) => Promise<number>): Promise<void> {
  const stop = new AbortController();
  let brokenPipe = false;

  // The first signal asks to stop; a second one, with no handler left, ends the process at once.
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

  const { env, stdout, stderr } = process;
  const code = await main({ env, stdout, stderr, signal: stop.signal });
  process.exitCode = brokenPipe ? 0 : code;
  // What failed may have left something open; nothing waits for it.
  if (code !== 0) setTimeout(() => process.exit(), LINGER_MILLISECONDS).unref();
}
