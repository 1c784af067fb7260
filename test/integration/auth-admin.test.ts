import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AUTH, createTestAuthApp, PASSWORD, type AuthApp, type FormBrowser } from "../support/auth-app.ts";

let auth: AuthApp;
let admin: FormBrowser;
let token: string;
beforeAll(async () => {
  auth = await createTestAuthApp();
  await auth.addUser("root", { role: "admin" });
  await auth.addUser("ben", { fullName: "Ben Lima", groups: ["des"] });
  admin = await auth.browserOf("root");
  token = (await auth.addToken("root", { scopes: ["read", "jobs", "admin"] })).secret;
});
afterAll(() => auth.close());

const PAGES = ["/admin", "/admin/users", "/admin/users/ben", "/admin/jobs", "/admin/audit"];
const JSON_HEADERS = { accept: "application/json", "content-type": "application/json" };
const request = (path: string, secret: string, init: RequestInit = {}) =>
  auth.app.request(AUTH + path, { ...init, headers: { ...JSON_HEADERS, authorization: `Bearer ${secret}` } });
const account = async (name: string) => auth.shared.access.accounts.find(name);
const lastAudit = async () => (await auth.shared.access.audit.list({ last: 1 }))[0];

/** Rows as the jobs of a user leave them. */
function addJob(job: { id: string; owner: string; phase?: string; at?: number; runId?: string; done?: number }): void {
  const { id, owner, phase = "QUEUED", at = Date.now(), runId = null, done = 0 } = job;
  const { sqlite } = auth.shared.records;
  sqlite
    .prepare(
      `insert into job (id, owner, priority, run_id, phase, parameters, created_at, queued_at, ended_at, destruction_at,
         extensions, execution_duration_s, error_code, error_message)
       values (@id, @owner, 1, @runId, @phase, '[]', @at, @at, @ended, @end, 0, 0, @code, @message)`,
    )
    .run({
      ...{ id, owner, phase, at, runId },
      ended: phase === "ERROR" ? at : null,
      end: Date.now() + 86_400_000,
      code: phase === "ERROR" ? "corrupt-data" : null,
      message: phase === "ERROR" ? "Error: The image's file is damaged" : null,
    });
  for (let number = 1; number <= 3; number++) {
    sqlite
      .prepare("insert into job_result (job_id, number, recipe, state, byte_length) values (?, ?, '[]', ?, ?)")
      .run(id, number, number <= done ? "DONE" : "WAITING", number <= done ? 1000 : null);
  }
  const store =
    "insert into usage (owner, stored_bytes) values (@owner, @bytes) on conflict do update set stored_bytes = stored_bytes + @bytes";
  if (done > 0) sqlite.prepare(store).run({ owner, bytes: 1000 * done });
}

describe("administration", () => {
  test("sends strangers to sign in, and back afterwards", async () => {
    for (const path of PAGES) {
      const answer = await auth.newBrowser().send(path);
      expect([answer.status, answer.location]).toEqual([
        303,
        `/login?${new URLSearchParams({ return_to: path }).toString()}`,
      ]);
    }
    const answer = await auth.newBrowser().send("/admin/users/ben/close", { csrf: "x" });
    expect([answer.status, answer.location]).toEqual([303, "/login"]);
    expect((await account("ben"))?.disabledAt).toBe(null);
  });

  test("tells scripts without credentials 401, with challenges", async () => {
    const response = await auth.app.request(`${AUTH}/admin`, { headers: { accept: "application/json" } });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm="auth.survey.example"/);
  });

  test("is closed to users, whatever they send", async () => {
    const ben = await auth.browserOf("ben");
    const form = await ben.form("/account");
    for (const path of PAGES) {
      const answer = await ben.send(path);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.text).toContain("for administrators only");
    }
    for (const path of ["/admin/users", "/admin/users/root", "/admin/users/root/close", "/admin/users/root/password"]) {
      expect((await ben.send(path, { ...form, role: "admin", name: "x", password: PASSWORD })).status).toBe(403);
    }
    expect((await ben.send("/account")).text).not.toContain('href="/admin"');
  });

  test("is closed to tokens without its scope, and to those of users", async () => {
    const weak = await auth.addToken("root", { scopes: ["read", "jobs"] });
    const users = await auth.addToken("ben", { scopes: ["read", "jobs"] });
    for (const { secret } of [weak, users]) {
      for (const path of PAGES) expect((await request(path, secret)).status).toBe(403);
    }
    expect(await (await request("/admin", weak.secret)).text()).toMatch(/AuthorizationError: .* scope admin/);
  });

  test("is closed however its address is written", async () => {
    const ben = await auth.browserOf("ben");
    for (const path of [
      "/%61dmin",
      "/admin/",
      "/admin/users/",
      "//admin",
      "/./admin",
      "/x/../admin",
      "/Admin",
      "/admin%2fusers",
    ]) {
      const answer = await ben.send(path);
      expect([path, [403, 404].includes(answer.status)]).toEqual([path, true]);
    }
  });

  test("needs the form's own token", async () => {
    for (const path of ["/admin/users/ben/close", "/admin/users", "/admin/users/ben", "/admin/jobs/x/delete"]) {
      expect((await admin.send(path, { name: "eve", role: "admin" })).status).toBe(403);
    }
    expect((await account("ben"))?.disabledAt).toBe(null);
  });
});

