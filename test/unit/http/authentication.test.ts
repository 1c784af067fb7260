import { Hono } from "hono";
import { expect, test } from "vitest";
import type { Authenticate } from "../../../src/access/authenticate.ts";
import type { Grant } from "../../../src/access/identity.ts";
import { ServiceError } from "../../../src/errors.ts";
import type { AppEnv } from "../../../src/http/app-env.ts";
import { identifyRequests } from "../../../src/http/authentication.ts";
import { testUser } from "../../support/users.ts";

const UNTIL = new Date("2026-02-03T04:05:06Z");
const SESSION: Grant = { kind: "session", sessionId: "s", csrfToken: "c", renewedUntil: null };
const KNOWN: Readonly<Record<string, Grant>> = { good: SESSION, late: { ...SESSION, renewedUntil: UNTIL } };

const authenticate: Authenticate = ({ authorization, session = "" }) => {
  if (authorization === "Bearer good") {
    const grant: Grant = { kind: "token", tokenId: "t", scopes: ["read"], actor: null };
    return Promise.resolve({ user: testUser("bob"), grant });
  }
  if (authorization !== undefined) return Promise.reject(new ServiceError("unauthenticated", "Cannot use the token"));
  const grant = KNOWN[session];
  if (grant !== undefined) return Promise.resolve({ user: testUser("ana"), grant });
  return Promise.resolve({ user: testUser("anonymous", { role: "anonymous" }), grant: { kind: "none" } });
};

function ask(headers: Record<string, string>, publicUrl = "https://cutout.example.org", domain = "example.org") {
  const app = new Hono<AppEnv>();
  app.use((c, next) => {
    c.set("publicUrl", publicUrl);
    return next();
  });
  app.use(identifyRequests({ authenticate, sessionCookie: { domain } }));
  app.get("/", (c) => c.text(`${c.var.user.name} ${c.var.grant.kind}`));
  app.onError((_, c) => c.text("refused", 401));
  return app.request("/", { headers });
}

const cookies = (response: Response) => response.headers.getSetCookie();

test("a session that is known says who it is, and leaves its cookie alone", async () => {
  const response = await ask({ cookie: "a=b; recorte_session=good" });
  expect(await response.text()).toBe("ana session");
  expect(response.headers.get("x-vo-authenticated")).toBe("ana");
  expect(cookies(response)).toEqual([]);
});

test("a session that was prolonged prolongs its cookie, on the domain of all services", async () => {
  expect(cookies(await ask({ cookie: "recorte_session=late" }))).toEqual([
    "recorte_session=late; Domain=example.org; Path=/; Expires=Tue, 03 Feb 2026 04:05:06 GMT; HttpOnly; Secure; SameSite=Lax",
  ]);
});

test("a stale cookie is nobody's, and is cleared wherever it may have come from", async () => {
  const response = await ask({ cookie: "recorte_session=old" });
  expect(await response.text()).toBe("anonymous none");
  expect(response.headers.get("x-vo-authenticated")).toBeNull();
  expect(cookies(response)).toEqual([
    "recorte_session=; Max-Age=0; Domain=example.org; Path=/; HttpOnly; Secure; SameSite=Lax",
    "recorte_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax",
  ]);
});

test("who brings nothing is given no cookie", async () => {
  expect(cookies(await ask({}))).toEqual([]);
});

test("with a token no cookie is looked at", async () => {
  const response = await ask({ cookie: "recorte_session=old", authorization: "Bearer good" });
  expect(await response.text()).toBe("bob token");
  expect(cookies(response)).toEqual([]);
  const refused = await ask({ cookie: "recorte_session=good", authorization: "Bearer bad" });
  expect(refused.status).toBe(401);
  expect(refused.headers.get("x-vo-authenticated")).toBeNull();
  expect(cookies(refused)).toEqual([]);
});

test.each([
  ["http://cutout.localhost:8080", "localhost", "Path=/; HttpOnly; SameSite=Lax"],
  ["http://127.0.0.1:8080", "127.0.0.1", "Path=/; HttpOnly; SameSite=Lax"],
  ["http://127.0.0.1:8080", "example.org", "Path=/; HttpOnly; SameSite=Lax"],
  ["https://notexample.org", "example.org", "Path=/; HttpOnly; Secure; SameSite=Lax"],
  ["http://example.org", "example.org", "Domain=example.org; Path=/; HttpOnly; SameSite=Lax"],
])("at %s with the domain %s a cookie has what a browser takes", async (publicUrl, domain, attributes) => {
  const [first] = cookies(await ask({ cookie: "recorte_session=old" }, publicUrl, domain));
  expect(first).toBe(`recorte_session=; Max-Age=0; ${attributes}`);
});

test("others of its name, set by somebody else, do not hide a session that is known", async () => {
  for (const cookie of [
    "recorte_session=x; recorte_session=good",
    "recorte_session=good; recorte_session=x",
    `${Array.from({ length: 40 }, (_, i) => `recorte_session=${i}`).join("; ")};recorte_session = good`,
  ]) {
    const response = await ask({ cookie });
    expect(await response.text()).toBe("ana session");
    expect(cookies(response)).toEqual([]);
  }
  expect(cookies(await ask({ cookie: "recorte_session=x; recorte_session=late" }))[0]).toMatch(
    /^recorte_session=late;/,
  );
});

test("cookies that are all unknown are nobody's; those of longer names are not looked at", async () => {
  expect(await (await ask({ cookie: "recorte_session=x; recorte_session=y" })).text()).toBe("anonymous none");
  const other = await ask({ cookie: "xrecorte_session=good; recorte_sessions=good" });
  expect([await other.text(), cookies(other)]).toEqual(["anonymous none", []]);
});
