import type { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES } from "../../../src/access/tokens/api-token.ts";
import type { AppEnv } from "../../../src/http/app-env.ts";
import { AUTH_RULES } from "../../../src/http/auth/auth-rules.ts";
import { CUTOUT_RULES } from "../../../src/http/cutout-rules.ts";
import { createRuleFinder, type RouteRules } from "../../../src/http/route-rules.ts";
import { ICON, STYLES } from "../../../src/web/assets.ts";
import { createTestAuthApp, type AuthApp } from "../../support/auth-app.ts";
import { createBareCutoutApp } from "../../support/bare-cutout-app.ts";

let auth: AuthApp;
beforeAll(async () => {
  auth = await createTestAuthApp();
});
afterAll(() => auth.close());

describe.each<[string, RouteRules, () => Hono<AppEnv>]>([
  ["cutout", CUTOUT_RULES, () => createBareCutoutApp({ metricsPage: { format: () => Promise.resolve("") } as never })],
  ["auth", AUTH_RULES, () => auth.app],
])("the rules of the %s service", (_, rules, openApp) => {
  test("are told of every route there is, and of no other", () => {
    const routes = openApp().routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"));
    expect(routes.length).toBeGreaterThan(20);
    const named = Object.entries(rules).map(([path, rule]) => ({ path, rule: { ...rule } })); // each is itself alone
    const findRule = createRuleFinder(Object.fromEntries(named.map(({ path, rule }) => [path, rule])));
    const found = routes.map(({ path }) => ({ path, rule: findRule(path) }));
    const known = new Set(named.map(({ rule }) => rule));
    expect(found.filter(({ rule }) => !known.has(rule)).map(({ path }) => path)).toEqual([]);
    const used = new Set(found.map(({ rule }) => rule));
    expect(named.filter(({ rule }) => !used.has(rule)).map(({ path }) => path)).toEqual([]);
  });

  test("ask for scopes that tokens have", () => {
    const asked = Object.values(rules).flatMap(({ needs }) =>
      needs === "open" ? [] : [needs.reading, needs.changing],
    );
    expect(asked.filter((scope) => scope !== "session" && !Object.hasOwn(SCOPES, scope))).toEqual([]);
  });
});

describe("of all rules", () => {
  const pathsWith = (property: "isFree" | "takesForeignForms") =>
    [CUTOUT_RULES, AUTH_RULES].flatMap((rules) =>
      Object.entries(rules)
        .filter(([, rule]) => rule[property] === true)
        .map(([path]) => path),
    );

  test("those that cost nothing are for what is there, and nothing around it", () => {
    expect(pathsWith("isFree")).toEqual(["/capabilities", "/availability", STYLES.path, ICON.path]);
  });

  test("forms of other sites are taken where a provider sends its answer, and nowhere else", () => {
    expect(pathsWith("takesForeignForms")).toEqual(["/saml/:provider/acs"]);
  });
});

describe("a rule", () => {
  const rule = (name: string) => ({ needs: "open", name }) as const;
  const findRule = createRuleFinder({
    "/": rule("first page"),
    "/a.json": rule("file"),
    "/jobs/:id": rule("job"),
    "/jobs/:id/events": rule("events"),
    "/jobs/*": rule("rest"),
  });

  test.each([
    ["/", "first page"],
    ["/a.json", "file"],
    ["/jobs/1", "job"],
    ["/jobs/1/events", "events"],
    ["/jobs", "rest"],
    ["/jobs/", "rest"],
    ["/jobs/1/", "rest"],
    ["/jobs/1/events/2", "rest"],
    ["/jobs/1\n/x", "rest"],
  ])("holds for %j", (path, name) => {
    expect(findRule(path)).toEqual(rule(name));
  });

  test.each(["//", "//jobs", "/jobs1", "/JOBS/1", "/a-json", "/a.json/", "/%6Aobs", "/constructor", ""])(
    "holds for no more than its path says: %j is for nobody without a name",
    (path) => {
      expect(findRule(path)).toEqual({ needs: { reading: "read", changing: "jobs" } });
    },
  );
});
