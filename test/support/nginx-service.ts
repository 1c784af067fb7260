import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { RunningServer } from "../../src/bin/server.ts";
import { createLargeArchive, LARGE as LARGE_QUERY } from "./large-image.ts";
import { startNginxFront, type NginxFront } from "./nginx-front.ts";
import { freePort } from "./free-port.ts";
import { createSampleServices, ingestFolders } from "./sample-services.ts";
import { startTestServer } from "./test-server.ts";

export type FrontedService = NginxFront & {
  /** Now; another after `restart`. */
  server(): RunningServer;
  readonly servicePort: number;
  readonly dataFolder: string;
  /** The same service with other settings: same port, same data. */
  restart(env?: Record<string, string>): Promise<void>;
};

export const LARGE = `/sync?${LARGE_QUERY}`;
export const SMALL = "/sync?ID=des_sample&CIRCLE=59.09+-52.811+0.003&FILTER=g";

/** The real service over the sample survey and one large image, behind nginx. */
export async function startFrontedService(env: Record<string, string> = {}): Promise<FrontedService> {
  const large = await createLargeArchive();
  const sample = await createSampleServices();
  await ingestFolders(sample.dataFolder, { des_sample: large.folder });
  chmodSync(sample.dataFolder, 0o711); // nginx is somebody else
  const servicePort = await freePort();
  const start = async (more: Record<string, string>) => {
    const common = { RECORTE_DATA: sample.dataFolder, PORT: String(servicePort), RECORTE_DOMAIN: "example.org" };
    return (await startTestServer({ ...common, ...env, ...more })).server;
  };
  let server = await start({});
  const front = await startNginxFront({
    servicePort,
    variant: "plain",
    resultsFolder: join(sample.dataFolder, "results"),
    group: process.getgid?.(), // results are for the service's group
  });
  return {
    ...front,
    servicePort,
    dataFolder: sample.dataFolder,
    server: () => server,
    async restart(more = {}) {
      await server.close();
      server = await start(more);
    },
    async stop() {
      await front.stop();
      await server.close();
      await sample.dispose();
      await large.dispose();
    },
  };
}
