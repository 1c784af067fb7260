import type { Account, AccountChanges } from "../../access/accounts/account.ts";
import { LOCAL } from "../../access/accounts/accounts-changes.ts";
import { isLimitName, LIMIT_NAMES, parseLimit, type LimitName } from "../../access/limits/limit-values.ts";
import { ServiceError } from "../../errors.ts";
import type { CommandContext } from "../command.ts";
import { askForNewPassword, readPasswordLine } from "../read-password.ts";

/** What `user add` and `user set` take, for `parseArguments`. */
export const USER_OPTIONS = {
  "full-name": { type: "string" },
  email: { type: "string" },
  role: { type: "string" },
  group: { type: "string", multiple: true },
  "no-group": { type: "string", multiple: true },
  limit: { type: "string", multiple: true },
  password: { type: "boolean" },
  "password-stdin": { type: "boolean" },
  "no-password": { type: "boolean" },
  disable: { type: "boolean" },
  enable: { type: "boolean" },
  search: { type: "string" },
  json: { type: "boolean" },
} as const;

export type UserOptions = {
  [K in keyof typeof USER_OPTIONS]?: (typeof USER_OPTIONS)[K] extends { multiple: true }
    ? string[]
    : (typeof USER_OPTIONS)[K]["type"] extends "string"
      ? string
      : boolean;
};

/** "usage" for an option that the action does not take. */
export function refuseOthers(action: string, options: UserOptions, taken: readonly (keyof UserOptions)[]): void {
  const other = Object.keys(options).find((name) => !taken.some((known) => known === name));
  if (other !== undefined) throw new ServiceError("usage", `Cannot use --${other} with "user ${action}"`);
}

/** undefined: no word of a password; null: none from now on. */
export async function readPassword(options: UserOptions, context: CommandContext): Promise<string | null | undefined> {
  const asked = (["password", "password-stdin", "no-password"] as const).filter((name) => options[name] === true);
  if (asked.length > 1) throw new ServiceError("usage", `Cannot use both --${asked.join(" and --")}`);
  if (options["no-password"]) return null;
  if (options["password-stdin"]) return readPasswordLine(context);
  return options.password ? askForNewPassword(context) : undefined;
}

/** Changes of an account, but for its password. An empty text takes away a full name or address. */
export function readChanges(options: UserOptions, account?: Account): AccountChanges {
  const { disable, enable, role, email } = options;
  if (disable && enable) throw new ServiceError("usage", "Cannot use both --disable and --enable");
  const fullName = options["full-name"];
  return {
    ...(fullName === undefined ? {} : { fullName: fullName || null }),
    ...(email === undefined ? {} : { email: email || null }),
    ...(role === undefined ? {} : { role: role as Account["role"] }), // accounts refuse what is none
    ...((options.group ?? options["no-group"]) ? { groups: groupsOf(options, account) } : {}),
    ...(options.limit === undefined ? {} : { limits: limitsOf(options.limit) }),
    ...(disable || enable ? { disabled: disable === true } : {}),
  };
}

/** Groups of the account that administrators gave, with those added and without those taken. */
function groupsOf(options: UserOptions, account: Account | undefined): readonly string[] {
  const given = account?.groups.filter(({ source }) => source === LOCAL).map(({ name }) => name) ?? [];
  const taken = options["no-group"] ?? [];
  const missing = taken.find((name) => !given.includes(name));
  if (missing !== undefined) {
    throw new ServiceError(
      "usage",
      `Cannot take ${account?.name ?? "the user"} out of "${missing}": not put in it here`,
    );
  }
  return [...new Set([...given, ...(options.group ?? [])])].filter((name) => !taken.includes(name));
}

function limitsOf(settings: readonly string[]): AccountChanges["limits"] {
  return Object.fromEntries(settings.map(limitOf));
}

/** `jobRows=5000`, `storedBytes=2TB`, `streams=none`, and `streams=role` for what the role has. */
function limitOf(setting: string): [LimitName, number | null | undefined] {
  const [, name = setting, value = ""] = /^([^=]*)=(.*)$/.exec(setting) ?? [];
  if (!isLimitName(name)) {
    throw new ServiceError("usage", `Cannot set the limit "${name}": it needs one of ${LIMIT_NAMES.join(", ")}`);
  }
  if (value === "role") return [name, undefined];
  try {
    const limit = parseLimit(name, value);
    return [name, limit === Infinity ? null : limit];
  } catch (cause) {
    const needed = cause instanceof Error ? cause.message : "it needs another value";
    throw new ServiceError("usage", `Cannot set the limit ${name}: ${needed}; or role, as the role has it`, { cause });
  }
}
