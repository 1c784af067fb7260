import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProviderIdentity } from "../../../../src/access/accounts/account.ts";
import { createAccounts, type Accounts } from "../../../../src/access/accounts/accounts.ts";
import { createPasswords } from "../../../../src/access/accounts/passwords.ts";
import type { RecordsDatabase } from "../../../../src/db/records-database.ts";
import { openTestRecords } from "../../../support/job-services.ts";

const PASSWORD = "a horse, and a battery";

let records: RecordsDatabase;
let accounts: Accounts;
let now: number;

beforeEach(() => {
  now = Date.UTC(2026, 0, 10);
  records = openTestRecords();
  accounts = createAccounts({ records, passwords: createPasswords(), now: () => now });
});
afterEach(() => records.close());

const make = (name: string, rest = {}) => accounts.create({ name, password: null, ...rest });

test("an account is found by its id, and by its name without regard to case", async () => {
  const account = await make("Ana.Souza", { fullName: "Ana Souza", groups: ["staff", "des", "des"] });
  expect(account).toEqual({
    id: expect.stringMatching(/^usr_[a-z2-7]{16}$/) as string,
    ...{ name: "ana.souza", fullName: "Ana Souza", email: null, role: "user", hasPassword: false, providers: [] },
    groups: [
      { name: "des", source: "local" },
      { name: "staff", source: "local" },
    ],
    ...{ limits: {}, createdAt: now, lastSignInAt: null, disabledAt: null },
  });
  expect(await accounts.find(account.id)).toEqual(account);
  expect(await accounts.find("ANA.SOUZA")).toEqual(account);
  expect(await accounts.find("ana")).toBeNull();
});

test.each(["", "a", "a b", "-ana", "ana-", "anonymous", "TEST", "usr_aaaaaaaaaaaaaaaa", "anä", "a\nb", "x".repeat(65)])(
  "%j is no name",
  async (name) => {
    await expect(make(name)).rejects.toMatchObject({ code: "usage" });
  },
);

test("a name is taken once, in whatever case", async () => {
  await make("ana");
  await expect(make("ANA")).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("taken") as string,
  });
});

test("what is not allowed makes no account", async () => {
  for (const rest of [
    ...[{ email: "nobody" }, { fullName: "a\nb" }, { fullName: "" }, { groups: ["a|b"] }, { groups: [" "] }],
    ...[{ password: "short" }, { role: "anonymous" }, { groups: ["x".repeat(201)] }],
  ]) {
    await expect(make("ana", rest), JSON.stringify(rest)).rejects.toMatchObject({ code: "usage" });
  }
  expect(await accounts.find("ana")).toBeNull();
});

describe("a password", () => {
  test("lets in its user, and is written down", async () => {
    const { id } = await make("ana", { password: PASSWORD, groups: ["des"] });
    expect((await accounts.checkPassword("Ana", PASSWORD))?.user).toEqual({
      ...{ id, name: "ana", role: "user", groups: ["des"], limits: {}, administers: false },
    });
    expect((await accounts.find(id))?.lastSignInAt).toBe(now);
    expect(records.sqlite.prepare("select password_hash from user").pluck().get()).toMatch(/^\$argon2id\$/);
  });

  test("that is wrong lets nobody in, nor does that of a closed account, or of one without", async () => {
    const { id } = await make("ana", { password: PASSWORD });
    await make("bob");
    expect(await accounts.checkPassword("ana", `${PASSWORD}!`)).toBeNull();
    expect(await accounts.checkPassword("bob", PASSWORD)).toBeNull();
    expect(await accounts.checkPassword("bob", "")).toBeNull();
    expect(await accounts.checkPassword("nobody", PASSWORD)).toBeNull();
    expect(await accounts.checkPassword(id, PASSWORD)).toBeNull();
    await accounts.update(id, { disabled: true });
    expect(await accounts.checkPassword("ana", PASSWORD)).toBeNull();
    expect(await accounts.user(id)).toBeNull();
  });

  test("takes the place of the one before", async () => {
    const { id } = await make("ana", { password: PASSWORD });
    await accounts.update(id, { password: "another password" });
    expect(await accounts.checkPassword("ana", PASSWORD)).toBeNull();
    expect(await accounts.checkPassword("ana", "another password")).not.toBeNull();
    await expect(accounts.update(id, { password: "ana" })).rejects.toMatchObject({ code: "usage" });
    await accounts.update(id, { password: null });
    expect(await accounts.checkPassword("ana", "another password")).toBeNull();
  });

  test("is none where the service has none, also one from before", async () => {
    await make("ana", { password: PASSWORD });
    const without = createAccounts({ records, passwords: createPasswords(), allowPasswords: false, now: () => now });
    expect(await without.checkPassword("ana", PASSWORD)).toBeNull();
    await expect(without.create({ name: "bob", password: PASSWORD })).rejects.toMatchObject({ code: "usage" });
  });
});

