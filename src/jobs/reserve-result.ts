import type { LimitValues } from "../access/limits/limit-values.ts";
import { ANONYMOUS } from "../access/user.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { ServiceError } from "../errors.ts";
import { formatBytes, formatBytesExactly } from "../format-bytes.ts";
import { HELD, type Claim } from "./claims.ts";
import { inTransaction } from "../db/in-transaction.ts";

/**
 * Sets the bytes of a result apart before they are written, so that what its owner has stored and is about to store never
 * passes the limit; and so for the job. False: the claim was lost. "over-limit" where they do not fit.
 */
export function reserveResult(
  records: RecordsDatabase,
  claim: Pick<Claim, "resultId" | "workerId" | "takeovers" | "jobId" | "owner">,
  { byteLength, limits }: { readonly byteLength: number; readonly limits: StorageLimits },
): boolean {
  const { sqlite } = records;
  const { resultId, workerId, takeovers, jobId, owner } = claim;
  return inTransaction(records, () => {
    const before = sqlite
      .prepare<[object], number>(`select reserved_bytes from job_result where id = @resultId and ${HELD}`)
      .pluck()
      .get({ resultId, workerId, takeovers });
    if (before === undefined) return false;
    const used = bytesOfOwner(records, owner) - before;
    if (used + byteLength > limits.storedBytes)
      throw storeIsFull({ owner, byteLength, used, limit: limits.storedBytes });
    // Most jobs are smaller than all of their owner's: the sum is not needed for those.
    if (used + byteLength > limits.jobBytes) {
      const ofJob = bytesOfJob(records, jobId) - before;
      if (ofJob + byteLength > limits.jobBytes) throw jobIsFull({ byteLength, used: ofJob, limit: limits.jobBytes });
    }
    sqlite.prepare("update job_result set reserved_bytes = ? where id = ?").run(byteLength, resultId);
    sqlite
      .prepare(
        `insert into usage (owner, reserved_bytes) values (@owner, @more)
         on conflict (owner) do update set reserved_bytes = reserved_bytes + @more`,
      )
      .run({ owner, more: byteLength - before });
    return true;
  });
}

export type StorageLimits = Pick<LimitValues, "storedBytes" | "jobBytes">;

/** Stored, or about to be. */
export function bytesOfOwner({ sqlite }: RecordsDatabase, owner: string): number {
  const find = sqlite.prepare<[string], number>("select stored_bytes + reserved_bytes from usage where owner = ?");
  return find.pluck().get(owner) ?? 0;
}

function bytesOfJob({ sqlite }: RecordsDatabase, jobId: string): number {
  const sum = sqlite.prepare<[string], number>(
    "select coalesce(sum(coalesce(byte_length, 0) + reserved_bytes), 0) from job_result where job_id = ?",
  );
  return sum.pluck().get(jobId) ?? 0;
}

type Refused = { readonly byteLength: number; readonly used: number; readonly limit: number };

function storeIsFull({ owner, byteLength, used, limit }: Refused & { readonly owner: string }): ServiceError {
  const who = owner === ANONYMOUS.id ? "all who have not signed in may keep together" : "you may keep";
  return new ServiceError(
    "over-limit",
    byteLength > limit
      ? `${cannotKeep(byteLength)}: results of ${formatBytesExactly(limit)} are all that ${who}; ask for a smaller shape`
      : `${cannotKeep(byteLength)}: ${formatBytes(used)} of the ${formatBytesExactly(limit)} that ${who} are used; ` +
        "delete jobs that are no longer needed, then POST to this job's /rerun",
    { limit: "storedBytes" },
  );
}

function jobIsFull({ byteLength, used, limit }: Refused): ServiceError {
  return new ServiceError(
    "over-limit",
    byteLength > limit
      ? `${cannotKeep(byteLength)}: one job may have ${formatBytesExactly(limit)}; ask for a smaller shape`
      : `${cannotKeep(byteLength)}: the job has ${formatBytes(used)} of the ${formatBytesExactly(limit)} that one job ` +
        "may have; ask for the rest in further jobs",
    { limit: "jobBytes" },
  );
}

function cannotKeep(byteLength: number): string {
  return `Cannot keep this result of ${formatBytesExactly(byteLength)}`;
}
