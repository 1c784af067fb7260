import { openRecordsDatabase } from "../db/records-database.ts";
import type { Configuration } from "./configuration.ts";
import { recordsDatabaseFile } from "./data-files.ts";

/** What to do where nobody can administer yet; null where somebody can, or there is no sign-in here. */
export function adviseFirstAdministrator(configuration: Configuration): string | null {
  if (!configuration.services.includes("auth")) return null;
  const records = openRecordsDatabase(recordsDatabaseFile(configuration));
  try {
    if (countAdministrators(records) > 0) return null;
  } finally {
    records.close();
  }
  return "There is no administrator yet: npx recorte user add NAME --role admin";
}

/** Who may sign in and administer. */
export function countAdministrators({ sqlite }: ReturnType<typeof openRecordsDatabase>): number {
  const query = "select count(*) from user where role = 'admin' and disabled_at is null";
  return sqlite.prepare(query).pluck().get() as number;
}
