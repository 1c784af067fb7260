import { readConfiguration } from "../../src/bin/configuration.ts";
import { startServer, type RunningServer } from "../../src/bin/server.ts";
import { createSampleServices } from "./sample-services.ts";

export type SampleServer = {
  /** Its address by a name that is no service's: the first of its services answers. */
  readonly url: string;
  readonly port: number;
  readonly server: RunningServer;
  /** RECORTE_DATA. */
  readonly dataFolder: string;
  close(): Promise<void>;
};

/** The whole service over the sample survey, on a free port of this machine. */
export async function startSampleServer(env: Record<string, string> = {}): Promise<SampleServer> {
  const archive = await createSampleArchive();
  const server = await archive.start(env);
  return {
    ...server,
    async close() {
      await server.close();
      await archive.dispose();
    },
  };
}

export type SampleArchive = Awaited<ReturnType<typeof createSampleArchive>>;

/**
 * A data folder with the sample survey, or with other folders of releases, that servers can be started on: one after the other,
 * or several as several processes are, which share nothing but files. `common` is what all of them are told; no threads
 * decode, and nothing is logged, unless that says otherwise.
 */
export async function createSampleArchive(common: Record<string, string> = {}, folders?: Record<string, string>) {
  const sample = await createSampleServices({}, folders);
  const running = new Set<RunningServer>();
  return {
    dataFolder: sample.dataFolder,
    async start(env: Record<string, string> = {}): Promise<SampleServer> {
      const settings = {
        ...{ RECORTE_DATA: sample.dataFolder, PORT: "0", RECORTE_LOG: "none" },
        ...{ RECORTE_SHUTDOWN_TIMEOUT: "0", RECORTE_DECODE_WORKERS: "0" },
      };
      const server = await startServer(readConfiguration({ ...settings, ...common, ...env }));
      running.add(server);
      const url = server.urls.at(-1) ?? "";
      return {
        ...{ url, port: Number(new URL(url).port), server, dataFolder: sample.dataFolder },
        async close() {
          running.delete(server);
          await server.close();
        },
      };
    },
    /** Ends those that run. */
    async stop(): Promise<void> {
      const all = [...running];
      running.clear();
      await Promise.all(all.map((server) => server.close()));
    },
    async dispose(): Promise<void> {
      await this.stop();
      await sample.dispose();
    },
  };
}
