import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAccounts, type Accounts } from "../../../../src/access/accounts/accounts.ts";
import { createPasswords } from "../../../../src/access/accounts/passwords.ts";
import { createSessions } from "../../../../src/access/sessions.ts";
import type { Scope, TokenMaker } from "../../../../src/access/tokens/api-token.ts";
import { createTokens, type Tokens } from "../../../../src/access/tokens/tokens.ts";
import { TEST_USER, type User } from "../../../../src/access/user.ts";
import type { RecordsDatabase } from "../../../../src/db/records-database.ts";
import { openTestRecords } from "../../../support/job-services.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 10);

let records: RecordsDatabase;
let accounts: Accounts;
let tokens: Tokens;
let user: User;
let admin: User;
let now: number;

beforeEach(async () => {
  now = START;
  records = openTestRecords();
  accounts = createAccounts({ records, passwords: createPasswords(), now: () => now });
  tokens = createTokens({ records, maxDays: 365, now: () => now });
  user = await makeUser("ana");
  admin = await makeUser("root", "admin");
});
afterEach(() => {
  tokens.flush();
  records.close();
});

async function makeUser(name: string, role: "user" | "admin" = "user"): Promise<User> {
  const { id } = await accounts.create({ name, role, password: null });
  return (await accounts.user(id)) as User;
}

const make = (scopes: readonly Scope[] = ["read"], owner = user, expiresAt: number | null = null, isGiven = false) =>
  tokens.create(owner, { name: "laptop", scopes, expiresAt, isGiven });

test("a token is found by the whole of it, with its user and scopes", async () => {
  const { token, secret } = await make(["jobs", "read", "read"]);
  expect(secret).toMatch(/^rct_[a-z2-7]{40}$/);
  expect(token).toMatchObject({ name: "laptop", prefix: secret.slice(0, 12), scopes: ["read", "jobs"] });
  expect(await tokens.find(secret)).toEqual({ token, user });
  expect(await tokens.list(user.id)).toEqual([token]);
});

test("no two tokens are alike, and the table has none of them", async () => {
  const secrets = new Set<string>();
  for (let i = 0; i < 50; i++) secrets.add((await make()).secret);
  expect(secrets.size).toBe(50);
  const stored = JSON.stringify(records.sqlite.prepare("select * from api_token").all());
  for (const secret of secrets) expect(stored).not.toContain(secret.slice(0, 16));
});

test("what is not the whole token finds nothing, also what the table has", async () => {
  const { token, secret } = await make();
  const hash = records.sqlite.prepare("select hash from api_token").pluck().get() as string;
  const last = secret.at(-1) === "a" ? "b" : "a";
  const forged = [
    ...["", "rct_", token.prefix, token.id, hash, `rct_${hash}`, `${secret}a`, secret.slice(0, -1), secret.slice(4)],
    ...[secret.slice(0, -1) + last, secret.toUpperCase(), `${secret} `, `${secret}\0`, `rct_${"%".repeat(40)}`],
  ];
  for (const text of forged) expect(await tokens.find(text), text).toBeNull();
});

test("a token is searched by its digest only: no step of the search depends on how much of it is right", async () => {
  const { secret } = await make();
  const plan = records.sqlite
    .prepare("explain query plan select * from api_token where hash = ? and revoked_at is null")
    .all("x") as { detail: string }[];
  expect(plan.map(({ detail }) => detail)).toEqual(["SEARCH api_token USING INDEX api_token_hash (hash=?)"]);
  // SHA-256 by another program than the one under test: `node:crypto` is OpenSSL's.
  const { createHash } = await import("node:crypto");
  const hash = records.sqlite.prepare("select hash from api_token").pluck().get();
  expect(hash).toBe(createHash("sha256").update(secret).digest("hex"));
});

test("a token ends when it expires, at the latest after the longest time allowed", async () => {
  const { secret } = await make(["read"], user, START + DAY);
  const { token: longest, secret: longestSecret } = await make();
  expect(longest.expiresAt).toBe(START + 365 * DAY);
  now = START + DAY - 1;
  expect(await tokens.find(secret)).not.toBeNull();
  now = START + DAY;
  expect(await tokens.find(secret)).toBeNull();
  now = START + 365 * DAY;
  expect(await tokens.find(longestSecret)).toBeNull();
  for (const expiresAt of [now, now - 1, now + 366 * DAY, NaN, Infinity]) {
    await expect(make(["read"], user, expiresAt)).rejects.toMatchObject({ code: "usage" });
  }
});