describe("users", () => {
  test("are found by parts of their names, page by page", async () => {
    for (let i = 0; i < 5; i++) await auth.addUser(`paged-${i}`, { password: null });
    const first = (await (await request("/admin/users?search=paged&last=3", token)).json()) as {
      users: { name: string }[];
      after: string;
    };
    expect(first.users.map(({ name }) => name)).toEqual(["paged-0", "paged-1", "paged-2"]);
    const second = await request(`/admin/users?search=paged&last=3&after=${first.after}`, token);
    expect(await second.json()).toMatchObject({ users: [{ name: "paged-3" }, { name: "paged-4" }], after: null });
    const { text } = await admin.send("/admin/users?search=lima");
    expect(text).toContain('href="/admin/users/ben"');
    expect(text).not.toContain("paged-0");
  });

  test("are added, and sign in", async () => {
    const { csrf } = await admin.form("/admin/users");
    const fields = { csrf, name: "Novo", full_name: "Novo Usuário", email: "", password: PASSWORD, role: "priority" };
    expect((await admin.send("/admin/users", fields)).location).toBe("/admin/users/novo?done=added");
    expect(await lastAudit()).toMatchObject({ action: "user-added", actorName: "root", subject: "novo" });
    expect(await account("novo")).toMatchObject({ role: "priority", fullName: "Novo Usuário", email: null });
    await auth.browserOf("novo");
    expect((await admin.send("/admin/users", fields)).status).toBe(400); // the name is taken
  });

  test("get roles, groups and limits, which are on record with what was before", async () => {
    const { csrf } = await admin.form("/admin/users/ben");
    const fields = { role: "priority", groups: "des, lsst", "limit.storedBytes": "20GB", "limit.streams": "none" };
    expect((await admin.send("/admin/users/ben", { csrf, ...fields })).status).toBe(303);
    const changed = await account("ben");
    expect(changed).toMatchObject({ role: "priority", limits: { storedBytes: 20e9, streams: null } });
    expect(changed?.groups.map(({ name }) => name)).toEqual(["des", "lsst"]);
    expect(await lastAudit()).toMatchObject({
      ...{ action: "user-changed", subject: "ben" },
      detail: { role: { was: "user", is: "priority" }, groups: { was: ["des"], is: ["des", "lsst"] } },
    });
    const { text } = await admin.send("/admin/users/ben");
    expect(text).toMatch(/name="limit.storedBytes"\s+value="20GB"/);
    expect(text).toContain("0 bytes of 20 GB");
    // What is left out stays; what is empty is as the role has it.
    const body = JSON.stringify({ limits: { streams: null }, role: "user" });
    expect((await request("/admin/users/ben", token, { method: "POST", body })).status).toBe(200);
    const after = await account("ben");
    expect([after?.role, after?.limits, after?.groups.length]).toEqual(["user", { storedBytes: 20e9 }, 2]);
  });

  test("get nothing that makes no sense", async () => {
    const before = await account("ben");
    for (const body of [
      { role: "king" },
      { limits: { tea: 1 } },
      { limits: { streams: "-1" } },
      { limits: { __proto__x: 1 } },
      { groups: "a\nb" },
    ]) {
      const response = await request("/admin/users/ben", token, { method: "POST", body: JSON.stringify(body) });
      expect([JSON.stringify(body), response.status]).toEqual([JSON.stringify(body), 400]);
    }
    expect(await account("ben")).toEqual(before);
  });

  test("are closed with all that lets them in, and opened again", async () => {
    await auth.addUser("carla");
    const carla = await auth.browserOf("carla");
    const { secret } = await auth.addToken("carla", {});
    const { csrf } = await admin.form("/admin/users/carla");
    expect((await admin.send("/admin/users/carla/close", { csrf })).location).toBe("/admin/users/carla?done=closed");
    expect((await carla.send("/account")).status).toBe(303);
    expect((await request("/account", secret)).status).toBe(401);
    await expect(auth.browserOf("carla")).rejects.toThrow("Cannot sign in");
    await admin.send("/admin/users/carla/open", { csrf });
    await auth.browserOf("carla");
    expect((await request("/account", secret)).status).toBe(401); // has ended for good
  });

  test("get another password, which ends their sessions", async () => {
    await auth.addUser("forgetful");
    const browser = await auth.browserOf("forgetful");
    const { csrf } = await admin.form("/admin/users/forgetful");
    await admin.send("/admin/users/forgetful/password", { csrf, password: "a new one for them" });
    expect((await browser.send("/account")).status).toBe(303);
    expect(await lastAudit()).toMatchObject({ action: "password-changed", actorName: "root", subject: "forgetful" });
    expect(JSON.stringify(await lastAudit())).not.toContain("a new one");
  });

  test("have tokens that administrators can revoke", async () => {
    const { id, secret } = await auth.addToken("ben", {});
    const { csrf } = await admin.form("/admin/users/ben");
    expect((await admin.send(`/admin/users/root/tokens/${id}/revoke`, { csrf })).status).toBe(404);
    expect((await admin.send(`/admin/users/ben/tokens/${id}/revoke`, { csrf })).status).toBe(303);
    expect((await request("/account", secret)).status).toBe(401);
  });

  test("who administer do not shut themselves out", async () => {
    const { csrf } = await admin.form("/admin/users/root");
    expect((await admin.send("/admin/users/root/close", { csrf })).status).toBe(403);
    expect((await admin.send("/admin/users/root", { csrf, role: "user" })).status).toBe(403);
    const overview = (await admin.send("/admin")).text;
    for (const text of ["Limits by role", "storedBytes", "100 GB", "1 TB", "no limit"])
      expect(overview).toContain(text);
  });
});

