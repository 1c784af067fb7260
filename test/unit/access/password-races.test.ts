import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAccounts, type Accounts } from "../../../src/access/accounts/accounts.ts";
import type { Passwords } from "../../../src/access/accounts/passwords.ts";
import { createSessions, type Sessions } from "../../../src/access/sessions.ts";
import { createTokens, type Tokens } from "../../../src/access/tokens/tokens.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { openTestRecords } from "../../support/job-services.ts";

// What comes in between while a password is checked or hashed, which takes its time.

const ROUNDS = 60;
const OLD = "the old password";
const NEW = "the new password";

const slowly = async <T>(value: T) => pause(Math.random() * 6, value);
/** As slow as they like, and quicker than argon2. */
const passwords: Passwords = {
  hash: (password) => slowly(`hash of ${password}`),
  matches: (password, hash) => slowly(hash === `hash of ${password}`),
};

let records: RecordsDatabase;
let accounts: Accounts;
let sessions: Sessions;
let tokens: Tokens;
let id: string;

beforeEach(async () => {
  records = openTestRecords();
  accounts = createAccounts({ records, passwords, now: () => Date.now() });
  sessions = createSessions({ records, lifetimeSeconds: 1000 });
  tokens = createTokens({ records, maxDays: 365, now: () => Date.now() });
  ({ id } = await accounts.create({ name: "ana", password: OLD }));
});
afterEach(() => {
  tokens.flush();
  records.close();
});

async function signIn(way: "session" | "token", password: string): Promise<string | null> {
  await pause(Math.random() * 6);
  const checked = await accounts.checkPassword("ana", password);
  if (checked === null) return null;
  await pause(Math.random() * 2);
  const { user, proof } = checked;
  const refused = { secret: null };
  if (way === "session") return (await sessions.begin(user.id, "local", proof).catch(() => refused)).secret;
  const wanted = { name: "curl", scopes: ["read"], expiresAt: null, maker: { kind: "password", proof } } as const;
  return (await tokens.create(user, wanted).catch(() => refused)).secret;
}

async function change(from: string, to: string): Promise<boolean> {
  const checked = await accounts.checkPassword("ana", from);
  if (checked === null) return false;
  return accounts.changePassword(checked, { password: to }).then(
    () => true,
    () => false,
  );
}

test.each([
  ["its owner changes", () => change(OLD, NEW)],
  ["an administrator sets", () => accounts.update(id, { password: NEW })],
])("nobody who signs in with the old password stays in when %s it meanwhile", async (_, setPassword) => {
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const tries = Array.from({ length: 8 }, (_, i) => signIn(i % 2 === 0 ? "session" : "token", OLD));
    await setPassword();
    const secrets = await Promise.all(tries);
    for (const secret of secrets) {
      if (secret === null) refused++;
      else expect([await sessions.find(secret), await tokens.find(secret)]).toEqual([null, null]);
    }
    await accounts.update(id, { password: OLD });
  }
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(8 * ROUNDS); // some came in before
});

test("of two who change one password at once one does, and that one signs in", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const wanted = ["first of the new ones", "second of the new ones"];
    const done = await Promise.all(wanted.map((password) => change(OLD, password)));
    expect(done.filter(Boolean)).toHaveLength(1);
    const signsIn = await Promise.all(wanted.map(async (password) => (await signIn("session", password)) !== null));
    expect(signsIn).toEqual(done);
    await accounts.update(id, { password: OLD });
  }
});

test("a password that was right lets nobody in when the account is closed or has none meanwhile", async () => {
  for (const changes of [{ disabled: true }, { password: null }]) {
    const checked = await accounts.checkPassword("ana", OLD);
    if (checked === null) throw new Error("The password is wrong");
    await accounts.update(id, changes);
    const { proof, user } = checked;
    const maker = { kind: "password", proof } as const;
    for (const begun of [
      sessions.begin(id, "local", proof),
      tokens.create(user, { name: "curl", scopes: ["read"], expiresAt: null, maker }),
    ]) {
      await expect(begun).rejects.toMatchObject({ code: "unauthenticated" });
    }
    await expect(accounts.changePassword(checked, { password: NEW })).rejects.toMatchObject({ code: "forbidden" });
    await accounts.update(id, { disabled: false, password: OLD });
  }
});

test("of administrators who lower or close each other at once one is left", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const made = [`a${round}`, `b${round}`, `c${round}`].map((name) =>
      accounts.create({ name, role: "admin", password: null }),
    );
    const ids = (await Promise.all(made)).map((account) => account.id);
    const changes = round % 2 === 0 ? ({ role: "user" } as const) : { disabled: true };
    const tries = ids.flatMap((by) =>
      ids.map(async (target) => {
        await pause(Math.random() * 2);
        // Each also has a password to hash before.
        return accounts.update(target, { ...changes, password: NEW }, by);
      }),
    );
    await Promise.allSettled(tries);
    const left = (await accounts.list({ last: 1000 })).filter(
      (account) => ids.includes(account.id) && account.role === "admin" && account.disabledAt === null,
    );
    expect(left).toHaveLength(1);
  }
});

test("whoever is no administrator any more changes nothing, and makes nobody", async () => {
  const { id: by } = await accounts.create({ name: "root", role: "admin", password: null });
  await accounts.update(id, { groups: ["des"] }, by);
  const making = accounts.create({ name: "eve", role: "admin", password: NEW }, by);
  const setting = accounts.update(id, { password: NEW }, by);
  const changed = Promise.allSettled([making, setting]);
  await accounts.update(by, { role: "user" });
  const refused = { status: "rejected", reason: { code: "forbidden" } };
  expect(await changed).toMatchObject([refused, refused]);
  expect(await accounts.find("eve")).toBeNull();
  expect(await accounts.checkPassword("ana", OLD)).not.toBeNull();
  for (const nobody of [by, id, "usr_aaaaaaaaaaaaaaaa", ""]) {
    await expect(accounts.update(id, { role: "admin" }, nobody)).rejects.toMatchObject({ code: "forbidden" });
  }
});