test("a change changes what it names, and nothing else", async () => {
  const before = await make("ana", { fullName: "Ana", email: "ana@example.org", groups: ["des"] });
  await accounts.update(before.id, { limits: { jobRows: 10, streams: null } });
  expect(await accounts.update(before.id, { role: "priority", email: null })).toEqual({
    ...before,
    ...{ role: "priority", email: null, limits: { jobRows: 10, streams: null } },
  });
  expect((await accounts.update(before.id, { limits: { jobRows: undefined }, groups: [] })).limits).toEqual({
    streams: null,
  });
  expect(await accounts.user(before.id)).toMatchObject({ groups: [], limits: { streams: Infinity } });
  now += 1000;
  expect((await accounts.update(before.id, { disabled: true })).disabledAt).toBe(now);
  now += 1000;
  expect((await accounts.update(before.id, { disabled: true })).disabledAt).toBe(now - 1000);
  expect((await accounts.update(before.id, { disabled: false })).disabledAt).toBeNull();
});

test.each([
  ["pixels", 1],
  ["constructor", 1],
  ["streams", -1],
  ["streams", NaN],
  ["streams", 2 ** 60],
])("the limit %s cannot be set to %d", async (name, value) => {
  const { id } = await make("ana");
  const changes = { limits: { [name]: value }, role: "admin" as const };
  await expect(accounts.update(id, changes)).rejects.toMatchObject({ code: "usage" });
  expect(await accounts.find(id)).toMatchObject({ role: "user", limits: {} });
});

test("a limit that this version does not know is none", async () => {
  const { id } = await make("ana");
  records.sqlite.prepare("insert into user_limit values (?, 'ofAnotherVersion', 3)").run(id);
  expect((await accounts.user(id))?.limits).toEqual({});
  expect((await accounts.find(id))?.limits).toEqual({});
});

test("an account with jobs stays; without them it goes, with all that it has", async () => {
  const { id } = await make("ana", { password: PASSWORD, groups: ["des"] });
  const { sqlite } = records;
  sqlite
    .prepare(
      `insert into job (id, owner, priority, phase, parameters, created_at, destruction_at, execution_duration_s)
       values ('j', ?, 0, 'COMPLETED', '[]', 0, 0, 0)`,
    )
    .run(id);
  await expect(accounts.remove(id)).rejects.toMatchObject({ code: "wrong-phase" });
  sqlite.prepare("delete from job").run();
  await accounts.remove(id);
  expect(await accounts.find(id)).toBeNull();
  expect(sqlite.prepare("select count(*) from user_group").pluck().get()).toBe(0);
  await expect(accounts.remove(id)).rejects.toMatchObject({ code: "not-found" });
  await expect(accounts.update(id, { role: "admin" })).rejects.toMatchObject({ code: "not-found" });
  const again = await make("ana");
  expect(again.id).not.toBe(id);
});

