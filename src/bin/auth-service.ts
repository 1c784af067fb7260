import { createServiceApp } from "../http/service-app.ts";
import { addUsageRoutes } from "../http/usage-routes.ts";
import type { Configuration } from "./configuration.ts";
import type { RunningService } from "./running-service.ts";
import { createServiceFrame } from "./service-frame.ts";
import type { SharedServices } from "./shared-services.ts";

/** Sign-in, accounts and tokens. It opens no images. */
export function openAuthService(configuration: Configuration, shared: SharedServices): RunningService {
  const frame = createServiceFrame(configuration, "auth", shared);
  return {
    fetch: createServiceApp(frame, (app) => addUsageRoutes(app, shared.limits)).fetch,
    start: () => undefined,
    drain: () => undefined,
    stop: () => Promise.resolve(),
    isIdle: () => true,
    close: () => Promise.resolve(),
  };
}
