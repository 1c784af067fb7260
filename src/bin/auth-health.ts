import type { CheckHealth } from "../http/kept-health.ts";
import type { RecordsDatabase } from "../db/records-database.ts";

/** What signing in needs: the accounts. */
export function createAuthHealth({ sqlite }: RecordsDatabase, stopping: AbortSignal): CheckHealth {
  return () => {
    const part = { name: "accounts", isNeeded: true };
    const problem = canRead(() => sqlite.prepare("select 1 from user").get()) ? null : "do not answer";
    return Promise.resolve({ draining: stopping.aborted, parts: [{ ...part, problem }] });
  };
}

function canRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
