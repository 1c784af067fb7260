import { SCOPES, stateOf, type ApiToken, type Scope } from "../../access/tokens/api-token.ts";
import { ServiceError } from "../../errors.ts";
import { EXIT_OK, parseArguments, type Command, type CommandContext } from "../command.ts";
import {
  formatInstant,
  formatJson,
  formatTable,
  getAccount,
  instantOrNull,
  withAccess,
  type AccessCommand,
} from "./_access-command.ts";

export const command: Command = {
  name: "token",
  summary: "Make, list and revoke the tokens of a user",
  help: `
Usage: recorte token create USER --name TEXT [--scope SCOPE]... [--days N] [--json]
       recorte token list USER [--json]
       recorte token revoke USER TOKEN

create prints the token, this once, and nothing else on standard output: only a digest of it is kept. It is sent as
\`Authorization: Bearer <token>\`. revoke takes the id of the token, the first characters that list shows, or all of it; a server sees
it at its next request. A new password ends the tokens that signing in gave, a lower role those with scope admin or act-for;
closing the account, or \`recorte user remove\`, ends all of them.

Scopes:
${Object.entries(SCOPES)
  .map(([name, what]) => `  ${name.padEnd(10)}${what}`)
  .join("\n")}

Options:
  --name TEXT     The user's own word for it: where it is used, say
  --scope SCOPE   May be repeated; default: read and jobs
  --days N        How long it lasts; default, and at most, RECORTE_TOKEN_MAX_DAYS
  --json          Prints JSON

Examples:
  recorte token create ana --name "laptop" --scope read --days 30
  recorte token create portal --name "the portal" --scope read --scope jobs --scope act-for`,

  async run(args, context) {
    const { values, positionals } = parseArguments(args, {
      options: {
        name: { type: "string" },
        scope: { type: "string", multiple: true },
        days: { type: "string" },
        json: { type: "boolean" },
      },
      positionals: ["action", "user", "token?"],
    });
    const [action = "", name = "", token] = positionals;
    const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action as keyof typeof ACTIONS] : undefined;
    if (run === undefined) {
      const known = Object.keys(ACTIONS).join(", ");
      throw new ServiceError("usage", `Unknown action "${action}": it needs one of ${known}`);
    }
    if (action === "revoke" && token === undefined) throw new ServiceError("usage", "Missing argument <token>");
    if (action !== "revoke" && token !== undefined) throw new ServiceError("usage", `Unexpected argument "${token}"`);
    if (action !== "create" && (values.name ?? values.scope ?? values.days) !== undefined) {
      throw new ServiceError("usage", `Cannot use --name, --scope or --days with "token ${action}"`);
    }
    const options: TokenOptions = { ...values };
    context.stdout.write(
      await withAccess(context, (access) => run(access, { name, token: token ?? "", options, context })),
    );
    return EXIT_OK;
  },
};

type TokenOptions = { name?: string; scope?: string[]; days?: string; json?: boolean };

type Call = {
  readonly name: string;
  readonly token: string;
  readonly options: TokenOptions;
  readonly context: CommandContext;
};

const ACTIONS = { create, list, revoke };

const DAY_MILLISECONDS = 86_400_000;

async function create({ access, record }: AccessCommand, { name, options, context }: Call): Promise<string> {
  if (options.name === undefined) throw new ServiceError("usage", "Missing option --name");
  const account = await getAccount(access, name);
  const user = await access.accounts.user(account.id);
  if (user === null) throw new ServiceError("forbidden", `Cannot make a token for "${name}": the account is closed`);
  const wanted = {
    name: options.name,
    scopes: (options.scope ?? ["read", "jobs"]) as Scope[], // tokens refuse what is none
    expiresAt: options.days === undefined ? null : Date.now() + parseDays(options.days) * DAY_MILLISECONDS,
    isGiven: true,
  };
  const { token, secret } = await access.tokens.create(user, wanted);
  const { id, prefix, scopes, expiresAt } = token;
  record("token-created", token.name, {
    token: id,
    prefix,
    user: user.name,
    scopes,
    expiresAt: instantOrNull(expiresAt),
  });
  if (options.json) return formatJson({ ...tokenJson(token), secret });
  context.stderr.write(`A token of ${user.name} (${scopes.join(", ")}) until ${formatInstant(expiresAt)}:\n`);
  return `${secret}\n`;
}

async function list({ access }: AccessCommand, { name, options }: Call): Promise<string> {
  const account = await getAccount(access, name);
  const tokens = await access.tokens.list(account.id);
  if (options.json) return formatJson(tokens.map(tokenJson));
  const rows = tokens.map((token) => [
    ...[token.id, token.prefix, token.name, token.scopes.join(","), formatInstant(token.createdAt)],
    ...[formatInstant(token.expiresAt), formatInstant(token.lastUsedAt), stateOf(token, Date.now())],
  ]);
  return formatTable(["ID", "TOKEN", "NAME", "SCOPES", "MADE", "EXPIRES", "LAST USED", "STATE"], rows);
}

async function revoke({ access, record }: AccessCommand, { name, token: wanted }: Call): Promise<string> {
  const account = await getAccount(access, name);
  const tokens = await access.tokens.list(account.id);
  const matching = tokens.filter(({ id, prefix }) => id === wanted || prefix === wanted.slice(0, prefix.length));
  const [found] = matching;
  if (found === undefined)
    throw new ServiceError("not-found", `Cannot find a token "${wanted.slice(0, 12)}" of ${name}`);
  if (matching.length > 1) throw new ServiceError("usage", `Cannot tell which token "${wanted}" is: give its id`);
  const token = await access.tokens.revoke(account.id, found.id);
  record("token-revoked", token.name, { token: token.id, prefix: token.prefix, user: account.name });
  return `Revoked the token ${token.prefix}… of ${account.name}\n`;
}

function parseDays(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new ServiceError("usage", `Cannot use --days "${text}": it needs an integer from 1`);
}

function tokenJson(token: ApiToken) {
  const { createdAt, expiresAt, lastUsedAt, revokedAt, ...rest } = token;
  return {
    ...rest,
    state: stateOf(token, Date.now()),
    createdAt: formatInstant(createdAt),
    expiresAt: instantOrNull(expiresAt),
    lastUsedAt: instantOrNull(lastUsedAt),
    revokedAt: instantOrNull(revokedAt),
  };
}
