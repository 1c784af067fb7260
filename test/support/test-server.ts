import { readConfiguration } from "../../src/bin/configuration.ts";
import { startServer, type RunningServer } from "../../src/bin/server.ts";

export type TestServer = {
  /** Its address by a name that is no service's: the first of its services answers. */
  readonly url: string;
  readonly port: number;
  readonly server: RunningServer;
  close(): Promise<void>;
};

/**
 * The whole service in this process, as these settings make it over their data folder: on a free port of this machine. It logs
 * nothing and does not wait for its clients when it stops, unless they say otherwise.
 */
export async function startTestServer(
  env: { readonly RECORTE_DATA: string } & Record<string, string>,
): Promise<TestServer> {
  const usual = { PORT: "0", RECORTE_LOG: "none", RECORTE_SHUTDOWN_TIMEOUT: "0" };
  const server = await startServer(readConfiguration({ ...usual, ...env }));
  const url = server.urls.at(-1) ?? "";
  return { url, port: Number(new URL(url).port), server, close: () => server.close() };
}
