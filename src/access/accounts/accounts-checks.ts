import { ServiceError } from "../../errors.ts";
import type { Account, AccountChanges, NewAccount } from "./account.ts";
import { parseAccountName } from "./accounts-names.ts";
import { isLimitName } from "../limits/limit-values.ts";
import { parseGroups } from "./groups.ts";
import { checkNewPassword } from "./passwords.ts";
import { ACCOUNT_ROLES } from "../user.ts";

/** An account as it may be made. */
export type CheckedAccount = Pick<Account, "name" | "fullName" | "email" | "role"> & {
  readonly groups: readonly string[];
};

const MOST_TEXT = 200;

/** "usage" for what no account can have. */
export function checkNewAccount(account: NewAccount): CheckedAccount {
  const name = parseAccountName(account.name);
  checkDetails(account);
  if (account.password !== null) checkNewPassword(account.password, { name });
  return {
    name,
    fullName: account.fullName ?? null,
    email: account.email ?? null,
    role: account.role ?? "user",
    groups: parseGroups(account.groups ?? []),
  };
}

/** "usage" for what this account cannot become. */
export function checkChanges(changes: AccountChanges, { name }: Account): void {
  checkDetails(changes);
  if (typeof changes.password === "string") checkNewPassword(changes.password, { name });
  if (changes.groups !== undefined) parseGroups(changes.groups);
  for (const [limit, value] of Object.entries(changes.limits ?? {})) {
    if (!isLimitName(limit)) throw new ServiceError("usage", `Cannot set the limit "${limit}": there is no such limit`);
    if (typeof value === "number" && !(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      throw new ServiceError("usage", `Cannot set the limit ${limit} to ${value}: it needs a number from 0`);
    }
  }
}

function checkDetails({ fullName, email, role }: Pick<AccountChanges, "fullName" | "email" | "role">): void {
  if (role !== undefined && !ACCOUNT_ROLES.includes(role)) {
    throw new ServiceError(
      "usage",
      `Cannot use the role "${String(role)}": it needs one of ${ACCOUNT_ROLES.join(", ")}`,
    );
  }
  if (typeof fullName === "string" && !isLine(fullName)) {
    throw new ServiceError("usage", `Cannot use this full name: it needs one line of 1 to ${MOST_TEXT} characters`);
  }
  if (typeof email === "string" && !(isLine(email) && /^[^\s@]+@[^\s@]+$/.test(email))) {
    throw new ServiceError("usage", `Cannot use the address "${email.slice(0, 100)}": it needs name@host`);
  }
}

/** What a provider says of somebody, where it can be kept. */
export function lineOrNull(text: string | null): string | null {
  const line = text?.trim() ?? "";
  return isLine(line) ? line : null;
}

function isLine(text: string): boolean {
  return text.length > 0 && text.length <= MOST_TEXT && /^[^\p{Control}]*$/u.test(text);
}
