import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createAccounts } from "../../../src/access/accounts/accounts.ts";
import { createPasswords } from "../../../src/access/accounts/passwords.ts";
import { createSessions, csrfTokenOf, type Sessions } from "../../../src/access/sessions.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { openTestRecords } from "../../support/job-services.ts";

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 0, 10, 12);

let records: RecordsDatabase;
let sessions: Sessions;
let userId: string;

const accountsOf = (database: RecordsDatabase) =>
  createAccounts({ records: database, passwords: createPasswords(), now: () => Date.now() });

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
  records = openTestRecords();
  sessions = createSessions({ records, lifetimeSeconds: 14 * 86_400 });
  ({ id: userId } = await accountsOf(records).create({ name: "ana", password: null, groups: ["des"] }));
});

afterEach(() => {
  vi.useRealTimers();
  records.close();
});

test("a session is found by its secret, with its user", async () => {
  const { secret, expiresAt } = await sessions.begin(userId, "local");
  expect(expiresAt.getTime()).toBe(NOON + 14 * DAY);
  const session = await sessions.find(secret);
  expect(session?.user).toEqual({
    id: userId,
    name: "ana",
    role: "user",
    groups: ["des"],
    limits: {},
    administers: false,
  });
  expect(session).toMatchObject({ provider: "local", isRenewed: false, createdAt: new Date(NOON) });
});

test("the table has nothing that would be taken for a cookie", async () => {
  const { secret } = await sessions.begin(userId, "local");
  const rows = records.sqlite.prepare("select * from session").all();
  expect(JSON.stringify(rows)).not.toContain(secret);
  const id = (await sessions.list(userId))[0]?.id ?? "";
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(await sessions.find(id)).toBeNull();
  expect(await sessions.find(csrfTokenOf(secret))).toBeNull();
  expect(csrfTokenOf(secret)).not.toBe(id);
});

test.each(["", "a", "A".repeat(40), "a".repeat(41), "a".repeat(40), "\0".repeat(40), "x".repeat(1e6)])(
  "a forged cookie (%#) finds nothing",
  async (forged) => {
    await sessions.begin(userId, "local");
    expect(await sessions.find(forged)).toBeNull();
  },
);

test("in its second half a session is prolonged by its use, once", async () => {
  const { secret } = await sessions.begin(userId, "local");
  vi.setSystemTime(NOON + 6.9 * DAY);
  expect((await sessions.find(secret))?.isRenewed).toBe(false);
  vi.setSystemTime(NOON + 8 * DAY);
  expect(await sessions.find(secret)).toMatchObject({ isRenewed: true, expiresAt: new Date(NOON + 22 * DAY) });
  expect(await sessions.find(secret)).toMatchObject({ isRenewed: false, expiresAt: new Date(NOON + 22 * DAY) });
});

test("after its time a session lets nobody in, and is deleted", async () => {
  const { secret } = await sessions.begin(userId, "local");
  await sessions.begin(userId, "local");
  vi.setSystemTime(NOON + 14 * DAY + 1000);
  expect(await sessions.find(secret)).toBeNull();
  expect(await sessions.list(userId)).toEqual([]);
  await sessions.prune();
  expect(records.sqlite.prepare("select count(*) from session").pluck().get()).toBe(0);
});

test("ended sessions let nobody in: one, or all but one", async () => {
  const secrets = [];
  for (let i = 0; i < 4; i++) secrets.push((await sessions.begin(userId, "local")).secret);
  const [first = "", second = "", third = "", fourth = ""] = secrets;
  await sessions.end((await sessions.find(first))?.id ?? "");
  expect(await sessions.find(first)).toBeNull();
  await sessions.endAll(userId, (await sessions.find(third))?.id);
  expect(await sessions.find(second)).toBeNull();
  expect(await sessions.find(third)).not.toBeNull();
  await sessions.endAll(userId);
  expect(await sessions.find(third)).toBeNull();
  expect(await sessions.find(fourth)).toBeNull();
});

test("nobody has more than a hundred sessions: the oldest end", async () => {
  const secrets = [];
  for (let i = 0; i < 103; i++) {
    vi.setSystemTime(NOON + i * 1000);
    secrets.push((await sessions.begin(userId, "local")).secret);
  }
  expect(await sessions.list(userId)).toHaveLength(100);
  expect(await sessions.find(secrets[2] ?? "")).toBeNull();
  expect(await sessions.find(secrets[3] ?? "")).not.toBeNull();
});

test.each([{ disabled: true }, { password: "an unusual password" }, { password: null }])(
  "a change of an account to %j ends its sessions",
  async (changes) => {
    const { secret } = await sessions.begin(userId, "local");
    const accounts = accountsOf(records);
    await accounts.update(userId, changes);
    expect(await sessions.find(secret)).toBeNull();
    await accounts.update(userId, { disabled: false });
    expect(await sessions.find(secret)).toBeNull();
  },
);

test("no session begins whose account has been closed, or is none", async () => {
  await accountsOf(records).update(userId, { disabled: true });
  for (const id of [userId, "usr_aaaaaaaaaaaaaaaa"]) {
    await expect(sessions.begin(id, "local")).rejects.toMatchObject({ code: "unauthenticated" });
  }
  await accountsOf(records).update(userId, { disabled: false });
  expect(await sessions.list(userId)).toEqual([]);
});

test("what an administrator changes holds at the next request", async () => {
  const { secret } = await sessions.begin(userId, "local");
  await accountsOf(records).update(userId, { role: "priority", groups: [], limits: { streams: 2, jobRows: null } });
  const session = await sessions.find(secret);
  expect(session?.user).toMatchObject({ role: "priority", groups: [], limits: { streams: 2, jobRows: Infinity } });
});
