import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AUTH, createTestAuthApp, CUTOUT, PASSWORD, type AuthApp, type FormBrowser } from "../support/auth-app.ts";

let auth: AuthApp;
let ana: FormBrowser;
beforeAll(async () => {
  auth = await createTestAuthApp();
  for (const name of ["ana", "ben"]) await auth.addUser(name, { groups: ["des"] });
});
beforeEach(async () => {
  ana = await auth.browserOf("ana");
});
afterAll(() => auth.close());

const JSON_HEADERS = { accept: "application/json", "content-type": "application/json" };
const request = (path: string, init: RequestInit = {}) => auth.app.request(AUTH + path, init);
const bearer = (secret: string) => ({ ...JSON_HEADERS, authorization: `Bearer ${secret}` });
const idOf = async (name: string) => (await auth.shared.access.accounts.find(name))?.id ?? "";

describe("a form that changes something", () => {
  const change = { name: "stolen", scope: "read", days: "1" };
  const tokens = async () => (await auth.shared.access.tokens.list(await idOf("ana"))).map(({ name }) => name);

  test("without its token is refused", async () => {
    const answer = await ana.send("/tokens", change);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("not from this page");
    expect(await tokens()).not.toContain("stolen");
  });

  test("with the token of another session, also of the same user, is refused", async () => {
    for (const other of [await auth.browserOf("ben"), await auth.browserOf("ana")]) {
      const { csrf } = await other.form("/tokens");
      expect((await ana.send("/tokens", { ...change, csrf })).status).toBe(403);
    }
    const { csrf } = await auth.newBrowser().form("/login");
    expect((await ana.send("/tokens", { ...change, csrf })).status).toBe(403);
    expect(await tokens()).not.toContain("stolen");
  });

  test("with its token and from a page of another site is refused all the same", async () => {
    const form = await ana.form("/tokens");
    for (const origin of ["https://evil.example", "null", "https://survey.example.evil.example"]) {
      expect((await ana.send("/tokens", { ...form, ...change }, { origin })).status).toBe(403);
    }
    expect(await tokens()).not.toContain("stolen");
  });

  test("by a session, as JSON, is not taken from another site either", async () => {
    const cookie = [...ana.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const body = JSON.stringify({ name: "stolen", scopes: ["read"] });
    const send = (origin: string) =>
      request("/tokens", { method: "POST", body, headers: { ...JSON_HEADERS, cookie, origin } });
    expect((await send("https://evil.example")).status).toBe(403);
    expect((await send(AUTH)).status).toBe(201);
  });

  test.each(["/logout", "/account/password", "/account/sessions/end", "/tokens/x/revoke"])("%s", async (path) => {
    expect((await ana.send(path, {})).status).toBe(403);
    expect((await ana.send("/account")).status).toBe(200);
  });
});

test("every answer forbids scripts, frames and caches, and tells other sites nothing", async () => {
  for (const path of ["/", "/login", "/account", "/tokens", "/admin", "/nothing"]) {
    const { headers } = await ana.send(path);
    expect(headers.has("access-control-allow-origin")).toBe(false);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' ${AUTH} ${CUTOUT}`);
    expect(policy).not.toContain("unsafe");
    expect(headers.get("referrer-policy")).toBe("same-origin");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
  }
});

test("styles are kept by caches for ever, under a name that changes with them", async () => {
  const { text } = await ana.send("/");
  const path = /href="(\/assets\/styles-[0-9a-f]{12}\.css)"/.exec(text)?.[1] ?? "";
  const style = await ana.send(path);
  expect(style.headers.get("content-type")).toContain("text/css");
  expect(style.headers.get("cache-control")).toContain("immutable");
});

describe("an account", () => {
  test("shows who one is, and what is used of what one may have", async () => {
    const { text } = await ana.send("/account");
    for (const part of ["ana", "des", "Requests a minute", "Bytes of results that are kept", "of 100 GB"]) {
      expect(text).toContain(part);
    }
  });

  test("is JSON for who sends a token", async () => {
    const { secret } = await auth.addToken("ana", { scopes: ["read"] });
    const response = await request("/account", { headers: bearer(secret) });
    expect(await response.json()).toMatchObject({
      name: "ana",
      role: "user",
      groups: [{ name: "des", source: "local" }],
    });
    const usage = await request("/account/usage", { headers: bearer(secret) });
    expect(await usage.json()).toMatchObject({ user: "ana" });
  });

  test("other sessions can be ended, one or all, and those of other users cannot", async () => {
    const [second, third, bens] = [
      await auth.browserOf("ana"),
      await auth.browserOf("ana"),
      await auth.browserOf("ben"),
    ];
    const { csrf } = await ana.form("/account");
    const bensId = (await auth.shared.access.sessions.list(await idOf("ben")))[0].id;
    expect((await ana.send("/account/sessions/end", { csrf, session: bensId })).status).toBe(404);
    expect((await bens.send("/account")).status).toBe(200);
    const thirdId = (await auth.shared.access.sessions.find(third.cookies.get("recorte_session") ?? ""))?.id ?? "";
    expect((await ana.send("/account/sessions/end", { csrf, session: thirdId })).status).toBe(303);
    expect([(await second.send("/account")).status, (await third.send("/account")).status]).toEqual([200, 303]);
    expect((await ana.send("/account/sessions/end", { csrf, session: "others" })).status).toBe(303);
    expect([(await ana.send("/account")).status, (await second.send("/account")).status]).toEqual([200, 303]);
  });

  test("a new password needs the present one, ends all other sessions, and lets in from then on", async () => {
    await auth.addUser("dora");
    const [here, elsewhere] = [await auth.browserOf("dora"), await auth.browserOf("dora")];
    const { csrf } = await here.form("/account");
    const next = "another long password";
    const send = (fields: object) =>
      here.send("/account/password", { csrf, current: PASSWORD, new: next, again: next, ...fields });
    expect((await send({ current: "wrong" })).status).toBe(403);
    expect((await send({ again: "something else" })).status).toBe(400);
    expect((await send({ new: "short", again: "short" })).status).toBe(400);
    const answer = await send({});
    expect([answer.status, answer.location]).toEqual([303, "/account?done=password"]);
    expect((await here.send("/account?done=password")).text).toContain("The password is changed.");
    expect((await elsewhere.send("/account")).status).toBe(303);
    const body = new URLSearchParams({ username: "dora", password: next });
    expect((await request("/login", { method: "POST", body })).status).toBe(200);
    const actions = (await auth.shared.access.audit.list({ last: 5 })).map(({ action }) => action);
    expect(actions).toContain("password-changed");
  });
});

describe("a token", () => {
  test("is made, shown once with a line to paste, used, and revoked", async () => {
    const form = await ana.form("/tokens");
    const made = await ana.send("/tokens", { csrf: form.csrf, name: "my script", scope: ["read", "jobs"], days: "30" });
    expect([made.status, made.location]).toEqual([303, "/tokens"]);
    expect(made.headers.getSetCookie().join()).toMatch(
      /recorte_made=rct_[^;]*; Max-Age=60; Path=\/tokens; HttpOnly; Secure; SameSite=Strict/,
    );
    const { text } = await ana.send("/tokens");
    const secret = /<pre class="secret">\s*(rct_[a-z2-7]{40})\s*<\/pre/.exec(text)?.[1] ?? "";
    expect(text).toContain(`curl -H &#39;Authorization: Bearer ${secret}&#39; &#39;${CUTOUT}/account/usage&#39;`);
    expect((await ana.send("/tokens")).text).not.toContain(secret);
    expect((await request("/account", { headers: bearer(secret) })).status).toBe(200);

    const action = new RegExp(`action="(/tokens/\\w+/revoke)"`).exec(text)?.[1] ?? "";
    expect((await ana.send(action, { csrf: form.csrf })).location).toBe("/tokens?done=revoked");
    const refused = await request("/account", { headers: bearer(secret) });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
    const audit = await auth.shared.access.audit.list({ actor: await idOf("ana"), last: 2 });
    expect(audit.map((record) => record.action)).toEqual(["token-revoked", "token-created"]);
    expect(JSON.stringify(audit)).not.toContain(secret.slice(12));
  });

  test("that somebody else put into the cookie is not shown as one's own", async () => {
    const { secret } = await auth.addToken("ben", {});
    ana.cookies.set("recorte_made", secret);
    expect((await ana.send("/tokens")).text).not.toContain(secret);
  });

  test("of another user cannot be revoked, and is as unknown as one that never was", async () => {
    const { id, secret } = await auth.addToken("ben", {});
    const { csrf } = await ana.form("/tokens");
    const [others, never] = [
      await ana.send(`/tokens/${id}/revoke`, { csrf }),
      await ana.send("/tokens/x/revoke", { csrf }),
    ];
    expect([others.status, never.status]).toEqual([404, 404]);
    expect((await request("/account", { headers: bearer(secret) })).status).toBe(200);
  });

  test("makes, lists and revokes others as JSON, that can do no more and last no longer than itself", async () => {
    const expiresAt = Date.now() + 5 * 86_400_000;
    const { secret } = await auth.addToken("ana", { scopes: ["jobs", "read"], expiresAt });
    const make = (fields: object) =>
      request("/tokens", { method: "POST", headers: bearer(secret), body: JSON.stringify(fields) });
    const response = await make({ name: "child", scopes: ["read"], days: 200 });
    expect(response.status).toBe(201);
    const child = (await response.json()) as { id: string; token: string; expiresAt: string };
    expect(Date.parse(child.expiresAt)).toBe(expiresAt);
    expect((await request("/account", { headers: bearer(child.token) })).status).toBe(200);
    expect((await make({ name: "more", scopes: ["read", "act-for"] })).status).toBe(403);
    expect((await make({ name: "more", scopes: ["admin"] })).status).toBe(403);
    for (const wrong of [
      { name: "x", scopes: [] },
      { name: "x", scopes: ["all"] },
      { name: "", scopes: ["read"] },
      { name: "x", scopes: ["read"], days: -1 },
      { name: "x", scopes: ["read"], days: "soon" },
    ]) {
      expect([400, 403]).toContain((await make(wrong)).status);
    }
    // One that may only read changes nothing.
    const reader = { headers: bearer(child.token) };
    expect((await request(`/tokens/${child.id}`, { method: "DELETE", ...reader })).status).toBe(403);
  });

  test("revokes itself, and no other", async () => {
    const [one, other] = [await auth.addToken("ana", { scopes: ["read", "jobs"] }), await auth.addToken("ana", {})];
    const headers = bearer(one.secret);
    const refused = [
      await request(`/tokens/${other.id}`, { method: "DELETE", headers }),
      await request(`/tokens/${other.id}/revoke`, { method: "POST", headers, body: "{}" }),
    ];
    for (const response of refused) {
      expect(response.status).toBe(403);
      expect(await response.text()).toMatch(/^AuthorizationError: Cannot revoke a token by another one/);
    }
    expect((await request("/account", { headers: bearer(other.secret) })).status).toBe(200);
    expect((await request(`/tokens/${one.id}`, { method: "DELETE", headers })).status).toBe(204);
    expect((await request("/account", { headers })).status).toBe(401);
  });

  test("changes nothing of the account, whatever its scopes are", async () => {
    await auth.addUser("carla", { role: "admin" });
    const { secret } = await auth.addToken("carla", { scopes: ["read", "jobs", "admin"] });
    const carla = await auth.browserOf("carla");
    for (const [path, fields] of [
      ["/account/sessions/end", { session: "others" }],
      ["/account/password", { current: PASSWORD, new: "another long password" }],
    ] as const) {
      const body = JSON.stringify(fields);
      const response = await request(path, { method: "POST", headers: bearer(secret), body });
      expect([path, response.status]).toEqual([path, 403]);
      expect(await response.text()).toContain("somebody has to sign in");
    }
    expect((await carla.send("/account")).status).toBe(200);
  });

  test("of an administrator, who may have more, makes none that has more than itself", async () => {
    await auth.addUser("chief", { role: "admin" });
    const { secret } = await auth.addToken("chief", { scopes: ["jobs"] });
    for (const scopes of [["admin"], ["jobs", "act-for"], ["read"]]) {
      const body = JSON.stringify({ name: "more", scopes });
      const response = await request("/tokens", { method: "POST", headers: bearer(secret), body });
      expect([scopes, response.status]).toEqual([scopes, 403]);
      expect(await response.text()).toMatch(/^AuthorizationError: /);
    }
  });

  test("with which a service asks in somebody's name makes no tokens for them", async () => {
    await auth.addUser("service", { role: "admin" });
    const { secret } = await auth.addToken("service", { scopes: ["read", "jobs", "act-for"] });
    const response = await request("/tokens", {
      method: "POST",
      headers: { ...bearer(secret), "x-on-behalf-of": "ana" },
      body: JSON.stringify({ name: "stolen", scopes: ["read"] }),
    });
    expect(response.status).toBe(403);
  });
});

test("what is no form and no object is refused with what is needed", async () => {
  const { secret } = await auth.addToken("ana", {});
  for (const [body, type] of [
    ["[1]", "application/json"],
    ["{", "application/json"],
    ['{"scopes": {"a": {"b": 1}}}', "application/json"],
    ["name=x", "text/plain"],
    ["x".repeat(70_000), "application/json"],
  ]) {
    const headers = { ...bearer(secret), "content-type": type };
    const response = await request("/tokens", { method: "POST", body, headers });
    expect([400, 413]).toContain(response.status);
    expect(await response.text()).toMatch(/^UsageError: /);
  }
});