describe("jobs", () => {
  test("of all are listed, by phase and user, page by page", async () => {
    const ben = (await account("ben"))?.id ?? "";
    const at = Date.now() - 3_600_000;
    for (let i = 0; i < 4; i++) addJob({ id: `bensjob${i}`, owner: ben, at: at + i, runId: `run ${i}`, done: 2 });
    addJob({ id: "nobodysjob", owner: "anonymous", phase: "ERROR" });
    const list = async (query: string) =>
      (await (await request(`/admin/jobs?${query}`, token)).json()) as {
        jobs: { id: string }[];
        before: string | null;
      };
    const first = await list("owner=ben&last=3");
    expect(first.jobs).toMatchObject([
      { id: "bensjob3", owner: "ben", results: 3, doneResults: 2, storedBytes: 2000 },
      {},
      {},
    ]);
    expect((await list(`owner=ben&before=${first.before}`)).jobs.map(({ id }) => id)).toEqual(["bensjob0"]);
    expect((await list("phase=ERROR")).jobs.map(({ id }) => id)).toEqual(["nobodysjob"]);
    expect((await list("owner=nobody-there")).jobs).toEqual([]);
    const state = (await (await request("/admin", token)).json()) as { disk: { freeBytes: number } };
    expect(state).toMatchObject({
      limits: { user: { storedBytes: 100e9 }, priority: { storedBytes: 1000e9 }, admin: { storedBytes: null } },
      ...{ phases: { QUEUED: 4, ERROR: 1 }, queue: { waitingJobs: 4, runningJobs: 0, waitingResults: 4 } },
      queue: { oldestQueuedAt: new Date(at).toISOString() },
      disk: { storedBytes: 8000, largest: [{ owner: "ben", storedBytes: 8000 }] },
      errors: [
        { what: "job", owner: "anonymous", subject: "nobodysjob", message: "Error: The image's file is damaged" },
      ],
    });
    expect(state.disk.freeBytes).toBeGreaterThan(0);
  });

  test("are aborted and deleted, and what they stored is given back", async () => {
    const { csrf } = await admin.form("/admin/jobs");
    expect((await admin.send("/admin/jobs/bensjob1/abort", { csrf })).location).toBe("/admin/jobs?done=aborted");
    expect(await lastAudit()).toMatchObject({
      action: "job-aborted",
      subject: "bensjob1",
      detail: { owner: "ben", phase: "QUEUED" },
    });
    const job = (await (await request("/admin/jobs/bensjob1", token)).json()) as object;
    expect(job).toMatchObject({ phase: "ABORTED", errorMessage: "Error: An administrator has aborted the job" });
    await admin.send("/admin/jobs/bensjob1/delete", { csrf });
    expect(await lastAudit()).toMatchObject({ action: "job-deleted", subject: "bensjob1" });
    expect((await request("/admin/jobs/bensjob1", token)).status).toBe(404);
    expect((await request("/admin/jobs/bensjob2", token, { method: "DELETE" })).status).toBe(204);
    expect((await request("/admin/jobs/bensjob2", token, { method: "DELETE" })).status).toBe(404);
    expect(await (await request("/admin", token)).json()).toMatchObject({ disk: { storedBytes: 4000 } });
  });

  test("are looked for by sensible words only", async () => {
    for (const query of ["phase=RUNNING", "last=0", "last=x"]) {
      expect((await request(`/admin/jobs?${query}`, token)).status).toBe(400);
    }
    expect((await request("/admin/jobs/..%2f..%2fetc", token)).status).toBe(404);
  });
});

