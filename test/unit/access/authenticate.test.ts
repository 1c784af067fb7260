import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAccounts } from "../../../src/access/accounts/accounts.ts";
import { createUserReader } from "../../../src/access/accounts/accounts-user.ts";
import { createAuditLog, type AuditLog } from "../../../src/access/audit.ts";
import { createAuthenticate, type Authenticate, type Credentials } from "../../../src/access/authenticate.ts";
import { NOBODY } from "../../../src/access/identity.ts";
import { createPasswords } from "../../../src/access/accounts/passwords.ts";
import { createSessions, csrfTokenOf, type Sessions } from "../../../src/access/sessions.ts";
import type { Scope } from "../../../src/access/tokens/api-token.ts";
import { createTokens, type Tokens } from "../../../src/access/tokens/tokens.ts";
import type { User } from "../../../src/access/user.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { openTestRecords } from "../../support/job-services.ts";

const TEST_TOKEN = "a-token-for-tests-only";
const HOUR = 3_600_000;

let records: RecordsDatabase;
let sessions: Sessions;
let tokens: Tokens;
let audit: AuditLog;
let authenticate: Authenticate;
let now: number;

beforeEach(() => {
  now = Date.now();
  records = openTestRecords();
  sessions = createSessions({ records, lifetimeSeconds: 1000 });
  tokens = createTokens({ records, maxDays: 365, now: () => now });
  audit = createAuditLog({ records, now: () => now, onFailure: (error) => expect.fail(String(error)) });
  const users = createUserReader(records);
  authenticate = createAuthenticate({ tokens, sessions, users, audit, testToken: TEST_TOKEN, now: () => now });
});
afterEach(() => {
  tokens.flush();
  records.close();
});

async function makeUser(name: string, role: "user" | "admin" = "user"): Promise<User> {
  const accounts = createAccounts({ records, passwords: createPasswords(), now: () => now });
  const { id } = await accounts.create({ name, role, password: null });
  return (await accounts.user(id)) as User;
}

async function makeToken(user: User, scopes: readonly Scope[] = ["read"]): Promise<string> {
  const { secret } = await tokens.create(user, { name: "t", scopes, expiresAt: null, isGiven: true });
  return secret;
}

const NONE: Credentials = { authorization: undefined, session: undefined, onBehalfOf: undefined };
const identify = (credentials: Partial<Credentials>) => authenticate({ ...NONE, ...credentials });

test("without credentials it is nobody", async () => {
  expect(await identify({})).toBe(NOBODY);
});

test.each(["Bearer", "bearer", "Token", "TOKEN"])("a token is read after %s", async (scheme) => {
  const user = await makeUser("ana");
  const { user: found, grant } = await identify({ authorization: `${scheme} ${await makeToken(user, ["jobs"])}` });
  expect(found).toEqual(user);
  expect(grant).toMatchObject({ kind: "token", scopes: ["jobs"], actor: null });
});

test("a token that is wrong in any way is refused, and never taken as none", async () => {
  const user = await makeUser("ana");
  const secret = await makeToken(user);
  const { token: revoked, secret: revokedSecret } = await tokens.create(user, {
    ...{ name: "t", scopes: ["read"], expiresAt: null },
  });
  await tokens.revoke(user.id, revoked.id);
  for (const authorization of [
    ...[
      "",
      "Bearer",
      "Bearer ",
      `Basic ${btoa("ana:x")}`,
      secret,
      `Bearer ${secret} x`,
      `Bearer x`,
      `Bearer ${secret}=`,
    ],
    ...[
      `Bearer ${secret.slice(0, -1)}`,
      `Bearer ${revokedSecret}`,
      `Bearer ${secret}, Bearer ${secret}`,
      `Bearer\t${secret}`,
    ],
    ...[`Bearer ${"x".repeat(1e6)}`, `Digest ${secret}`, `Bearer ${TEST_TOKEN}x`, "Bearer undefined", "Bearer null"],
  ]) {
    await expect(identify({ authorization }), authorization.slice(0, 80)).rejects.toMatchObject({
      code: "unauthenticated",
      message: expect.not.stringContaining(secret.slice(4)) as string,
    });
  }
  now += 366 * 24 * HOUR;
  await expect(identify({ authorization: `Bearer ${secret}` })).rejects.toMatchObject({ code: "unauthenticated" });
});

test("the user of the configured token is as before, and there is none without", async () => {
  expect(await identify({ authorization: `Bearer ${TEST_TOKEN}` })).toMatchObject({
    user: { id: "test", name: "test", role: "user" },
    grant: { kind: "token", scopes: ["read", "jobs"] },
  });
  const users = createUserReader(records);
  const without = createAuthenticate({ tokens, sessions, users, audit, testToken: undefined, now: () => now });
  await expect(without({ ...NONE, authorization: `Bearer ${TEST_TOKEN}` })).rejects.toThrow("not known");
  await expect(without({ ...NONE, authorization: "Bearer undefined" })).rejects.toThrow("not known");
});

