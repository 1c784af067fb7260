import { createCutoutApp } from "../http/cutout-app.ts";
import { startCollector } from "./collector.ts";
import type { Configuration } from "./configuration.ts";
import { createCutoutAppServices } from "./cutout-app-services.ts";
import { createJobServices } from "./job-services.ts";
import type { RunningService } from "./running-service.ts";
import { createServices, SAVE_INDICES_MILLISECONDS, type Services } from "./services.ts";
import type { SharedServices } from "./shared-services.ts";

export type CutoutService = RunningService & { readonly services: Services };

/** Images and jobs: the app, the worker on jobs beside it, and what is done regularly. */
export async function openCutoutService(configuration: Configuration, shared: SharedServices): Promise<CutoutService> {
  const services = await createServices(configuration);
  try {
    return openWith(services, configuration, shared);
  } catch (error) {
    await services.close();
    throw error;
  }
}

function openWith(services: Services, configuration: Configuration, shared: SharedServices): CutoutService {
  const jobServices = createJobServices(configuration, services, shared.jobStore);
  const parts = createCutoutAppServices(configuration, services, { ...jobServices, ...shared });
  let endWork = () => Promise.resolve();
  return {
    services,
    fetch: createCutoutApp(parts.services).fetch,
    start() {
      const saving = setInterval(() => void services.saveIndices(), SAVE_INDICES_MILLISECONDS).unref();
      const worker = configuration.jobWorkers > 0 ? jobServices.startWorker(configuration.jobWorkers) : null;
      const collector = startCollector(configuration, { ...jobServices, now: () => Date.now() });
      endWork = async () => {
        clearInterval(saving);
        await Promise.all([worker?.stop(), collector?.stop()]);
      };
    },
    drain: parts.drain,
    stop: () => endWork(),
    isIdle: () => services.images.inUse === 0,
    async close() {
      parts.history.close();
      await services.close();
    },
  };
}
