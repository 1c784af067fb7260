import type { Context, Hono } from "hono";
import type { Account, AccountChanges } from "../../access/accounts/account.ts";
import { PASSWORD_LENGTH } from "../../access/accounts/passwords.ts";
import { LIMIT_NAMES, LIMITS, parseLimit, UNITS, type LimitName } from "../../access/limits/limit-values.ts";
import { ACCOUNT_ROLES, type User } from "../../access/user.ts";
import { ServiceError } from "../../errors.ts";
import { formatBytes } from "../../format-bytes.ts";
import { userPage, userPath } from "../../web/admin-user-page.ts";
import { usersPage } from "../../web/admin-users-page.ts";
import { formatCount } from "../../web/values.ts";
import { describeAccount, isChosen, metersOf, noticeOf } from "./account-view.ts";
import { nameJobs } from "./admin-routes-jobs.ts";
import { noteChange, readCount, type AdminServices } from "./admin-routes-common.ts";
import type { AppEnv } from "../app-env.ts";
import { requireViewer, seeOther, showPage, wantsJson } from "./auth-app-pages.ts";
import { readChange } from "./csrf.ts";
import type { Fields } from "../form-fields.ts";
import { addResource } from "../resource.ts";
import { describeUsage } from "../usage-routes.ts";
import { describeToken } from "./token-routes.ts";

const PAGE_USERS = 50;
const MOST_USERS = 500;
const LAST_JOBS = 10;

const DONE = {
  added: "The user is added.",
  saved: "The changes are saved.",
  closed: "The account is closed: its sessions and tokens have ended.",
  opened: "The account is open again.",
  password: "The password is set. All sessions of the user have ended, and the tokens that the one before gave.",
  revoked: "The token is revoked.",
};

/** Users: who there is, and what they may do. */
export function addAdminUserRoutes(app: Hono<AppEnv>, services: AdminServices): void {
  const { accounts, tokens } = services;

  addResource(app, "/admin/users", {
    async GET(c) {
      const search = c.req.query("search")?.trim().slice(0, 200) ?? "";
      const last = Math.min(readCount(c, "last") ?? PAGE_USERS, MOST_USERS);
      const found = await accounts.list({
        search: search === "" ? undefined : search,
        after: c.req.query("after"),
        last: last + 1,
      });
      const users = found.slice(0, last);
      const after = found.length > last ? (users.at(-1)?.name ?? null) : null;
      if (wantsJson(c)) return c.json({ users: users.map(describeAccount), after });
      return showPage(
        c,
        usersPage({ viewer: requireViewer(c), notice: noticeOf(c, DONE), search, users, after, roles: ACCOUNT_ROLES }),
      );
    },
    async POST(c) {
      const fields = await readChange(c);
      const wanted = {
        name: fields.get("name") ?? "",
        fullName: textOf(fields, "full_name"),
        email: textOf(fields, "email"),
        role: readRole(fields) ?? "user",
        password: textOf(fields, "password"),
        groups: readGroups(fields) ?? [],
      };
      const account = await accounts.create(wanted, c.var.user.id);
      noteChange(c, services, { action: "user-added", subject: account.name, detail: { role: account.role } });
      return wantsJson(c) ? c.json(describeAccount(account), 201) : seeOther(c, userPath(account), "added");
    },
  });

  addResource(app, "/admin/users/:name", {
    async GET(c) {
      const account = await getAccount(services, c);
      return wantsJson(c) ? c.json(await describeUser(services, account)) : showUser(c, services, account);
    },
    async POST(c) {
      const fields = await readChange(c);
      const account = await getAccount(services, c);
      const role = readRole(fields);
      const groups = readGroups(fields);
      const limits = readLimits(fields);
      const changes: AccountChanges = {
        ...(role === undefined ? {} : { role }),
        ...(groups === undefined ? {} : { groups }),
        ...(limits === undefined ? {} : { limits }),
      };
      const changed = await accounts.update(account.id, changes, c.var.user.id);
      const detail = differences(account, changed);
      if (Object.keys(detail).length > 0) {
        noteChange(c, services, { action: "user-changed", subject: account.name, detail });
      }
      return wantsJson(c) ? c.json(describeAccount(changed)) : seeOther(c, userPath(account), "saved");
    },
  });

  for (const [step, disabled] of [
    ["close", true],
    ["open", false],
  ] as const) {
    addResource(app, `/admin/users/:name/${step}`, {
      async POST(c) {
        await readChange(c);
        const account = await getAccount(services, c);
        const changed = await accounts.update(account.id, { disabled }, c.var.user.id);
        noteChange(c, services, { action: "user-changed", subject: account.name, detail: { closed: disabled } });
        if (wantsJson(c)) return c.json(describeAccount(changed));
        return seeOther(c, userPath(account), disabled ? "closed" : "opened");
      },
    });
  }

  addResource(app, "/admin/users/:name/password", {
    async POST(c) {
      const fields = await readChange(c);
      const account = await getAccount(services, c);
      const revokeTokens = isChosen(fields, "revoke_tokens");
      await accounts.update(account.id, { password: fields.get("password") ?? "", revokeTokens }, c.var.user.id);
      noteChange(c, services, { action: "password-changed", subject: account.name, detail: { revokeTokens } });
      return wantsJson(c) ? c.json({ changed: true }) : seeOther(c, userPath(account), "password");
    },
  });

  addResource(app, "/admin/users/:name/tokens/:id/revoke", {
    async POST(c) {
      await readChange(c);
      const account = await getAccount(services, c);
      const token = await tokens.revoke(account.id, c.req.param("id") ?? "");
      const detail = { user: account.name, prefix: token.prefix };
      noteChange(c, services, { action: "token-revoked", subject: token.name, detail });
      return wantsJson(c) ? c.json(describeToken(token)) : seeOther(c, userPath(account), "revoked");
    },
  });
}

