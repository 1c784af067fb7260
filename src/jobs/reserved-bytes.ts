import type { RecordsDatabase } from "../db/records-database.ts";

/**
 * Gives back what results reserved that are no longer worked on, before they are changed: `where` chooses them, as rows
 * `r` of job_result. To be called within the transaction that sets their reserved_bytes to 0.
 */
export function giveBackReserved({ sqlite }: RecordsDatabase, where: string, values: object): void {
  const chosen = `job_result r join job j on j.id = r.job_id where r.reserved_bytes > 0 and (${where})`;
  sqlite
    .prepare(
      `update usage set reserved_bytes = reserved_bytes - (
         select coalesce(sum(r.reserved_bytes), 0) from ${chosen} and j.owner = usage.owner)
       where owner in (select j.owner from ${chosen})`,
    )
    .run(values);
}