test("accounts are listed by name, in pieces, and searched by name, full name and address", async () => {
  await make("ana", { fullName: "Ana Souza" });
  await make("bob", { email: "bob@SOUZA.example" });
  await make("carl");
  const names = async (query: object) => (await accounts.list({ last: 10, ...query })).map(({ name }) => name);
  expect(await names({})).toEqual(["ana", "bob", "carl"]);
  expect(await names({ last: 2 })).toEqual(["ana", "bob"]);
  expect(await names({ after: "ana", last: 1 })).toEqual(["bob"]);
  expect(await names({ search: "souza" })).toEqual(["ana", "bob"]);
  expect(await names({ search: "%" })).toEqual([]);
});

describe("who signs in at a provider", () => {
  const identity: ProviderIdentity = {
    ...{ provider: "linea", subject: "s-1", name: "Ana Souza", fullName: "Ana Souza", email: "ana@linea.example" },
    groups: ["des", "lsst"],
  };
  const groupsOf = async (id: string) =>
    (await accounts.find(id))?.groups.map(({ name, source }) => `${name} ${source}`);

  test("has an account from the first time on, found by the subject alone", async () => {
    const user = await accounts.signIn(identity);
    expect(user).toMatchObject({ name: "ana-souza", role: "user", groups: ["des", "lsst"] });
    const again = await accounts.signIn({ ...identity, name: "other", email: null, fullName: "Ana S." });
    expect(again.id).toBe(user.id);
    expect(await accounts.find(user.id)).toMatchObject({
      ...{
        name: "ana-souza",
        fullName: "Ana S.",
        email: "ana@linea.example",
        providers: ["linea"],
        hasPassword: false,
      },
    });
  });

  test("never gets the account of somebody else of the same name, address, or subject elsewhere", async () => {
    const local = await make("ana-souza", { role: "admin", email: "ana@linea.example", password: PASSWORD });
    const one = await accounts.signIn(identity);
    const other = await accounts.signIn({ ...identity, provider: "elsewhere" });
    const third = await accounts.signIn({ ...identity, subject: "S-1" });
    expect(new Set([local.id, one.id, other.id, third.id]).size).toBe(4);
    expect([one.name, other.name, third.name]).toEqual(["ana-souza-2", "ana-souza-3", "ana-souza-4"]);
    expect([one.role, other.role, third.role]).toEqual(["user", "user", "user"]);
  });

  test("is in the groups that the provider says now, and in those of administrators", async () => {
    const { id } = await accounts.signIn(identity);
    await accounts.update(id, { groups: ["staff"] });
    await accounts.signIn({ ...identity, groups: ["lsst", " lsst ", "", "a|b"] });
    expect(await groupsOf(id)).toEqual(["lsst linea", "staff local"]);
    await accounts.update(id, { groups: [] });
    expect(await groupsOf(id)).toEqual(["lsst linea"]);
  });

  test("does not come in where the account is closed, and nothing changes", async () => {
    const { id } = await accounts.signIn(identity);
    await accounts.update(id, { disabled: true });
    await expect(accounts.signIn({ ...identity, groups: ["admins"] })).rejects.toMatchObject({ code: "forbidden" });
    expect(await groupsOf(id)).toEqual(["des linea", "lsst linea"]);
  });

  test.each(["", "測試", "anonymous", "usr_x", "../../etc", "<script>", "a".repeat(500), "Ñandú\u0000"])(
    "is called something that is a name, whatever is wished for: %j",
    async (name) => {
      const user = await accounts.signIn({ ...identity, name });
      expect(user.name).toMatch(/^[a-z0-9][a-z0-9._@+-]*[a-z0-9]$/);
      expect((await accounts.find(user.name))?.id).toBe(user.id);
    },
  );

  test("is found a name among very many who wish for the same", async () => {
    const names = new Set<string>();
    for (let i = 0; i < 60; i++) names.add((await accounts.signIn({ ...identity, subject: `s-${i}` })).name);
    expect(names.size).toBe(60);
  });

  test("keeps what is said of them only where it is a line of text", async () => {
    const { id } = await accounts.signIn({ ...identity, fullName: "a\u0000b", email: "x".repeat(300) });
    expect(await accounts.find(id)).toMatchObject({ fullName: null, email: null });
  });
});
