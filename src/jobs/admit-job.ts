import { ANONYMOUS } from "../access/user.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { JobRow } from "../db/records-schema.ts";
import { ServiceError } from "../errors.ts";
import { formatBytes, formatBytesExactly } from "../format-bytes.ts";
import type { JobLimits } from "./job-limits.ts";
import { countJobs, nextDestruction } from "./job-records.ts";
import type { JobPhase } from "./job.ts";
import { bytesOfOwner } from "./reserve-result.ts";

type Admission = { readonly records: RecordsDatabase; readonly limits: JobLimits; readonly now: () => number };
type Applicant = Pick<JobRow, "owner" | "client">;

// "too-many" where others have to end first, "over-limit" where one job is too large. The counts are asked for within the
// transaction that has added to them, and that the error undoes: two requests at once cannot both be the last.

/** Jobs of the owner that wait or run, and whether there is room for their results. */
export function checkActive(admission: Admission, { owner, client }: Applicant): void {
  const { records, limits, now } = admission;
  const count = (of?: string) => countJobs(records, { owner, client: of }, ACTIVE, now());
  const refuse = (most: number, whose: string, what: string) =>
    new ServiceError(
      "too-many",
      `Cannot queue the job: ${most} ${whose} are waiting or running, which is the most; ${what}`,
      { limit: "jobsActive" },
    );
  const most = limits.of(owner).jobsActive;
  if (owner === ANONYMOUS.id) {
    if (count() > limits.maxActiveAnonymousJobs) {
      throw refuse(limits.maxActiveAnonymousJobs, "jobs of users who have not signed in", "sign in, or try later");
    }
    if (client !== null && count(client) > most) {
      throw refuse(most, "jobs of your address", "wait for one, abort it, or sign in");
    }
  } else if (count() > most) {
    throw refuse(most, "of your jobs", "wait for one or abort it");
  }
  checkRoom(admission, owner);
}

const ACTIVE: readonly JobPhase[] = ["QUEUED", "EXECUTING"];

/** Jobs of the owner, in whatever phase, and whether there is room for anything more. */
export function checkStored(admission: Admission, { owner, client }: Applicant): void {
  const { records, limits, now } = admission;
  const count = (of?: string) => countJobs(records, { owner, client: of }, [], now());
  const refuse = (most: number, whose: string, what: string) =>
    new ServiceError("too-many", `Cannot make a job: ${most} ${whose} are kept, which is the most; ${what}`, {
      ...untilNextDestruction(admission, owner),
      limit: "jobsKept",
    });
  const most = limits.of(owner).jobsKept;
  if (owner === ANONYMOUS.id) {
    if (count() > limits.maxAnonymousJobs) {
      throw refuse(limits.maxAnonymousJobs, "of users who have not signed in", "sign in, or try later");
    }
    if (client !== null && count(client) > most) throw refuse(most, "of your address", "delete some, or sign in");
  } else if (count() > most) {
    throw refuse(most, "of yours", "delete some");
  }
  checkRoom(admission, owner);
}

/** A job whose results could not be kept is not made: it would only fail. */
function checkRoom(admission: Admission, owner: string): void {
  const most = admission.limits.of(owner).storedBytes;
  if (most === Infinity) return;
  const used = bytesOfOwner(admission.records, owner);
  if (used < most) return;
  const isNobody = owner === ANONYMOUS.id;
  throw new ServiceError(
    "too-many",
    `Cannot make or run a job: ${formatBytes(used)} of the ${formatBytesExactly(most)} that ` +
      `${isNobody ? "all who have not signed in" : "you"} may keep are used; ${isNobody ? "sign in, or try later" : "delete jobs that are no longer needed"}`,
    { ...untilNextDestruction(admission, owner), limit: "storedBytes" },
  );
}

/** The first moment at which time alone makes room. */
function untilNextDestruction({ records, now }: Admission, owner: string): { retryAfterSeconds?: number } {
  const at = nextDestruction(records, owner, now());
  return at === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil((at - now()) / 1000)) };
}

/** Results of one job. */
export function checkSize(results: readonly unknown[], { jobRows }: { readonly jobRows: number }): void {
  if (results.length <= jobRows) return;
  throw new ServiceError(
    "over-limit",
    `Cannot run ${results.length} results as one job: ${jobRows} are allowed; ask for the rest in further jobs`,
    { limit: "jobRows" },
  );
}
