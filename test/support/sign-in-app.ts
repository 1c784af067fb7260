import { setCookie } from "hono/cookie";
import type { Hono } from "hono";
import { createAccounts, type Accounts } from "../../src/access/accounts/accounts.ts";
import type { AuditEntry } from "../../src/access/audit.ts";
import { createPasswords } from "../../src/access/accounts/passwords.ts";
import { parseProviders } from "../../src/access/sign-in/providers-schema.ts";
import { createProviders } from "../../src/access/sign-in/providers.ts";
import { returnAddress } from "../../src/access/sign-in/return-address.ts";
import { createSignInStates } from "../../src/access/sign-in/sign-in-states.ts";
import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../../src/db/records-database.ts";
import type { AppEnv } from "../../src/http/app-env.ts";
import { addFederationRoutes } from "../../src/http/auth/federation-routes.ts";
import type { LogEntry } from "../../src/http/log-entry.ts";
import { createRoutesApp } from "./service-frame.ts";
import { createTestBrowser, type TestBrowser } from "./test-browser.ts";

export const AUTH_URL = "https://auth.survey.example";
export const CUTOUT_URL = "https://cutout.survey.example";

export type SignInApp = {
  readonly app: Hono<AppEnv>;
  readonly accounts: Accounts;
  readonly records: RecordsDatabase;
  readonly audited: AuditEntry[];
  /** Causes of the last sign-in that failed, as the log has them. */
  lastFailure(): string;
  newBrowser(): TestBrowser;
  /** Name of the account that the browser has signed in by. */
  signedIn(browser: TestBrowser): string | undefined;
  close(): void;
};

/** The routes of sign-in by providers over records of their own. A session is a cookie with the name of the account. */
export async function createSignInApp(
  providers: readonly unknown[],
  secrets: Readonly<Record<string, string>> = {},
): Promise<SignInApp> {
  const records = openRecordsDatabase(":memory:");
  migrateRecords(records);
  const now = () => Date.now();
  const accounts = createAccounts({ records, passwords: createPasswords(), now });
  const parsed = parseProviders(providers, { read: (name) => secrets[name] });
  if (parsed.problems.length > 0) throw new Error(parsed.problems.join("\n"));
  const audited: AuditEntry[] = [];
  const failures: string[] = [];
  const options = {
    publicUrl: AUTH_URL,
    log: (entry: LogEntry) => void (entry.error === undefined || failures.push(messagesOf(entry.error))),
  };
  const ours = { base: AUTH_URL, origins: [AUTH_URL, CUTOUT_URL], fallback: `${AUTH_URL}/account` };
  const known = await createProviders(parsed.providers, { authUrl: AUTH_URL, now });
  const addRoutes = (routes: Hono<AppEnv>) => {
    routes.get("/account", (c) => c.text("account"));
    addFederationRoutes(routes, {
      providers: known,
      signIns: createSignInStates(records, { now }),
      accounts,
      audit: { record: (entry) => void audited.push(entry) },
      openSession: (c, { user }) => Promise.resolve(setCookie(c, "session", user.name, { path: "/" })),
      returnAddress: (wanted) => returnAddress(wanted, ours),
    });
  };
  const app = createRoutesApp(addRoutes, options);
  return {
    app,
    accounts,
    records,
    audited,
    lastFailure: () => failures.at(-1) ?? "",
    newBrowser: () => createTestBrowser(app, AUTH_URL),
    signedIn(browser) {
      const name = browser.cookie(AUTH_URL, "session");
      return name === undefined ? undefined : decodeURIComponent(name);
    },
    close: () => records.close(),
  };
}

function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let e = error; e instanceof Error; e = e.cause) messages.push(e.message);
  return messages.join(" <- ");
}
