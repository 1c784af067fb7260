import { createAuthApp } from "../http/auth/auth-app.ts";
import { createAuthAppServices } from "./auth-app-services.ts";
import { createAuthHealth } from "./auth-health.ts";
import type { Configuration } from "./configuration.ts";
import type { RunningService } from "./running-service.ts";
import type { SharedServices } from "./shared-services.ts";
import { SOFTWARE } from "./version.ts";

/** Sign-in, accounts and tokens. It opens no images. */
export async function openAuthService(configuration: Configuration, shared: SharedServices): Promise<RunningService> {
  const stopping = new AbortController();
  const checkHealth = createAuthHealth(shared.records, stopping.signal);
  const health = { software: SOFTWARE, startedAt: new Date(), checkHealth };
  const services = await createAuthAppServices(configuration, shared);
  return {
    fetch: createAuthApp({ ...services, health }).fetch,
    start: () => undefined,
    drain: () => stopping.abort(),
    stop: () => Promise.resolve(),
    isIdle: () => true,
    close: () => Promise.resolve(),
  };
}
