import { afterEach, beforeEach, expect, test } from "vitest";
import { createAccounts, type Accounts } from "../../../../src/access/accounts/accounts.ts";
import { createPasswords } from "../../../../src/access/accounts/passwords.ts";
import { createTokens, type Scope, type Tokens } from "../../../../src/access/tokens/tokens.ts";
import type { User } from "../../../../src/access/user.ts";
import type { RecordsDatabase } from "../../../../src/db/records-database.ts";
import { openRecords } from "../open-records.ts";

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
  records = openRecords();
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

test("a token of a closed account lets nobody in until it is opened again, and one of a removed account never", async () => {
  const { secret } = await make();
  await accounts.update(user.id, { disabled: true });
  expect(await tokens.find(secret)).toBeNull();
  await accounts.update(user.id, { disabled: false });
  expect(await tokens.find(secret)).not.toBeNull();
  await accounts.remove(user.id);
  expect(await tokens.find(secret)).toBeNull();
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

test("whoever is no administrator any more has no token of one", async () => {
  const { secret } = await make(["read", "admin"], admin);
  expect((await tokens.find(secret))?.token.scopes).toEqual(["read", "admin"]);
  await accounts.update(admin.id, { role: "user" });
  expect((await tokens.find(secret))?.token.scopes).toEqual(["read"]);
});

test("nobody has more than a hundred tokens that live", async () => {
  const made = [];
  for (let i = 0; i < 100; i++) made.push(await make());
  await expect(make()).rejects.toMatchObject({ code: "too-many" });
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
