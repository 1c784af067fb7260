import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAccounts } from "../../../src/access/accounts/accounts.ts";
import { createPasswords } from "../../../src/access/accounts/passwords.ts";
import { createSessions } from "../../../src/access/sessions.ts";
import { createTokens } from "../../../src/access/tokens/tokens.ts";
import type { User } from "../../../src/access/user.ts";
import { openTestRecords } from "../../support/job-services.ts";

// Two connections to one file, as a server and a command line have them. test/system/accounts.test.ts has processes.

let folder: string;
let server: ReturnType<typeof connect>;
let other: ReturnType<typeof connect>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorte-access-"));
  server = connect();
  other = connect();
});
afterEach(async () => {
  server.close();
  other.close();
  await rm(folder, { recursive: true });
});

function connect() {
  const records = openTestRecords(join(folder, "records.sqlite"));
  const now = () => Date.now();
  const tokens = createTokens({ records, maxDays: 365, now });
  return {
    records,
    tokens,
    accounts: createAccounts({ records, passwords: createPasswords(), now }),
    sessions: createSessions({ records, lifetimeSeconds: 1000 }),
    close() {
      tokens.flush();
      records.close();
    },
  };
}

async function makeAna(): Promise<User> {
  const { id } = await server.accounts.create({ name: "ana", password: null });
  return (await server.accounts.user(id)) as User;
}

test("what another revokes, ends, closes or changes holds at the next look", async () => {
  const ana = await makeAna();
  const { secret, token } = await server.tokens.create(ana, { name: "t", scopes: ["read"], expiresAt: null });
  const session = await server.sessions.begin(ana.id, "local");
  const [found, known] = [() => server.tokens.find(secret), () => server.sessions.find(session.secret)];
  expect([await found(), await known()]).toMatchObject([{ user: { role: "user" } }, { user: { role: "user" } }]);

  await other.accounts.update(ana.id, { role: "priority", groups: ["des"] });
  for (const answer of [await found(), await known()]) {
    expect(answer).toMatchObject({ user: { role: "priority", groups: ["des"] } });
  }
  await other.tokens.revoke(ana.id, token.id);
  expect(await found()).toBeNull();
  await other.sessions.end((await known())?.id ?? "");
  expect(await known()).toBeNull();
});

test("of many who make an account of one name at once, one does", async () => {
  const tries = Array.from({ length: 20 }, (_, i) => {
    const { accounts } = i % 2 === 0 ? server : other;
    return accounts
      .create({ name: "ana", password: i < 4 ? `the password ${i}` : null })
      .catch((error: unknown) => error);
  });
  const ends = await Promise.all(tries);
  expect(ends.filter((end) => !(end instanceof Error))).toHaveLength(1);
  for (const end of ends) if (end instanceof Error) expect(end).toMatchObject({ code: "usage" });
  expect(await server.accounts.list({ last: 10 })).toHaveLength(1);
});

test("the first sign-in of one identity at two servers makes one account", async () => {
  const identity = { provider: "p", subject: "s", name: "ana", fullName: null, email: null, groups: ["des"] };
  const users = await Promise.all([server, other, server, other].map(({ accounts }) => accounts.signIn(identity)));
  expect(new Set(users.map(({ id }) => id)).size).toBe(1);
});

test("a last use waits for nobody who writes, and is noted again by the next", async () => {
  const ana = await makeAna();
  const { secret } = await server.tokens.create(ana, { name: "t", scopes: ["read"], expiresAt: null });
  server.records.sqlite.pragma("busy_timeout = 0");
  const begun = other.records.sqlite;
  begun.exec("begin immediate");
  expect(await server.tokens.find(secret)).not.toBeNull();
  server.tokens.flush();
  begun.exec("commit");
  const lastUse = async () => (await server.tokens.list(ana.id))[0]?.lastUsedAt;
  expect(await lastUse()).toBeNull();
  await server.tokens.find(secret);
  server.tokens.flush();
  expect(await lastUse()).not.toBeNull();
});