test("a session brings its user, and what a form of it carries", async () => {
  const user = await makeUser("ana");
  const { secret } = await sessions.begin(user.id, "local");
  const { user: found, grant } = await identify({ session: secret });
  expect(found).toEqual(user);
  expect(grant).toMatchObject({ kind: "session", csrfToken: csrfTokenOf(secret), renewedUntil: null });
  const other = await sessions.begin(user.id, "local");
  expect(csrfTokenOf(other.secret)).not.toBe(csrfTokenOf(secret));
});

test("a session in its second half says until when it is prolonged", async () => {
  const user = await makeUser("ana");
  const { secret } = await sessions.begin(user.id, "local");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 600_000 });
  const { grant } = await identify({ session: secret });
  vi.useRealTimers();
  expect(grant.kind === "session" && grant.renewedUntil !== null && grant.renewedUntil.getTime() > now + 1500_000).toBe(
    true,
  );
});

test("a cookie that is no session is nobody's", async () => {
  for (const session of ["", "x", "a".repeat(40), TEST_TOKEN, await makeToken(await makeUser("ana"))]) {
    expect(await identify({ session })).toBe(NOBODY);
  }
});

test("a token goes before a cookie, also one that is wrong", async () => {
  const [ana, bob] = [await makeUser("ana"), await makeUser("bob")];
  const { secret: session } = await sessions.begin(ana.id, "local");
  const { user, grant } = await identify({ session, authorization: `Bearer ${await makeToken(bob)}` });
  expect([user.name, grant.kind]).toEqual(["bob", "token"]);
  await expect(identify({ session, authorization: "Bearer wrong" })).rejects.toMatchObject({ code: "unauthenticated" });
});

test("an administrator has the rights of one by a session, and by a token with the scope for it", async () => {
  const [root, ana] = [await makeUser("root", "admin"), await makeUser("ana")];
  const administers = async (credentials: Partial<Credentials>) => (await identify(credentials)).user.administers;
  const bySession = async ({ id }: User) => administers({ session: (await sessions.begin(id, "local")).secret });
  const byToken = async (...scopes: Scope[]) =>
    administers({ authorization: `Bearer ${await makeToken(root, scopes)}` });
  expect([await bySession(root), await byToken("admin"), await byToken("admin", "read")]).toEqual([true, true, true]);
  expect([await bySession(ana), await byToken("read", "jobs"), root.administers]).toEqual([false, false, false]);
  expect(await administers({ authorization: `Bearer ${TEST_TOKEN}` })).toBe(false);
});

describe("in the name of another user", () => {
  let portal: User;
  let authorization: string;
  beforeEach(async () => {
    portal = await makeUser("portal");
    authorization = `Bearer ${await makeToken(portal, ["read", "jobs", "act-for"])}`;
    await makeUser("ana");
    await makeUser("root", "admin");
  });

  test("a service with the scope for it is that user, without that scope", async () => {
    const { user, grant } = await identify({ authorization, onBehalfOf: "Ana" });
    expect(user).toMatchObject({ name: "ana", role: "user" });
    expect(grant).toMatchObject({ kind: "token", scopes: ["read", "jobs"], actor: { name: "portal" } });
  });

  test("nobody asks without that scope", async () => {
    const plain = `Bearer ${await makeToken(portal, ["read", "jobs"])}`;
    const { secret: session } = await sessions.begin(portal.id, "local");
    const act = { onBehalfOf: "ana" };
    await expect(identify({ ...act, authorization: plain })).rejects.toMatchObject({ code: "forbidden" });
    await expect(identify({ ...act, session })).rejects.toMatchObject({ code: "forbidden" });
    await expect(identify({ ...act, authorization: `Bearer ${TEST_TOKEN}` })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(identify(act)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("nobody acts for an administrator, for nobody, or for who is not there", async () => {
    const accounts = createAccounts({ records, passwords: createPasswords(), now: () => now });
    const closed = await makeUser("closed");
    await accounts.update(closed.id, { disabled: true });
    for (const onBehalfOf of ["root", "nobody", "anonymous", "", "closed", "' or 1=1 --", portal.id]) {
      await expect(identify({ authorization, onBehalfOf }), onBehalfOf).rejects.toMatchObject({ code: "forbidden" });
    }
  });

  test("an administrator's own token has no rights of one in another's name", async () => {
    const root = createUserReader(records).byName("root") as User;
    const all = `Bearer ${await makeToken(root, ["read", "jobs", "admin", "act-for"])}`;
    const { user, grant } = await identify({ authorization: all, onBehalfOf: "ana" });
    expect(user).toMatchObject({ role: "user", administers: false });
    expect(grant).toMatchObject({ scopes: ["read", "jobs"] });
  });

  test("it is written down once in an hour for each token and user", async () => {
    const acted = async () => (await audit.list({ action: "acted-for", last: 100 })).map(({ subject }) => subject);
    for (let i = 0; i < 5; i++) await identify({ authorization, onBehalfOf: "ana" });
    expect(await acted()).toEqual(["ana"]);
    await makeUser("bob");
    await identify({ authorization, onBehalfOf: "bob" });
    expect(await acted()).toEqual(["bob", "ana"]);
    now += HOUR;
    await identify({ authorization, onBehalfOf: "ana" });
    expect(await acted()).toEqual(["ana", "bob", "ana"]);
    expect((await audit.list({ last: 1 }))[0]).toMatchObject({ actor: portal.id, actorName: "portal" });
  });
});
