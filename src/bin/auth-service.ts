import type { RecordsDatabase } from "../db/records-database.ts";
import { authenticateByToken } from "../access/authenticate.ts";
import { createServiceApp } from "../http/service-app.ts";
import type { Configuration } from "./configuration.ts";
import { createLog } from "./log.ts";
import type { RunningService } from "./running-service.ts";

/** Sign-in, accounts and tokens. It opens no images. */
export function openAuthService(configuration: Configuration, _records: RecordsDatabase): RunningService {
  const frame = {
    authenticate: authenticateByToken(configuration.testToken),
    publicUrl: configuration.authUrl,
    log: createLog(configuration.log),
  };
  return {
    fetch: createServiceApp(frame, () => undefined).fetch,
    start: () => undefined,
    drain: () => undefined,
    stop: () => Promise.resolve(),
    isIdle: () => true,
    close: () => Promise.resolve(),
  };
}
