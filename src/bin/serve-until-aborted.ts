import type { Configuration } from "./configuration.ts";
import { sendConsoleToLog } from "./console-log.ts";
import { createLog } from "./log.ts";
import { startServer, type RunningServer } from "./server.ts";

/**
 * Serves from now on until the signal, and then gives everything back: also where `onListening` fails, since a server that
 * nobody was told of would hold its port, and the process.
 */
export async function serveUntilAborted(
  configuration: Configuration,
  signal: AbortSignal,
  onListening: (server: RunningServer) => void,
): Promise<void> {
  const restoreConsole = sendConsoleToLog(createLog(configuration.log));
  try {
    const server = await startServer(configuration);
    try {
      onListening(server);
      await untilAborted(signal);
    } finally {
      await server.close();
    }
  } finally {
    restoreConsole();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
