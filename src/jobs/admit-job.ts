import { ANONYMOUS } from "../access/user.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { ServiceError } from "../errors.ts";
import type { JobLimits } from "./job-limits.ts";
import { countJobs } from "./job-records.ts";

type Admission = { readonly records: RecordsDatabase; readonly limits: JobLimits; readonly now: () => number };

// "too-many" where others have to end first, "over-limit" where one job is too large. The counts are asked for within the
// transaction that has added to them, and that the error undoes: two requests at once cannot both be the last.

/** Jobs of the owner that wait or run. */
export function checkActive({ records, limits, now }: Admission, owner: string): void {
  const isNobody = owner === ANONYMOUS.id;
  const most = isNobody ? limits.maxActiveAnonymousJobs : limits.maxActiveJobs;
  if (countJobs(records, owner, ["QUEUED", "EXECUTING"], now()) <= most) return;
  throw new ServiceError(
    "too-many",
    isNobody
      ? `Cannot queue the job: ${most} jobs of users who have not signed in are waiting or running; sign in, or try later`
      : `Cannot queue the job: ${most} of your jobs are waiting or running, which is the most; wait for one or abort it`,
  );
}

/** Jobs of the owner, in whatever phase. */
export function checkStored({ records, limits, now }: Admission, owner: string): void {
  const isNobody = owner === ANONYMOUS.id;
  const most = isNobody ? limits.maxAnonymousJobs : limits.maxJobs;
  if (countJobs(records, owner, [], now()) <= most) return;
  throw new ServiceError(
    "too-many",
    isNobody
      ? `Cannot make a job: ${most} of users who have not signed in are kept, which is the most; sign in, or try later`
      : `Cannot make a job: ${most} of yours are kept, which is the most; delete some`,
  );
}

/** Results of one job. */
export function checkSize(results: readonly unknown[], { maxResults }: JobLimits): void {
  if (results.length <= maxResults) return;
  throw new ServiceError("over-limit", `Cannot run ${results.length} results as one job: ${maxResults} are allowed`);
}
