import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AUTH, createTestAuthApp, PASSWORD, type AuthApp, type FormBrowser } from "../support/auth-app.ts";

const NEXT = "another long password";
const TEST_TOKEN = "a-token-of-tests";

let auth: AuthApp;
let admin: FormBrowser;
beforeAll(async () => {
  auth = await createTestAuthApp({ RECORTE_TEST_TOKEN: TEST_TOKEN });
  await auth.addUser("root", { role: "admin" });
  admin = await auth.browserOf("root");
});
afterAll(() => auth.close());

/** Answers a name and a password with a token, as to a VO client. */
function signIn(username: string, password: string, userAgent = "curl/8"): Promise<Response> {
  const body = new URLSearchParams({ username, password });
  return Promise.resolve(
    auth.app.request(`${AUTH}/login`, { method: "POST", body, headers: { "user-agent": userAgent } }),
  );
}

const tokenOf = async (name: string, userAgent?: string) =>
  (await signIn(name, PASSWORD, userAgent)).headers.get("x-vo-bearer") ?? "";

function request(path: string, secret: string, fields?: object): Promise<Response> {
  const headers = { accept: "application/json", "content-type": "application/json", authorization: `Bearer ${secret}` };
  const change = fields === undefined ? {} : { method: "POST", body: JSON.stringify(fields) };
  return Promise.resolve(auth.app.request(AUTH + path, { headers, ...change }));
}

const statusesOf = (secrets: readonly string[]) =>
  Promise.all(secrets.map(async (secret) => (await request("/account", secret)).status));

// First: wrong passwords, which others send, slow down all that comes from their address.
test("who signs in with many clients keeps twenty tokens of them, and all that were made by hand", async () => {
  const { id } = await auth.addUser("busy");
  for (let i = 0; i < 100; i++) await auth.addToken("busy", { name: `mine ${i}` });
  for (let i = 0; i < 25; i++) expect((await signIn("busy", PASSWORD, `client${i % 6}/1`)).status).toBe(200);
  const living = (await auth.shared.access.tokens.list(id)).filter(({ revokedAt }) => revokedAt === null);
  expect(living).toHaveLength(120);
  expect(living.filter(({ name }) => /^client\d \(sign-in\)$/.test(name))).toHaveLength(20);
  const revoked = await auth.shared.access.audit.list({ actor: id, action: "token-revoked", last: 10 });
  expect(revoked).toHaveLength(5);
});

describe("a new password", () => {
  test("of one's own ends the tokens that the one before gave, and all others where that is wished", async () => {
    await auth.addUser("ana");
    const browser = await auth.browserOf("ana");
    const { csrf } = await browser.form("/account");
    const own = (await auth.addToken("ana", { name: "notebook" })).secret;
    const given = await tokenOf("ana");
    const child = (await (await request("/tokens", given, { name: "child", scopes: ["read"] })).json()) as {
      token: string;
    };
    expect(await statusesOf([own, given, child.token])).toEqual([200, 200, 200]);
    expect((await browser.send("/account")).text).toMatch(/type="checkbox" name="revoke_tokens" value="1"/);

    const form = { csrf, current: PASSWORD, new: NEXT, again: NEXT };
    expect((await browser.send("/account/password", form)).location).toBe("/account?done=password");
    expect(await statusesOf([own, given, child.token])).toEqual([200, 401, 401]);

    const second = { ...form, csrf: (await browser.form("/account")).csrf, current: NEXT, new: PASSWORD };
    const all = { ...second, again: PASSWORD, revoke_tokens: "1" };
    expect((await browser.send("/account/password", all)).location).toBe("/account?done=password-tokens");
    expect(await statusesOf([own])).toEqual([401]);
  });

  test("by an administrator does the same", async () => {
    await auth.addUser("ben");
    const own = (await auth.addToken("ben", { name: "notebook" })).secret;
    const given = await tokenOf("ben");
    const { csrf } = await admin.form("/admin/users/ben");
    await admin.send("/admin/users/ben/password", { csrf, password: NEXT });
    expect(await statusesOf([own, given])).toEqual([200, 401]);
    await admin.send("/admin/users/ben/password", { csrf, password: PASSWORD, revoke_tokens: "1" });
    expect(await statusesOf([own])).toEqual([401]);
  });

  test("keeps out whoever signs in with the old one meanwhile", async () => {
    const rounds = 12;
    let letIn = 0;
    for (let round = 0; round < rounds; round++) {
      const name = `hurried${round}`;
      await auth.addUser(name);
      const browser = await auth.browserOf(name);
      const { csrf } = await browser.form("/account");
      // A browser each, whose tries do not wait for each other's.
      const strangers = [auth.newBrowser(), auth.newBrowser()];
      const forms = await Promise.all(strangers.map((stranger) => stranger.form("/login")));
      const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      const changing = browser.send("/account/password", { csrf, current: PASSWORD, new: NEXT, again: NEXT });
      const tries = strangers.map(async (stranger, i) => {
        await pause();
        await stranger.send("/login", { ...forms[i], username: name, password: PASSWORD });
      });
      const token = pause().then(() => tokenOf(name));
      expect((await changing).status).toBe(303);
      await Promise.all(tries);
      const gotIn =
        strangers.filter(({ cookies }) => cookies.has("recorte_session")).length + ((await token) === "" ? 0 : 1);
      if (gotIn > 0) letIn++;
      // Who was refused at the last moment is not on record as somebody who signed in.
      const { id } = (await auth.shared.access.accounts.find(name)) ?? { id: "" };
      expect(await auth.shared.access.audit.list({ actor: id, action: "sign-in", last: 10 })).toHaveLength(gotIn);
      for (const stranger of strangers) expect((await stranger.send("/account")).status).toBe(303);
      expect((await request("/account", (await token) === "" ? "none" : await token)).status).toBe(401);
      expect((await browser.send("/account")).status).toBe(200);
    }
    expect(letIn).toBeGreaterThan(0); // and out again
  });

  test("that is asked for with a wrong present one is on record", async () => {
    await auth.addUser("carla");
    const browser = await auth.browserOf("carla");
    const { csrf } = await browser.form("/account");
    const form = { csrf, current: "not the password", new: NEXT, again: NEXT };
    expect((await browser.send("/account/password", form)).status).toBe(403);
    const [record] = await auth.shared.access.audit.list({ last: 1 });
    expect(record).toMatchObject({
      ...{ action: "sign-in-refused", actorName: "carla", subject: "carla" },
      detail: { provider: "local", for: "password-change" },
    });
    expect(JSON.stringify(record)).not.toContain("not the password");
  });
});

