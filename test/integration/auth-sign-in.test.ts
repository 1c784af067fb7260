import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AUTH, createTestAuthApp, CUTOUT, PASSWORD, type AuthApp } from "../support/auth-app.ts";

let auth: AuthApp;
beforeAll(async () => {
  auth = await createTestAuthApp();
  for (const name of ["ana", "ben", "carla", "dora", "eva"]) await auth.addUser(name);
});
afterAll(() => auth.close());

const audited = async () => (await auth.shared.access.audit.list({ last: 1 }))[0];

describe("in a browser", () => {
  test("a name and its password sign in, with a cookie that no script reads and no other site sends", async () => {
    const browser = auth.newBrowser();
    const form = await browser.form("/login");
    const answer = await browser.send("/login", { ...form, username: "Ana", password: PASSWORD });
    expect([answer.status, answer.location]).toEqual([303, "/account"]);
    const cookie = answer.headers.getSetCookie().find((text) => text.startsWith("recorte_session="));
    for (const attribute of ["HttpOnly", "Secure", "SameSite=Lax", "Domain=survey.example", "Path=/"]) {
      expect(cookie).toContain(`; ${attribute}`);
    }
    expect((await browser.send("/account")).text).toContain("Who I am");
    expect(await audited()).toMatchObject({ action: "sign-in", actorName: "ana", detail: { provider: "local" } });
  });

  test("a wrong password and an unknown name are told apart by nothing", async () => {
    const texts: string[] = [];
    for (const username of ["ben", "nobody-at-all"]) {
      const browser = auth.newBrowser();
      const form = await browser.form("/login");
      const answer = await browser.send("/login", { ...form, username, password: "not the password" });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer .*, ivoa_bearer /);
      expect(browser.cookies.has("recorte_session")).toBe(false);
      texts.push(answer.text.replaceAll(username, "NAME").replaceAll(form.csrf, "TOKEN"));
      expect((await audited()).action).toBe("sign-in-refused");
    }
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toContain("Name or password is wrong.");
  });

  test("what cannot be a name, such as a password in the wrong field, is not written down", async () => {
    const browser = auth.newBrowser();
    const form = await browser.form("/login");
    await browser.send("/login", { ...form, username: "my secret pass phrase", password: "x" });
    const record = await audited();
    expect(record).toMatchObject({ action: "sign-in-refused", subject: null });
    expect(JSON.stringify(record)).not.toContain("phrase");
  });

  test("a closed account does not sign in, and is told what everybody is told", async () => {
    const account = await auth.addUser("closed");
    await auth.shared.access.accounts.update(account.id, { disabled: true });
    const browser = auth.newBrowser();
    const form = await browser.form("/login");
    const answer = await browser.send("/login", { ...form, username: "closed", password: PASSWORD });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain("Name or password is wrong.");
  });

  test("after a sign-in one is where one wanted to be, as long as that is ours", async () => {
    const cases = {
      "/tokens": "/tokens",
      "/admin/users?search=x": "/admin/users?search=x",
      [`${CUTOUT}/async`]: `${CUTOUT}/async`,
      [`${AUTH}/account`]: "/account",
      "https://evil.example/": "/account",
      "//evil.example/": "/account",
      "/\\evil.example": "/account",
      "/\t/evil.example": "/account",
      "javascript:alert(1)": "/account",
      "https://cutout.survey.example.evil.example/": "/account",
      "https://cutout.survey.example@evil.example/": "/account",
      "/login?return_to=/login": "/account",
    };
    for (const [wanted, expected] of Object.entries(cases)) {
      const browser = auth.newBrowser();
      const form = await browser.form(`/login?${new URLSearchParams({ return_to: wanted }).toString()}`);
      const answer = await browser.send("/login", {
        ...form,
        return_to: wanted,
        username: "carla",
        password: PASSWORD,
      });
      expect([wanted, answer.status, answer.location]).toEqual([wanted, 303, expected]);
    }
  });

  test("who has signed in is not asked to again, and a second sign-in ends the first", async () => {
    const browser = await auth.browserOf("dora");
    expect((await browser.send("/login?return_to=/tokens")).location).toBe("/tokens");
    const first = browser.cookies.get("recorte_session");
    const other = auth.newBrowser();
    const { csrf } = await other.form("/login");
    browser.cookies.set("__Host-recorte_form", other.cookies.get("__Host-recorte_form") ?? "");
    await browser.send("/login", { csrf, username: "dora", password: PASSWORD });
    expect(browser.cookies.get("recorte_session")).not.toBe(first);
    expect(await auth.shared.access.sessions.find(first ?? "")).toBe(null);
  });

  test("signing out ends the session on the server, not the cookie alone", async () => {
    const browser = await auth.browserOf("eva");
    const secret = browser.cookies.get("recorte_session") ?? "";
    const answer = await browser.send("/logout", await browser.form("/account"));
    expect([answer.status, answer.location]).toEqual([303, "/login?done=signed-out"]);
    expect(browser.cookies.has("recorte_session")).toBe(false);
    browser.cookies.set("recorte_session", secret);
    expect((await browser.send("/account")).location).toBe("/login?return_to=%2Faccount");
    expect(await audited()).toMatchObject({ action: "sign-out", actorName: "eva" });
  });
});

