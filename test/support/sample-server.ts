import { readConfiguration } from "../../src/bin/configuration.ts";
import { startServer } from "../../src/bin/server.ts";
import { createSampleServices } from "./sample-services.ts";

export type SampleServer = {
  readonly url: string;
  /** RECORTE_DATA. */
  readonly dataFolder: string;
  close(): Promise<void>;
};

/** The whole service over the sample survey, on a free port of this machine. */
export async function startSampleServer(env: Record<string, string> = {}): Promise<SampleServer> {
  const sample = await createSampleServices();
  const settings = { RECORTE_DATA: sample.dataFolder, PORT: "0", RECORTE_LOG: "none", RECORTE_SHUTDOWN_TIMEOUT: "1" };
  const server = await startServer(readConfiguration({ ...settings, ...env }));
  return {
    url: server.urls.at(-1) ?? "",
    dataFolder: sample.dataFolder,
    async close() {
      await server.close();
      await sample.dispose();
    },
  };
}
