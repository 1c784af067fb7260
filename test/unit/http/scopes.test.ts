import { describe, expect, it, test } from "vitest";
import type { Identity } from "../../../src/access/identity.ts";
import type { Scope } from "../../../src/access/tokens/api-token.ts";
import { createBareCutoutApp } from "../../support/bare-cutout-app.ts";
import { testUser } from "../../support/users.ts";

const OPEN = ["/", "/health", "/metrics", "/capabilities", "/availability", "/docs", "/openapi.json"];

/** Every path there is, with something in place of what varies; and the methods that it takes. */
const ROUTES = createBareCutoutApp({ metricsPage: { format: () => Promise.resolve("") } as never })
  .routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"))
  .map(({ method, path }) => ({ method, path: path.replace(/:\w+(\{[^}]*\})?/g, "x") }));

function appFor(grant: Identity["grant"]) {
  return createBareCutoutApp({ authenticate: () => Promise.resolve({ user: testUser("ana"), grant }) });
}
const tokenOf = (...scopes: Scope[]) => ({ kind: "token", tokenId: "1", scopes, actor: null }) as const;
const isOpen = (path: string) => OPEN.includes(path) || path.startsWith("/docs/");

describe("scopes", () => {
  it.each(ROUTES)("$method $path needs one of a token, unless it is open", async ({ method, path }) => {
    for (const scopes of [[], ["admin"], ["act-for"]] as Scope[][]) {
      const response = await appFor(tokenOf(...scopes)).request(path, { method });
      if (isOpen(path)) expect([401, 403]).not.toContain(response.status);
      else expect(response.status, scopes.join()).toBe(403);
    }
  });

  it.each(ROUTES.filter(({ path }) => !isOpen(path)))(
    "$method $path takes the scope that says what it does, and no other",
    async ({ method, path }) => {
      const isChange = method !== "GET" && /^\/(async|account)/.test(path);
      const [right, wrong]: Scope[] = isChange ? ["jobs", "read"] : ["read", "jobs"];
      const refused = await appFor(tokenOf(wrong)).request(path, { method });
      expect(refused.status).toBe(403);
      expect(refused.headers.get("www-authenticate")).toBe(
        `Bearer realm="localhost", error="insufficient_scope", scope="${right}"`,
      );
      expect(await refused.text()).toContain(`Cannot ${method} ${path}: it needs a token with scope ${right} (`);
      // There is nothing behind it: whatever it answers, it was let through.
      expect((await appFor(tokenOf(right)).request(path, { method })).status).not.toBe(403);
    },
  );

  it("hold for HEAD as for GET, and for what is not there", async () => {
    const app = appFor(tokenOf("jobs"));
    for (const path of [
      "/sync",
      "/async/x",
      "/async/x/results/result-1",
      "/no-such-thing",
      "//sync",
      "/SYNC",
      "/%73ync",
    ]) {
      expect((await app.request(path, { method: "HEAD" })).status, path).toBe(403);
    }
    expect((await appFor(tokenOf("read")).request("/no-such-thing", { method: "POST" })).status).toBe(403);
    expect((await appFor(tokenOf("read")).request("/constructor", { method: "POST" })).status).toBe(403);
  });

  it("do not matter to who has signed in", async () => {
    const session = { kind: "session", sessionId: "1", csrfToken: "", renewedUntil: null } as const;
    for (const { method, path } of ROUTES) {
      expect((await appFor(session).request(path, { method })).status, path).not.toBe(403);
    }
  });
});

describe("with anonymous use switched off", () => {
  const app = createBareCutoutApp({ anonymous: false });

  it.each(ROUTES)("$method $path answers 401 with a challenge, unless it is open", async ({ method, path }) => {
    const response = await app.request(path, { method });
    if (isOpen(path)) return expect([401, 403]).not.toContain(response.status);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm="localhost"/);
    expect(response.headers.get("www-authenticate")).not.toContain("error");
  });

  test("nothing is told of what is not there either", async () => {
    expect((await app.request("/no-such-thing")).status).toBe(401);
  });

  test("a browser may still ask whether it may ask", async () => {
    const headers = { Origin: "https://x.org", "Access-Control-Request-Method": "GET" };
    expect((await app.request("/sync", { method: "OPTIONS", headers })).status).toBe(204);
  });
});
