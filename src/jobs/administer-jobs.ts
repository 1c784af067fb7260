import type { RecordsDatabase } from "../db/records-database.ts";
import { ServiceError } from "../errors.ts";
import type { ResultStore } from "../storage/result-store.ts";
import { inSlices } from "./in-slices.ts";
import type { JobChanges } from "./job-changes.ts";
import { findJob } from "./job-records.ts";
import { removeJob } from "./job-rows.ts";
import { abortJob, endJob } from "./job-transitions.ts";
import type { JobFailure } from "./job-failure.ts";

/** What administrators do to jobs, whosever they are. "not-found" for one that is not there. */
export type JobAdministration = {
  /** → ABORTED, and its owner sees why. False: it had ended before. */
  abort(id: string): Promise<boolean>;
  /** With its results, whatever its phase. */
  remove(id: string): Promise<void>;
};

export type AdministrationServices = {
  readonly records: RecordsDatabase;
  readonly results: Pick<ResultStore, "removeJob">;
  readonly changes: Pick<JobChanges, "notify">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

const BY_ADMINISTRATOR: JobFailure = { code: "forbidden", message: "Error: An administrator has aborted the job" };

export function createJobAdministration({ records, results, changes, now }: AdministrationServices): JobAdministration {
  function check(id: string): void {
    if (findJob(records, id, now()) !== null) return;
    throw new ServiceError("not-found", `Cannot find job ${JSON.stringify(id.slice(0, 64))}`);
  }
  return {
    async abort(id) {
      await Promise.resolve();
      check(id);
      const aborted = abortJob(records, { id, now: now(), reason: BY_ADMINISTRATOR });
      changes.notify(id);
      return aborted;
    },
    async remove(id) {
      check(id);
      endJob(records, id);
      changes.notify(id);
      await inSlices(
        records,
        removeJob(records, id, () => undefined),
      );
      await results.removeJob(id);
    },
  };
}