test("no token can be named like those of a sign-in", async () => {
  await auth.addUser("dora");
  const { secret } = await auth.addToken("dora", {});
  expect((await request("/tokens", secret, { name: "curl (sign-in)", scopes: ["read"] })).status).toBe(400);
});

test("the user of the test token, who has no account, gets no tokens", async () => {
  const response = await request("/tokens", TEST_TOKEN, { name: "t", scopes: ["read"] });
  expect(response.status).toBe(403);
  expect(await response.text()).toMatch(/^AuthorizationError: /);
});

test("an administrator's token with scope act-for ends with their role", async () => {
  await auth.addUser("eva");
  await auth.addUser("chief", { role: "admin" });
  await auth.addUser("portal");
  const own = (await auth.addToken("chief", { scopes: ["read", "act-for"] })).secret;
  const given = (await auth.addToken("portal", { scopes: ["read", "act-for"], isGiven: true })).secret;
  const actingFor = async (secret: string) => {
    const headers = { authorization: `Bearer ${secret}`, "x-on-behalf-of": "eva" };
    return (await auth.app.request(`${AUTH}/account`, { headers })).status;
  };
  expect([await actingFor(own), await actingFor(given)]).toEqual([200, 200]);
  for (const name of ["chief", "portal"]) {
    const { csrf } = await admin.form(`/admin/users/${name}`);
    expect((await admin.send(`/admin/users/${name}`, { csrf, role: "priority" })).status).toBe(303);
  }
  expect([await actingFor(own), await actingFor(given)]).toEqual([401, 200]);
});

test("of two administrators who lower or close each other at once one is left", async () => {
  for (let round = 0; round < 20; round++) {
    const names = [`left${round}`, `right${round}`];
    const ids = [];
    for (const name of names) ids.push((await auth.addUser(name, { role: "admin" })).id);
    const secrets = await Promise.all(
      names.map(async (name) => (await auth.addToken(name, { scopes: ["admin"] })).secret),
    );
    const [path, fields] = round % 2 === 0 ? ["", { role: "user" }] : ["/close", {}];
    const answers = await Promise.all(
      secrets.map((secret, i) => request(`/admin/users/${names[1 - i]}${path}`, secret, fields)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, expect.toBeOneOf([401, 403])]);
    const accounts = await Promise.all(ids.map((id) => auth.shared.access.accounts.find(id)));
    expect(accounts.filter((account) => account?.role === "admin" && account.disabledAt === null)).toHaveLength(1);
  }
});