test("a revoked token is not found at the next request, and stays revoked", async () => {
  const { token, secret } = await make();
  const revoked = await tokens.revoke(user.id, token.id);
  expect(revoked.revokedAt).toBe(START);
  expect(await tokens.find(secret)).toBeNull();
  now += DAY;
  expect((await tokens.revoke(user.id, token.id)).revokedAt).toBe(START);
});

test("nobody revokes a token of somebody else", async () => {
  const { token, secret } = await make();
  await expect(tokens.revoke(admin.id, token.id)).rejects.toMatchObject({ code: "not-found" });
  expect(await tokens.find(secret)).not.toBeNull();
});

test("a token of an account that is closed lets nobody in, also when it is opened again", async () => {
  const { secret } = await make();
  await accounts.update(user.id, { disabled: true });
  expect(await tokens.find(secret)).toBeNull();
  await expect(make()).rejects.toMatchObject({ code: "forbidden" });
  await accounts.update(user.id, { disabled: false });
  expect(await tokens.find(secret)).toBeNull();
  expect((await tokens.list(user.id)).map(({ revokedAt }) => revokedAt)).toEqual([START]);
});

test("a token of an account that is removed lets nobody in", async () => {
  const { secret } = await make();
  await accounts.remove(user.id);
  expect(await tokens.find(secret)).toBeNull();
});

test("a user without an account has no tokens", async () => {
  await expect(make(["read"], TEST_USER)).rejects.toMatchObject({ code: "forbidden" });
});

test("scopes are those that the user may have", async () => {
  await expect(make(["admin"])).rejects.toMatchObject({ code: "forbidden" });
  await expect(make(["admin"], user, null, true)).rejects.toMatchObject({ code: "forbidden" });
  await expect(make(["act-for"])).rejects.toMatchObject({ code: "forbidden" });
  await expect(make([])).rejects.toMatchObject({ code: "usage" });
  await expect(make(["everything" as Scope])).rejects.toMatchObject({ code: "usage" });
  await expect(make(["constructor" as Scope])).rejects.toMatchObject({ code: "usage" });
  expect((await make(["act-for"], user, null, true)).token.scopes).toEqual(["act-for"]);
  expect((await make(["act-for", "admin"], admin)).token.scopes).toEqual(["admin", "act-for"]);
});

test("whoever is no administrator any more has no token of one, and gets none", async () => {
  const [administers, acts, reads] = [
    await make(["read", "admin"], admin),
    await make(["read", "act-for"], admin),
    await make(["read"], admin),
  ];
  const given = await make(["act-for"], user, null, true);
  await accounts.update(admin.id, { role: "admin" });
  expect((await tokens.find(administers.secret))?.token.scopes).toEqual(["read", "admin"]);
  await accounts.update(admin.id, { role: "priority" });
  await accounts.update(user.id, { role: "priority" });
  for (const again of ["priority", "admin"] as const) {
    await accounts.update(admin.id, { role: again });
    expect(await tokens.find(administers.secret)).toBeNull();
    expect(await tokens.find(acts.secret)).toBeNull();
  }
  expect(await tokens.find(reads.secret)).not.toBeNull();
  expect(await tokens.find(given.secret)).not.toBeNull(); // to a service, which never was one
  await accounts.update(admin.id, { role: "user" });
  for (const scopes of [["admin"], ["act-for"]] as const) {
    // Known as an administrator from before.
    await expect(make(scopes, admin)).rejects.toMatchObject({ code: "forbidden" });
  }
});

test("what a session or a token makes is not made when that has ended", async () => {
  const sessions = createSessions({ records, lifetimeSeconds: 1000 });
  const by = (maker: TokenMaker) => tokens.create(user, { name: "t", scopes: ["read"], expiresAt: null, maker });
  await sessions.begin(user.id, "local");
  const [{ id } = { id: "" }] = await sessions.list(user.id);
  const { token: parent } = await by({ kind: "session", id });
  await by({ kind: "token", id: parent.id });
  await sessions.endAll(user.id);
  await tokens.revoke(user.id, parent.id);
  const { token: another } = await make(["read"], admin);
  for (const maker of [
    { kind: "session", id },
    { kind: "token", id: parent.id },
    { kind: "token", id: another.id },
  ] as const) {
    await expect(by(maker)).rejects.toMatchObject({ code: "forbidden" });
  }
});

