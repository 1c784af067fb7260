import { createSampleServices } from "./sample-services.ts";
import { startTestServer, type TestServer } from "./test-server.ts";

export type SampleServer = TestServer & {
  /** RECORTE_DATA. */
  readonly dataFolder: string;
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
  const running = new Set<TestServer>();
  return {
    dataFolder: sample.dataFolder,
    async start(env: Record<string, string> = {}): Promise<SampleServer> {
      const settings = { RECORTE_DATA: sample.dataFolder, RECORTE_DECODE_WORKERS: "0", ...common, ...env };
      const server = await startTestServer(settings);
      running.add(server);
      return {
        ...server,
        dataFolder: sample.dataFolder,
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