test("the audit log is read by actor and action, the newest first, page by page", async () => {
  const list = async (query: string) =>
    (await (await request(`/admin/audit?${query}`, token)).json()) as {
      records: { id: number; action: string; actorName: string }[];
      before: number | null;
    };
  const first = await list("actor=root&action=user-changed&last=2");
  expect(first.records.map(({ action, actorName }) => [action, actorName])).toEqual(
    Array(2).fill(["user-changed", "root"]),
  );
  const second = await list(`actor=root&action=user-changed&last=2&before=${first.before}`);
  expect(second.records[0].id).toBeLessThan(first.records[1].id);
  expect((await request("/admin/audit?action=everything", token)).status).toBe(400);
  expect((await admin.send("/admin/audit?actor=root&action=job-deleted")).text).toContain("bensjob1");
});

test("names that would be markup are text on every page", async () => {
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`;
  const user = await auth.addUser("evil", { fullName: evil, groups: ["des"] });
  const { sqlite } = auth.shared.records;
  sqlite.prepare("update user set name = ?, email = ? where id = ?").run(evil, evil, user.id);
  sqlite.prepare("insert into user_group (user_id, name, source) values (?, ?, ?)").run(user.id, evil, evil);
  sqlite
    .prepare("insert into identity (provider, subject, user_id, created_at) values (?, 'x', ?, 0)")
    .run(evil, user.id);
  addJob({ id: "evilsjob", owner: user.id, runId: evil, phase: "ERROR", done: 1 });
  sqlite.prepare("update job set error_message = ?, actor = ? where id = 'evilsjob'").run(evil, user.id);
  const { secret } = await auth.shared.access.sessions.begin(user.id, evil);
  const known = await auth.shared.access.accounts.user(user.id);
  if (known !== null) await auth.shared.access.tokens.create(known, { name: evil, scopes: ["read"], expiresAt: null });
  auth.shared.access.audit.record({
    ...{ actor: user.id, actorName: evil, action: "sign-in", subject: evil, detail: { [evil]: evil }, address: evil },
  });
  const evils = auth.newBrowser();
  evils.cookies.set("recorte_session", secret);
  const query = new URLSearchParams({
    search: evil,
    actor: evil,
    owner: evil,
    return_to: `/${evil}`,
    done: evil,
  }).toString();
  const seen = [
    ...["/", "/account", "/tokens", `/account?${query}`, `/nothing/${encodeURIComponent(evil)}`].map((path) =>
      evils.send(path),
    ),
    ...["/admin", "/admin/users", "/admin/jobs", "/admin/audit", `/admin/users/${user.id}`].map((path) =>
      admin.send(path),
    ),
    ...["/admin/users", "/admin/jobs", "/admin/audit"].map((path) => admin.send(`${path}?${query}`)),
    auth.newBrowser().send(`/login?${query}`),
  ];
  let shown = 0;
  for (const { status, text } of await Promise.all(seen)) {
    expect(status).toBeLessThan(500);
    expect(text).toContain("<!doctype html>");
    expect(text).not.toMatch(/<script|<img src=x|onerror=alert\(1\)>'/);
    if (text.includes("&lt;script&gt;alert(1)&lt;/script&gt;")) shown++;
  }
  expect(shown).toBeGreaterThanOrEqual(10); // it was there to be escaped
  const form = await auth.newBrowser().form("/login");
  const again = await auth.newBrowser().send("/login", { ...form, username: evil, password: "x" });
  expect(again.text).not.toContain("<script>");
});