describe("tokens that a password gave", () => {
  const PASSWORD = "a horse, and a battery";
  const signIn = async (name: string, password = PASSWORD) => {
    const checked = await accounts.checkPassword("ana", password);
    if (checked === null) throw new Error("The password is wrong");
    const maker = { kind: "password", proof: checked.proof } as const;
    return tokens.create(checked.user, { name, scopes: ["read", "jobs"], expiresAt: null, maker });
  };
  const lives = async ({ secret }: { secret: string }) => (await tokens.find(secret)) !== null;
  beforeEach(() => accounts.update(user.id, { password: PASSWORD }));

  test("are named so that no others can be", async () => {
    expect((await signIn("curl")).token.name).toBe("curl (sign-in)");
    for (const name of ["curl (sign-in)", " x (sign-in) "]) {
      const wanted = { name, scopes: ["read"], expiresAt: null } as const;
      await expect(tokens.create(user, wanted)).rejects.toMatchObject({ code: "usage" });
    }
  });

  test.each([{ password: "another password" }, { password: null }])("end with it: %j", async (changes) => {
    const [given, own] = [await signIn("curl"), await make()];
    const maker = { kind: "token", id: given.token.id } as const;
    const child = await tokens.create(user, { name: "child", scopes: ["read"], expiresAt: null, maker });
    await accounts.update(user.id, { groups: ["des"] });
    expect(await Promise.all([given, child, own].map(lives))).toEqual([true, true, true]);
    await accounts.update(user.id, changes);
    expect(await Promise.all([given, child, own].map(lives))).toEqual([false, false, true]);
    await accounts.update(user.id, { ...changes, revokeTokens: true });
    expect(await lives(own)).toBe(false);
  });

  test("are twenty at most, whatever clients they are for and however many sign in at once", async () => {
    for (let i = 0; i < 100; i++) await make();
    const checked = await accounts.checkPassword("ana", PASSWORD);
    const maker = { kind: "password", proof: checked?.proof ?? "" } as const;
    let replaced = 0;
    let last = null;
    for (let i = 0; i < 60; i++) {
      now += 1000;
      last = await tokens.create(user, { name: `client${i % 7}`, scopes: ["read"], expiresAt: null, maker });
      replaced += last.replaced.length;
    }
    const living = (await tokens.list(user.id)).filter(({ revokedAt }) => revokedAt === null);
    expect(living.filter(({ name }) => name.endsWith(" (sign-in)"))).toHaveLength(20);
    expect(living).toHaveLength(120);
    expect(replaced).toBe(40);
    expect(last !== null && (await lives(last))).toBe(true);
  });
});

test("nobody has more than a hundred tokens that live", async () => {
  const made = [];
  for (let i = 0; i < 100; i++) made.push(await make());
  await expect(make()).rejects.toMatchObject({ code: "forbidden" });
  await make(["read"], admin);
  await tokens.revoke(user.id, made[0]?.token.id ?? "");
  await make();
});

test("of a user's tokens that have ended, a hundred are kept, the latest", async () => {
  await make(["read"], admin);
  const living = await make();
  for (let i = 0; i < 150; i++) {
    now += 1000;
    const { token } = await make();
    await tokens.revoke(user.id, token.id);
  }
  now += 1000;
  await make();
  const kept = await tokens.list(user.id);
  expect(kept).toHaveLength(102);
  expect(kept.some(({ id }) => id === living.token.id)).toBe(true);
  expect(Math.min(...kept.filter((token) => token.revokedAt !== null).map(({ createdAt }) => createdAt))).toBe(
    START + 51_000,
  );
  expect(await tokens.list(admin.id)).toHaveLength(1);
});

test("the last use is written down to the minute, after the request", async () => {
  const { secret } = await make();
  const lastUse = () => records.sqlite.prepare("select last_used_at from api_token").pluck().get();
  now = START + 1000;
  await tokens.find(secret);
  expect(lastUse()).toBeNull();
  tokens.flush();
  expect(lastUse()).toBe(START + 1000);
  now = START + 60_000;
  await tokens.find(secret);
  tokens.flush();
  expect(lastUse()).toBe(START + 1000);
  now = START + 61_000;
  await tokens.find(secret);
  tokens.flush();
  expect(lastUse()).toBe(START + 61_000);
});

test("tokens that ended long ago are forgotten, and no others", async () => {
  const revoked = await make();
  await tokens.revoke(user.id, revoked.token.id);
  await make(["read"], user, START + DAY);
  const living = await make();
  now = START + 10 * DAY;
  expect(await tokens.prune(START)).toBe(0);
  expect(await tokens.prune(START + 2 * DAY)).toBe(2);
  expect(await tokens.list(user.id)).toMatchObject([{ id: living.token.id }]);
});
