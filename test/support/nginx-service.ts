import { chmodSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { startServer, type RunningServer } from "../../src/bin/server.ts";
import { writeLargeImage } from "./large-image.ts";
import { startNginxFront, type NginxFront } from "./nginx-front.ts";
import { freePort } from "./free-port.ts";
import { createSampleServices, ingestFolders } from "./sample-services.ts";

export type FrontedService = NginxFront & {
  /** Now; another after `restart`. */
  server(): RunningServer;
  readonly servicePort: number;
  readonly dataFolder: string;
  /** The same service with other settings: same port, same data. */
  restart(env?: Record<string, string>): Promise<void>;
};

/** 64 MB of pixels in a file that takes no room: more than all buffers on the way. */
export const LARGE_SIZE = 4000;
export const LARGE = "/sync?ID=des_sample&POS=CIRCLE+10+-10+1&FILTER=g";
export const SMALL = "/sync?ID=des_sample&CIRCLE=59.09+-52.811+0.003&FILTER=g";

/** The real service over the sample survey and one large image, behind nginx. */
export async function startFrontedService(env: Record<string, string> = {}): Promise<FrontedService> {
  const archive = await mkdtemp(join(tmpdir(), "recorte-archive-"));
  await writeLargeImage(join(archive, "DES0040-1000_g.fits"), LARGE_SIZE);
  const sample = await createSampleServices();
  await ingestFolders(sample.dataFolder, { des_sample: archive });
  chmodSync(sample.dataFolder, 0o711); // nginx is somebody else
  const servicePort = await freePort();
  const start = (more: Record<string, string>) =>
    startServer(
      readConfiguration({
        RECORTE_DATA: sample.dataFolder,
        PORT: String(servicePort),
        RECORTE_LOG: "none",
        RECORTE_SHUTDOWN_TIMEOUT: "0",
        RECORTE_DOMAIN: "example.org",
        ...env,
        ...more,
      }),
    );
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
      await rm(archive, { recursive: true });
    },
  };
}