describe("a form of sign-in that did not come from our page", () => {
  const fields = { username: "ana", password: PASSWORD };

  test("with a cookie and without its field is refused", async () => {
    const browser = auth.newBrowser();
    await browser.form("/login");
    const answer = await browser.send("/login", fields);
    expect(answer.status).toBe(403);
    expect(browser.cookies.has("recorte_session")).toBe(false);
  });

  test("with the field of another browser is refused", async () => {
    const [browser, other] = [auth.newBrowser(), auth.newBrowser()];
    await browser.form("/login");
    const { csrf } = await other.form("/login");
    expect((await browser.send("/login", { ...fields, csrf })).status).toBe(403);
    expect((await auth.newBrowser().send("/login", { ...fields, csrf })).status).toBe(403);
    expect((await browser.send("/login", { ...fields, csrf: "" })).status).toBe(403);
  });
});

describe("for VO clients", () => {
  const login = (form: Record<string, string>, userAgent = "python-requests/2.28 pyVO") =>
    auth.app.request(`${AUTH}/login`, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { "user-agent": userAgent },
    });

  test("[AUTH-3] a name and its password give a token that works", async () => {
    const response = await login({ username: "ben", password: PASSWORD });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-vo-authenticated")).toBe("ben");
    expect(response.headers.getSetCookie()).toEqual([]);
    const token = response.headers.get("x-vo-bearer") ?? "";
    const tokens = await auth.app.request(`${AUTH}/tokens`, { headers: { authorization: `Bearer ${token}` } });
    const { tokens: list } = (await tokens.json()) as { tokens: Record<string, unknown>[] };
    expect(list).toMatchObject([{ name: "python-requests (sign-in)", scopes: ["read", "jobs"], revokedAt: null }]);
    const days = (Date.parse(String(list[0].expiresAt)) - Date.parse(String(list[0].createdAt))) / 86_400_000;
    expect(days).toBeCloseTo(14, 3);
  });

  test("[AUTH-3] anything else is 401 with challenges", async () => {
    for (const form of [{ username: "ben", password: "wrong" }, { username: "ben" }, {}] as Record<string, string>[]) {
      const response = await login(form);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain(
        `ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="${AUTH}/login"`,
      );
      expect(response.headers.get("x-vo-bearer")).toBe(null);
      expect(await response.text()).toMatch(/^AuthenticationError: /);
    }
  });

  test("who signs in with every script keeps the latest tokens, and does not run out of them", async () => {
    await auth.addUser("busy");
    let last = "";
    for (let i = 0; i < 23; i++) {
      const response = await login({ username: "busy", password: PASSWORD }, "cron/1");
      last = response.headers.get("x-vo-bearer") ?? "";
      expect(response.status).toBe(200);
    }
    const tokens = await auth.shared.access.tokens.list((await auth.shared.access.accounts.find("busy"))?.id ?? "");
    expect(tokens.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(20);
    expect(await auth.shared.access.tokens.find(last)).not.toBe(null);
  });
});

