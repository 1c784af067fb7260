import type { RecordsDatabase } from "../db/records-database.ts";
import { createAccessServices, type AccessServices } from "./access-services.ts";
import type { Configuration } from "./configuration.ts";
import { createLimitServices, type LimitServices } from "./limit-services.ts";
import { createJobStore, type JobStore } from "./job-store.ts";
import { openRecords } from "./records.ts";

/** What all services of a process have together: one of each a process. */
export type SharedServices = {
  readonly records: RecordsDatabase;
  readonly access: AccessServices;
  readonly limits: LimitServices;
  readonly jobStore: JobStore;
  /** After all services are. */
  close(): void;
};

export function openSharedServices(configuration: Configuration): SharedServices {
  const records = openRecords(configuration);
  const access = createAccessServices(configuration, records);
  const limits = createLimitServices(configuration, records);
  const jobStore = createJobStore(configuration, { records, users: access.users, limitsOf: limits.limitsOf });
  return {
    records,
    access,
    limits,
    jobStore,
    close() {
      limits.close();
      access.close();
      records.close();
    },
  };
}
