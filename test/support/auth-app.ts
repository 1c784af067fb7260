import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hono } from "hono";
import type { Account, NewAccount } from "../../src/access/accounts/account.ts";
import type { NewToken } from "../../src/access/tokens/api-token.ts";
import { createAuthAppServices } from "../../src/bin/auth-app-services.ts";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { openSharedServices, type SharedServices } from "../../src/bin/shared-services.ts";
import type { AppEnv } from "../../src/http/app-env.ts";
import { createAuthApp } from "../../src/http/auth/auth-app.ts";
import { SESSION_COOKIE } from "../../src/http/session-cookie.ts";

export const AUTH = "https://auth.survey.example";
export const CUTOUT = "https://cutout.survey.example";
export const PASSWORD = "long enough for once";

export type AuthApp = {
  readonly app: Hono<AppEnv>;
  readonly shared: SharedServices;
  addUser(name: string, account?: Partial<NewAccount>): Promise<Account>;
  addToken(name: string, token: Partial<NewToken>): Promise<{ readonly id: string; readonly secret: string }>;
  newBrowser(): FormBrowser;
  /** One with a session of theirs, as a sign-in begins it. */
  browserOf(name: string): Promise<FormBrowser>;
  close(): Promise<void>;
};

/** The whole auth service, as the configuration makes it, over records of its own. */
export async function createTestAuthApp(env: Record<string, string> = {}): Promise<AuthApp> {
  const folder = await mkdtemp(join(tmpdir(), "recorte-auth-"));
  const addresses = { RECORTE_AUTH_URL: AUTH, RECORTE_PUBLIC_URL: CUTOUT, RECORTE_DOMAIN: "survey.example" };
  const configuration = readConfiguration({ RECORTE_DATA: folder, RECORTE_LOG: "none", ...addresses, ...env });
  const shared = openSharedServices(configuration);
  const app = createAuthApp(await createAuthAppServices(configuration, shared));
  const { accounts, tokens } = shared.access;
  const newBrowser = () => createFormBrowser(app);
  return {
    app,
    shared,
    newBrowser,
    addUser: (name, account = {}) => accounts.create({ name, password: PASSWORD, ...account }),
    async addToken(name, token) {
      const user = await accounts.user((await accounts.find(name))?.id ?? "");
      if (user === null) throw new Error(`There is no user ${name}`);
      const made = await tokens.create(user, { name: "script", scopes: ["read", "jobs"], expiresAt: null, ...token });
      return { id: made.token.id, secret: made.secret };
    },
    async browserOf(name) {
      const account = await accounts.find(name);
      if (account === null) throw new Error(`There is no user ${name}`);
      const browser = newBrowser();
      browser.cookies.set(SESSION_COOKIE, (await shared.access.sessions.begin(account.id, "local")).secret);
      return browser;
    },
    async close() {
      shared.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Path of Location, or the whole of it where it is elsewhere; empty where there is none. */
  readonly location: string;
};

type SendOptions = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly origin?: string | null;
};

export type FormBrowser = {
  /** GET, or POST of a form; redirects are not followed. */
  send(
    path: string,
    form?: Readonly<Record<string, string | readonly string[]>> | null,
    options?: SendOptions,
  ): Promise<Answer>;
  /** Hidden fields of the forms of a page. */
  form(path: string): Promise<Record<string, string>>;
  readonly cookies: Map<string, string>;
};

/** A browser as far as forms need one: it keeps cookies, and says which page a form is from. */
export function createFormBrowser(app: Hono<AppEnv>): FormBrowser {
  const cookies = new Map<string, string>();

  async function send(path: string, form: Parameters<FormBrowser["send"]>[1] = null, options: SendOptions = {}) {
    const { origin = AUTH } = options;
    const headers = new Headers({ accept: "text/html,application/xhtml+xml", ...options.headers });
    if (cookies.size > 0) headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    if (form !== null && origin !== null) headers.set("origin", origin);
    const method = options.method ?? (form === null ? "GET" : "POST");
    const fields = Object.entries(form ?? {}).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, one] as [string, string]),
    );
    const body = form === null ? undefined : new URLSearchParams(fields);
    const response = await app.request(AUTH + path, { method, headers, body });
    for (const text of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      if (/max-age=0(;|$)/i.test(text)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get("location") ?? "";
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: location.startsWith(AUTH) ? location.slice(AUTH.length) : location,
    };
  }

  return {
    cookies,
    send,
    async form(path) {
      const { text } = await send(path);
      const fields = [...text.matchAll(/<input\s+type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"/g)];
      return Object.fromEntries(fields.map(([, name, value]) => [name, value]));
    },
  };
}
