import type { Context, Hono } from "hono";
import type { Account } from "../../access/accounts/account.ts";
import type { Accounts } from "../../access/accounts/accounts.ts";
import { PASSWORD_LENGTH } from "../../access/accounts/passwords.ts";
import type { AuditLog } from "../../access/audit.ts";
import type { UsageOf } from "../../access/limits/usage.ts";
import { ServiceError } from "../../errors.ts";
import { accountPage } from "../../web/account-page.ts";
import type { AppEnv } from "../app-env.ts";
import { describeAccount, isChosen, metersOf, noticeOf } from "./account-view.ts";
import { requireViewer, seeOther, showPage, wantsJson } from "./auth-app-pages.ts";
import { readChange } from "./csrf.ts";
import { openSession, type LoginServices } from "./sign-in.ts";
import { addResource } from "../resource.ts";

export type AccountServices = Pick<LoginServices, "sessions" | "sessionCookie" | "guesses"> & {
  readonly accounts: Pick<Accounts, "find" | "changePassword" | "checkPassword">;
  readonly audit: Pick<AuditLog, "record">;
  readonly usageOf: UsageOf;
};

const DONE: Readonly<Record<string, string>> = {
  password: "The password is changed. All other sessions have ended, and the tokens that the one before gave.",
  "password-tokens": "The password is changed. All other sessions and all tokens have ended.",
  session: "The session has ended.",
  sessions: "All other sessions have ended.",
};

/** What users see and change of their own account. */
export function addAccountRoutes(app: Hono<AppEnv>, services: AccountServices): void {
  const { accounts, sessions, audit, guesses } = services;

  addResource(app, "/account", {
    async GET(c) {
      const account = await ownAccount(c, services);
      if (wantsJson(c)) return c.json(describeAccount(account));
      return showAccount(c, services, account);
    },
  });

  addResource(app, "/account/sessions/end", {
    async POST(c) {
      const fields = await readChange(c);
      const { user, grant } = c.var;
      const own = grant.kind === "session" ? grant.sessionId : undefined;
      const wanted = fields.get("session") ?? "";
      const ended = (await sessions.list(user.id)).filter(({ id }) =>
        wanted === "others" ? id !== own : id === wanted,
      );
      if (wanted === "others") await sessions.endAll(user.id, own);
      else if (ended.length === 0) throw new ServiceError("not-found", "Cannot find this session: it may have ended");
      else await sessions.end(wanted);
      const who = { actor: user.id, actorName: user.name, subject: user.name, address: c.var.clientAddress };
      audit.record({ ...who, action: "sign-out", detail: { sessions: ended.length } });
      return wantsJson(c)
        ? c.json({ ended: ended.length })
        : seeOther(c, "/account", wanted === "others" ? "sessions" : "session");
    },
  });

  addResource(app, "/account/password", {
    async POST(c) {
      const fields = await readChange(c);
      const { user, clientAddress } = c.var;
      const [current = "", next = "", again = next] = ["current", "new", "again"].map((name) => fields.get(name));
      if (next !== again) throw new ServiceError("usage", "Cannot change the password: the new ones are not the same");
      const checked = await guesses.attempt({ name: user.name, address: clientAddress }, () =>
        accounts.checkPassword(user.name, current),
      );
      const who = { actor: user.id, actorName: user.name, subject: user.name, address: clientAddress };
      if (checked?.user.id !== user.id) {
        audit.record({ ...who, action: "sign-in-refused", detail: { provider: "local", for: "password-change" } });
        throw new ServiceError("forbidden", "Cannot change the password: the present one is wrong");
      }
      const revokeTokens = isChosen(fields, "revoke_tokens");
      const changed = await accounts.changePassword(checked, { password: next, revokeTokens }); // ends this session too
      audit.record({ ...who, action: "password-changed", detail: { revokeTokens } });
      await openSession(c, services, { ...changed, provider: "local" });
      if (wantsJson(c)) return c.json({ changed: true });
      return seeOther(c, "/account", revokeTokens ? "password-tokens" : "password");
    },
  });
}

/** "not-found" for the user of RECORTE_TEST_TOKEN, who has none. */
async function ownAccount(c: Context<AppEnv>, { accounts }: AccountServices): Promise<Account> {
  const account = await accounts.find(c.var.user.id);
  if (account !== null) return account;
  throw new ServiceError("not-found", `Cannot show the account of ${c.var.user.name}: there is none on record`);
}

async function showAccount(c: Context<AppEnv>, services: AccountServices, account: Account): Promise<Response> {
  const { user, grant, clientAddress } = c.var;
  const viewer = requireViewer(c);
  const sessions = await services.sessions.list(user.id);
  const { fullName, email, role, groups, createdAt, hasPassword, providers } = account;
  const view = accountPage({
    viewer,
    notice: noticeOf(c, DONE),
    fullName,
    email,
    role,
    groups,
    createdAt,
    hasPassword,
    signInsBy: [...(hasPassword ? ["password"] : []), ...providers],
    usage: metersOf(services.usageOf(user, clientAddress)),
    sessions: sessions.map(({ id, provider, createdAt: from, expiresAt }) => ({
      id,
      provider,
      createdAt: from.getTime(),
      expiresAt: expiresAt.getTime(),
      isThis: grant.kind === "session" && grant.sessionId === id,
    })),
    passwordLength: PASSWORD_LENGTH,
  });
  return showPage(c, view);
}
