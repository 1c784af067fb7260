import { userInfo } from "node:os";
import type { Account } from "../../access/accounts/account.ts";
import type { AuditAction } from "../../access/audit.ts";
import { ServiceError } from "../../errors.ts";
import { createAccessServices, type AccessServices } from "../access-services.ts";
import type { CommandContext } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { oneLine } from "../one-line.ts";
import { openRecords } from "../records.ts";

export type AccessCommand = {
  readonly access: AccessServices;
  /** Writes down what was done, as done by the command line and who called it. */
  readonly record: (action: AuditAction, subject: string, detail?: Readonly<Record<string, unknown>>) => void;
};

/** Runs `work` with the accounts of RECORTE_DATA; a server may run beside it. */
export async function withAccess<T>({ env }: CommandContext, work: (command: AccessCommand) => Promise<T>): Promise<T> {
  const configuration = readConfiguration(env);
  const records = openRecords(configuration);
  const access = createAccessServices(configuration, records);
  try {
    return await work({
      access,
      record: (action, subject, detail = {}) =>
        access.audit.record({ actor: null, actorName: caller(), action, subject, detail, address: null }),
    });
  } finally {
    access.close();
    records.close();
  }
}

function caller(): string {
  try {
    return `${userInfo().username} (command line)`;
  } catch {
    return "command line"; // the system has no name for this number
  }
}

/** By name or id; "not-found" where there is none. */
export async function getAccount({ accounts }: AccessServices, name: string): Promise<Account> {
  const account = await accounts.find(name);
  if (account === null) throw new ServiceError("not-found", `Cannot find a user "${name}"`);
  return account;
}

/** ISO 8601, to the second; "-" for none. */
export function formatInstant(milliseconds: number | null): string {
  return milliseconds === null ? "-" : `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

export function instantOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : formatInstant(milliseconds);
}

export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Columns as wide as what is in them. */
export function formatTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, ...rows.map((row) => row.map(oneLine))];
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
