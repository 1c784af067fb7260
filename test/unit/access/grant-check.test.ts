import { afterEach, beforeEach, expect, test } from "vitest";
import { createAccounts } from "../../../src/access/accounts/accounts.ts";
import { createPasswords } from "../../../src/access/accounts/passwords.ts";
import { NOBODY, type Grant } from "../../../src/access/identity.ts";
import { createGrantCheck } from "../../../src/access/grant-check.ts";
import { createSessions } from "../../../src/access/sessions.ts";
import { createTokens } from "../../../src/access/tokens/tokens.ts";
import { TEST_USER, type User } from "../../../src/access/user.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { openTestRecords } from "../../support/job-services.ts";

let records: RecordsDatabase;
let now: number;
const tick = () => now;

beforeEach(() => {
  records = openTestRecords();
  now = Date.now();
});
afterEach(() => records.close());

async function addUser(name: string, role: "user" | "admin" = "user"): Promise<User> {
  const accounts = createAccounts({ records, passwords: createPasswords(), now: tick });
  const { id } = await accounts.create({ name, role, password: null });
  return { ...((await accounts.user(id)) as User), administers: role === "admin" };
}

async function signIn(user: User): Promise<Grant> {
  const sessions = createSessions({ records, lifetimeSeconds: 1000 });
  await sessions.begin(user.id, "local");
  const [session] = await sessions.list(user.id);
  return { kind: "session", sessionId: session?.id ?? "", csrfToken: "", renewedUntil: null };
}

async function giveToken(user: User, expiresAt: number | null = null): Promise<Grant> {
  const { token } = await createTokens({ records, maxDays: 365, now: tick }).create(user, {
    ...{ name: "t", scopes: ["read"], expiresAt },
  });
  return { kind: "token", tokenId: token.id, scopes: ["read"], actor: null };
}

const run = (sql: string) => void records.sqlite.prepare(sql).run();
const close = (name: string) => run(`update user set disabled_at = 1 where name = '${name}'`);

test("nobody, and the user of the test token, have nothing to lose", () => {
  const holds = createGrantCheck(records, { now: tick });
  expect(holds(NOBODY)).toBe(true);
  expect(holds({ user: TEST_USER, grant: { kind: "token", tokenId: "test", scopes: ["read"], actor: null } })).toBe(
    true,
  );
});

test.each([
  ["it is revoked", () => run("update api_token set revoked_at = 1")],
  ["it is deleted", () => run("delete from api_token")],
  ["it has expired", () => void (now += 3_600_001)],
  ["the account is closed", () => close("ana")],
])("a token holds until %s", async (_, end) => {
  const user = await addUser("ana");
  const grant = await giveToken(user, now + 3_600_000);
  const holds = createGrantCheck(records, { now: tick });
  expect(holds({ user, grant })).toBe(true);
  end();
  expect(holds({ user, grant })).toBe(false);
});

test.each([
  ["it ends", () => run("delete from session")],
  ["it has expired", () => void (now += 1_001_000)],
  ["the account is closed", () => close("ana")],
])("a session holds until %s, and is not prolonged", async (_, end) => {
  const user = await addUser("ana");
  const grant = await signIn(user);
  const holds = createGrantCheck(records, { now: tick });
  const expiry = () => records.sqlite.prepare("select expires_at from session").pluck().get();
  const before = expiry();
  now += 600_000;
  expect(holds({ user, grant })).toBe(true);
  expect(expiry()).toBe(before);
  end();
  expect(holds({ user, grant })).toBe(false);
});

test.each(["ben", "portal"])("a service asks in the name of a user until the account of %s is closed", async (name) => {
  const user = await addUser("ben");
  const actor = await addUser("portal");
  const grant: Grant = { ...((await giveToken(actor)) as Extract<Grant, { kind: "token" }>), actor };
  const holds = createGrantCheck(records, { now: tick });
  expect(holds({ user, grant })).toBe(true);
  close(name);
  expect(holds({ user, grant })).toBe(false);
});

test("who came as an administrator goes when the role does", async () => {
  const user = await addUser("ada", "admin");
  const grant = await signIn(user);
  const holds = createGrantCheck(records, { now: tick });
  expect(holds({ user, grant })).toBe(true);
  run("update user set role = 'user'");
  expect(holds({ user, grant })).toBe(false);
  expect(holds({ user: { ...user, administers: false }, grant })).toBe(true);
});
