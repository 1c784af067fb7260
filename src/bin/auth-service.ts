import type { RecordsDatabase } from "../db/records-database.ts";
import { authenticateByToken } from "../access/authenticate.ts";
import { createServiceApp } from "../http/service-app.ts";
import { limitRequests } from "../http/limit-requests.ts";
import { addUsageRoutes } from "../http/usage-routes.ts";
import type { Configuration } from "./configuration.ts";
import { createLog } from "./log.ts";
import type { LimitServices } from "./limit-services.ts";
import type { RunningService } from "./running-service.ts";

/** Sign-in, accounts and tokens. It opens no images. */
export function openAuthService(
  configuration: Configuration,
  _records: RecordsDatabase,
  limits: LimitServices,
): RunningService {
  const frame = {
    authenticate: authenticateByToken(configuration.testToken),
    publicUrl: configuration.authUrl,
    log: createLog(configuration.log),
    limitRequests: limitRequests(limits),
  };
  return {
    fetch: createServiceApp(frame, (app) => addUsageRoutes(app, limits)).fetch,
    start: () => undefined,
    drain: () => undefined,
    stop: () => Promise.resolve(),
    isIdle: () => true,
    close: () => Promise.resolve(),
  };
}
