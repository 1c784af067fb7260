import { createUserReader, type UserReader } from "../access/accounts/accounts-user.ts";
import type { LimitsOf } from "../access/limits/limits.ts";
import { createLimitsOfOwner, type LimitsOfOwner } from "../access/limits/owner-limits.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { createJobAdministration, type JobAdministration } from "../jobs/administer-jobs.ts";
import { jobChangesOf, type JobChanges } from "../jobs/job-changes.ts";
import { createLocalResults } from "../storage/local-results.ts";
import type { ResultStore } from "../storage/result-store.ts";
import type { Configuration } from "./configuration.ts";
import { resultsFolder } from "./data-files.ts";
import { readLimits } from "./limit-services.ts";

/** Jobs as they are kept, and whose they are: all that can be done to them without images. One of it a process. */
export type JobStore = {
  readonly records: RecordsDatabase;
  readonly results: ResultStore;
  readonly changes: JobChanges;
  readonly administration: JobAdministration;
  readonly users: UserReader;
  readonly limitsOfOwner: LimitsOfOwner;
};

export function createJobStore(
  configuration: Configuration,
  shared: { readonly records: RecordsDatabase; readonly users: UserReader; readonly limitsOf: LimitsOf },
): JobStore {
  const { records, users, limitsOf } = shared;
  const results = createLocalResults(resultsFolder(configuration));
  const changes = jobChangesOf(records);
  const administration = createJobAdministration({ records, results, changes, now: () => Date.now() });
  return { records, results, changes, administration, users, limitsOfOwner: createLimitsOfOwner(users, limitsOf) };
}

/** For a process that has nothing else of the records. */
export function openJobStore(configuration: Configuration, records: RecordsDatabase): JobStore {
  const { limitsOf } = readLimits(configuration);
  return createJobStore(configuration, { records, users: createUserReader(records), limitsOf });
}
