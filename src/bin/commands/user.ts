import { ServiceError } from "../../errors.ts";
import { EXIT_OK, parseArguments, type Command, type CommandContext } from "../command.ts";
import { formatJson, getAccount, withAccess, type AccessCommand } from "./_access-command.ts";
import { describeLimits } from "./_limits-text.ts";
import { readChanges, readPassword, refuseOthers, USER_OPTIONS, type UserOptions } from "./_user-options.ts";
import { accountJson, formatAccount, formatAccounts } from "./_user-text.ts";

export const command: Command = {
  name: "user",
  summary: "Make, change, close and list accounts",
  help: `
Usage: recorte user list [--search TEXT] [--json]
       recorte user show NAME [--json]
       recorte user add NAME [--password | --password-stdin | --no-password] [OPTIONS]
       recorte user set NAME [--password | --password-stdin | --no-password] [--disable | --enable] [OPTIONS]
       recorte user remove NAME

Accounts of RECORTE_DATA; a server that runs there sees what has changed at once. What is done is written down in the
audit log. add asks for a password on the terminal unless an option says otherwise. remove refuses while the user has
jobs; --disable lets the user in nowhere, ends all sessions and tokens, and keeps the rest. A new password ends the
user's sessions, and the tokens that signing in gave.

Options:
  --full-name TEXT     As people write it; empty: none
  --email ADDRESS      Empty: none
  --role ROLE          user, priority or admin
  --group NAME         Puts the user into a group; may be repeated
  --no-group NAME      Takes the user out of a group that was given here; may be repeated
  --limit NAME=VALUE   A limit of this user alone: a value (5000, 2TB), none, or role for what the role has; repeatable
  --password           Asks for a new password on the terminal, without showing it
  --password-stdin     Reads the password from the first line of standard input
  --no-password        No sign-in by password
  --disable, --enable  Closes the account, opens it again
  --search TEXT        Lists those whose name, full name or address has it
  --json               Prints JSON

Limits:
${describeLimits()}
Examples:
  recorte user add ana --full-name "Ana Souza" --role admin
  recorte user set ana --group des --limit storedBytes=2TB
  recorte user list --search souza`,

  async run(args, context) {
    const expected = { options: USER_OPTIONS, positionals: ["action", "name?"] };
    const { values, positionals } = parseArguments(args, expected);
    const [action = "", name] = positionals;
    if (action === "list" && name !== undefined) throw new ServiceError("usage", `Unexpected argument "${name}"`);
    if (action !== "list" && name === undefined) throw new ServiceError("usage", "Missing argument <name>");
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action as keyof typeof ACTIONS] : undefined;
    if (run === undefined) {
      const known = Object.keys(ACTIONS).join(", ");
      throw new ServiceError("usage", `Unknown action "${action}": it needs one of ${known}`);
    }
    // parseArgs of node makes objects without a prototype, and has undefined for nothing
    const options: UserOptions = { ...values };
    const text = await withAccess(context, (access) => run(access, { name: name ?? "", options, context }));
    context.stdout.write(text);
    return EXIT_OK;
  },
};

type Call = { readonly name: string; readonly options: UserOptions; readonly context: CommandContext };

const DETAILS = ["full-name", "email", "role", "group", "limit", "password", "password-stdin", "no-password"] as const;

const ACTIONS = { list, show, add, set, remove };

const PAGE = 500;

async function list({ access }: AccessCommand, { options }: Call): Promise<string> {
  refuseOthers("list", options, ["search", "json"]);
  const found = [];
  for (let after: string | undefined; ; after = found.at(-1)?.name) {
    const page = await access.accounts.list({ search: options.search, after, last: PAGE });
    found.push(...page);
    if (page.length < PAGE) break;
  }
  return options.json ? formatJson(found.map(accountJson)) : formatAccounts(found);
}

async function show({ access }: AccessCommand, { name, options }: Call): Promise<string> {
  refuseOthers("show", options, ["json"]);
  const account = await getAccount(access, name);
  return options.json ? formatJson(accountJson(account)) : formatAccount(account);
}

async function add({ access, record }: AccessCommand, { name, options, context }: Call): Promise<string> {
  refuseOthers("add", options, [...DETAILS, "json"]);
  const { limits, ...details } = readChanges(options);
  const isSaid = options["password-stdin"] ?? options["no-password"] ?? false;
  const password = await readPassword(isSaid ? options : { ...options, password: true }, context);
  const made = await access.accounts.create({ ...details, name, password: password ?? null });
  const account = limits === undefined ? made : await access.accounts.update(made.id, { limits });
  record("user-added", account.name, { user: account.id, ...withoutUndefined({ ...details, limits }) });
  return options.json ? formatJson(accountJson(account)) : `Made the account ${account.name} (${account.role})\n`;
}

async function set({ access, record }: AccessCommand, { name, options, context }: Call): Promise<string> {
  refuseOthers("set", options, [...DETAILS, "no-group", "disable", "enable", "json"]);
  const before = await getAccount(access, name);
  const changes = readChanges(options, before);
  const password = await readPassword(options, context);
  if (password === undefined && Object.keys(changes).length === 0) {
    throw new ServiceError("usage", `Cannot change "${name}": no option says what`);
  }
  const account = await access.accounts.update(before.id, {
    ...changes,
    ...(password === undefined ? {} : { password }),
  });
  if (Object.keys(changes).length > 0) {
    record("user-changed", account.name, { user: account.id, ...withoutUndefined(changes) });
  }
  if (password !== undefined)
    record("password-changed", account.name, { user: account.id, removed: password === null });
  return options.json ? formatJson(accountJson(account)) : `Changed the account ${account.name}\n`;
}

async function remove({ access, record }: AccessCommand, { name, options }: Call): Promise<string> {
  refuseOthers("remove", options, []);
  const account = await getAccount(access, name);
  await access.accounts.remove(account.id);
  record("user-removed", account.name, { user: account.id });
  return `Removed the account ${account.name}\n`;
}

/** "role" for limits that are as the role has them: JSON has no undefined. */
function withoutUndefined(changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const text = JSON.stringify(changes, (_, value: unknown) => (value === undefined ? "role" : value));
  const { limits, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return limits === "role" ? rest : { ...rest, limits };
}
