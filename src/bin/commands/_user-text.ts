import type { Account } from "../../access/accounts/account.ts";
import { oneLine } from "../one-line.ts";
import { formatInstant, formatTable, instantOrNull } from "./_access-command.ts";

export function formatAccounts(accounts: readonly Account[]): string {
  const rows = accounts.map(({ name, role, groups, lastSignInAt, disabledAt, fullName }) => [
    ...[name, role, groupNames(groups).join(", ") || "-", formatInstant(lastSignInAt)],
    ...[disabledAt === null ? "open" : "closed", fullName ?? "-"],
  ]);
  return formatTable(["NAME", "ROLE", "GROUPS", "LAST SIGN-IN", "STATE", "FULL NAME"], rows);
}

export function formatAccount(account: Account): string {
  const { groups, limits, providers } = account;
  const signIns = [...(account.hasPassword ? ["password"] : []), ...providers];
  const lines: [string, string][] = [
    ["name", account.name],
    ["id", account.id],
    ["full name", account.fullName ?? "-"],
    ["email", account.email ?? "-"],
    ["role", account.role],
    ["groups", groups.map(({ name, source }) => (source === "local" ? name : `${name} (${source})`)).join(", ") || "-"],
    [
      "limits",
      Object.entries(limits)
        .map(([name, value]) => `${name}=${value ?? "none"}`)
        .join(", ") || "of the role",
    ],
    ["signs in by", signIns.join(", ") || "nothing: tokens only"],
    ["made", formatInstant(account.createdAt)],
    ["last sign-in", formatInstant(account.lastSignInAt)],
    ["state", account.disabledAt === null ? "open" : `closed since ${formatInstant(account.disabledAt)}`],
  ];
  return lines.map(([title, text]) => `${title.padEnd(14)}${oneLine(text)}\n`).join("");
}

/** With instants as ISO 8601 writes them. */
export function accountJson(account: Account) {
  const { createdAt, lastSignInAt, disabledAt, ...rest } = account;
  return {
    ...rest,
    createdAt: formatInstant(createdAt),
    lastSignInAt: instantOrNull(lastSignInAt),
    disabledAt: instantOrNull(disabledAt),
  };
}

function groupNames(groups: Account["groups"]): string[] {
  return [...new Set(groups.map(({ name }) => name))];
}
