import type { Context } from "hono";
import type { Accounts } from "../../access/accounts/accounts.ts";
import type { AuditEntry, AuditLog } from "../../access/audit.ts";
import type { Sessions } from "../../access/sessions.ts";
import type { Tokens } from "../../access/tokens/tokens.ts";
import type { LimitsOf } from "../../access/limits/limits.ts";
import type { UsageOf } from "../../access/limits/usage.ts";
import { ServiceError } from "../../errors.ts";
import type { JobAdministration } from "../../jobs/administer-jobs.ts";
import type { JobOverview } from "../../jobs/job-overview.ts";
import type { AppEnv } from "../app-env.ts";

export type AdminServices = {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly audit: AuditLog;
  readonly usageOf: UsageOf;
  readonly limitsOf: LimitsOf;
  readonly overview: JobOverview;
  readonly jobs: JobAdministration;
  /** Bytes that the disk of the results has left; null where nobody knows. */
  readonly readFreeBytes: () => Promise<number | null>;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
};

/** Names of owners by their ids, each looked up once; those that are no accounts are called by their id. */
export function createNameReader({ accounts }: Pick<AdminServices, "accounts">): (id: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return (id) => {
    let name = known.get(id);
    if (name === undefined) known.set(id, (name = accounts.find(id).then((account) => account?.name ?? id)));
    return name;
  };
}

/** Who did it, from where. */
export function noteChange(
  c: Context<AppEnv>,
  { audit }: Pick<AdminServices, "audit">,
  entry: Pick<AuditEntry, "action" | "subject" | "detail">,
): void {
  const { user, clientAddress } = c.var;
  audit.record({ actor: user.id, actorName: user.name, address: clientAddress, ...entry });
}

/** A whole number of the query, from 1. */
export function readCount(c: Context<AppEnv>, name: string): number | undefined {
  const text = c.req.query(name);
  if (text === undefined || text === "") return undefined;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ServiceError("usage", `Cannot use ${name}=${text.slice(0, 30)}: it needs a whole number from 1`);
}
