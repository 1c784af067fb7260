import type { RecordsDatabase } from "../db/records-database.ts";
import { checkPart, type CheckHealth } from "../http/health.ts";

/** What signing in needs: the accounts. */
export function createAuthHealth({ sqlite }: RecordsDatabase, stopping: AbortSignal): CheckHealth {
  return async () => {
    const read = () => sqlite.prepare("select 1 from user").get();
    const accounts = await checkPart("accounts", "do not answer", read, { isNeeded: true });
    return { draining: stopping.aborted, parts: [accounts] };
  };
}