describe("a page of another site cannot try passwords for its visitors:", () => {
  const tryFrom = (headers: Record<string, string>, password: string) =>
    auth.app.request(`${AUTH}/login`, {
      method: "POST",
      headers,
      body: new URLSearchParams({ username: "ben", password }),
    });

  test.each<Record<string, string>>([
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://auth.survey.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: AUTH, "sec-fetch-site": "cross-site" },
  ])("%j is refused, and counts nothing", async (headers) => {
    for (let i = 0; i < 12; i++) expect((await tryFrom(headers, "not the password")).status).toBe(403);
    expect((await tryFrom(headers, PASSWORD)).headers.get("x-vo-bearer")).toBeNull();
    expect((await tryFrom({}, PASSWORD)).status).toBe(200);
  });

  test.each<Record<string, string>>([
    {},
    { origin: AUTH },
    { origin: AUTH, "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ])("%j is not one", async (headers) => {
    expect((await tryFrom(headers, PASSWORD)).headers.get("x-vo-bearer")).toMatch(/^rct_/);
  });
});

test("right passwords of many scripts at once are all taken", async () => {
  const body = () => new URLSearchParams({ username: "ben", password: PASSWORD });
  const send = async () => (await auth.app.request(`${AUTH}/login`, { method: "POST", body: body() })).status;
  const statuses = await Promise.all(Array.from({ length: 12 }, send));
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

test("many wrong passwords at once are refused with the time to wait, also where the last one is right", async () => {
  await auth.addUser("target");
  const tries = [...Array.from({ length: 9 }, (_, i) => `wrong ${i}`), PASSWORD];
  const responses = await Promise.all(
    tries.map(async (password) => {
      const body = new URLSearchParams({ username: "target", password });
      return auth.app.request(`${AUTH}/login`, { method: "POST", body });
    }),
  );
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([401, 429]));
  expect(responses.at(-1)?.status).toBe(429);
  expect(Number(responses.at(-1)?.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("where there are no accounts with passwords, none is asked for, and none lets in", async () => {
  const only = await createTestAuthApp({ RECORTE_LOCAL_ACCOUNTS: "0" });
  try {
    await only.addUser("ana", { password: null });
    const browser = only.newBrowser();
    const page = await browser.send("/login");
    expect(page.text).not.toContain('type="password"');
    const body = new URLSearchParams({ username: "ana", password: PASSWORD });
    expect((await only.app.request(`${AUTH}/login`, { method: "POST", body })).status).toBe(401);
  } finally {
    await only.close();
  }
});

test("providers of sign-in have a button each, which knows where one wants to be", async () => {
  const folder = await mkdtemp(join(tmpdir(), "recorte-providers-"));
  const file = join(folder, "providers.json");
  const provider = {
    kind: "oidc",
    id: "cilogon",
    title: "CILogon <b>",
    issuer: "https://cilogon.example",
    clientId: "x",
  };
  await writeFile(file, JSON.stringify([provider]));
  const federated = await createTestAuthApp({ RECORTE_SIGN_IN_PROVIDERS: file });
  try {
    const { text } = await federated.newBrowser().send("/login?return_to=/tokens");
    const query = new URLSearchParams({ return_to: `${AUTH}/tokens` }).toString();
    expect(text).toContain(`href="${AUTH}/oidc/cilogon/login?${query}"`);
    expect(text).toContain("CILogon &lt;b&gt;");
    const strange = await federated.newBrowser().send("/oidc/nobody/login");
    expect(strange.status).toBe(404);
    expect(strange.text).toContain("<!doctype html>");
  } finally {
    await federated.close();
    await rm(folder, { recursive: true });
  }
});