async function getAccount({ accounts }: AdminServices, c: Context<AppEnv>): Promise<Account> {
  const name = c.req.param("name") ?? "";
  const account = await accounts.find(name);
  if (account === null)
    throw new ServiceError("not-found", `Cannot find the user ${JSON.stringify(name.slice(0, 64))}`);
  return account;
}

function textOf(fields: Fields, name: string): string | null {
  const text = fields.get(name)?.trim() ?? "";
  return text === "" ? null : text;
}

function readRole(fields: Fields): Account["role"] | undefined {
  const text = fields.get("role");
  if (text === undefined) return undefined;
  const role = ACCOUNT_ROLES.find((known) => known === text);
  if (role !== undefined) return role;
  throw new ServiceError(
    "usage",
    `Cannot give the role "${text.slice(0, 30)}": it needs one of ${ACCOUNT_ROLES.join(", ")}`,
  );
}

/** Apart by commas, or several values. */
function readGroups(fields: Fields): string[] | undefined {
  const texts = fields.all("groups");
  if (texts.length === 0) return fields.isJson && fields.names.includes("groups") ? [] : undefined;
  return [
    ...new Set(
      texts
        .flatMap((text) => text.split(","))
        .map((name) => name.trim())
        .filter((name) => name !== ""),
    ),
  ];
}

/** Of `limit.streams=3`, or of `limits` in JSON; an empty one is as the role has it. */
function readLimits(fields: Fields): AccountChanges["limits"] | undefined {
  const limits: Partial<Record<LimitName, number | null | undefined>> = {};
  for (const field of fields.names) {
    const [, name] = /^limits?\.(.*)$/s.exec(field) ?? [];
    if (name === undefined) continue;
    const known = LIMIT_NAMES.find((one) => one === name);
    if (known === undefined) {
      throw new ServiceError("usage", `Cannot set limit "${name.slice(0, 30)}": there are ${LIMIT_NAMES.join(", ")}`);
    }
    limits[known] = readLimit(known, fields.get(field)?.trim() ?? "");
  }
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function readLimit(name: LimitName, text: string): number | null | undefined {
  if (text === "") return undefined;
  try {
    const value = parseLimit(name, text);
    return value === Infinity ? null : value;
  } catch (error) {
    throw new ServiceError("usage", `Cannot set the limit: ${(error as Error).message}`, { cause: error });
  }
}

/** As `parseLimit` reads it. */
function limitText(name: LimitName, value: number | null): string {
  if (value === null) return "none";
  return UNITS[name] === "bytes" && value > 0 && value % 1e9 === 0 ? `${value / 1e9}GB` : String(value);
}

/** What was, and what is. */
function differences(before: Account, after: Account): Record<string, unknown> {
  const local = ({ groups }: Account) => groups.filter(({ source }) => source === "local").map(({ name }) => name);
  const pairs = {
    role: [before.role, after.role],
    groups: [local(before), local(after)],
    limits: [before.limits, after.limits],
  };
  const changed = Object.entries(pairs).filter(([, [was, is]]) => JSON.stringify(was) !== JSON.stringify(is));
  return Object.fromEntries(changed.map(([name, [was, is]]) => [name, { was, is }]));
}

/** As the account would be known if it signed in, also where it is closed. */
function userOf({ id, name, role, groups, limits }: Account): User {
  return {
    ...{ id, name, role, administers: false },
    groups: groups.map((group) => group.name),
    limits: Object.fromEntries(Object.entries(limits).map(([limit, value]) => [limit, value ?? Infinity])),
  };
}

async function showUser(c: Context<AppEnv>, services: AdminServices, account: Account): Promise<Response> {
  const usage = services.usageOf(userOf(account), null);
  const view = userPage({
    viewer: requireViewer(c),
    notice: noticeOf(c, DONE),
    now: services.now(),
    ...account,
    roles: ACCOUNT_ROLES,
    passwordLength: PASSWORD_LENGTH,
    limits: LIMIT_NAMES.map((name) => {
      const own = account.limits[name];
      const { limit = Infinity, unit } = usage.find((line) => line.name === name) ?? {};
      const value = limit === Infinity ? "none" : unit === "bytes" ? formatBytes(limit) : formatCount(limit);
      return { name, meaning: LIMITS[name], own: own === undefined ? "" : limitText(name, own), value };
    }),
    usage: metersOf(usage),
    tokens: await services.tokens.list(account.id),
    jobs: await nameJobs(services, services.overview.list({ owner: account.id, last: LAST_JOBS })),
    sessions: (await services.sessions.list(account.id)).length,
  });
  return showPage(c, view);
}

async function describeUser(services: AdminServices, account: Account): Promise<object> {
  return {
    ...describeAccount(account),
    usage: describeUsage(services.usageOf(userOf(account), null)),
    tokens: (await services.tokens.list(account.id)).map(describeToken),
    sessions: (await services.sessions.list(account.id)).length,
  };
}
