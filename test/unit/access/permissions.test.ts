import { describe, expect, it, test } from "vitest";
import { createPermissions } from "../../../src/access/permissions.ts";
import { parseReleaseRules } from "../../../src/access/release-access.ts";
import { ANONYMOUS } from "../../../src/access/user.ts";
import { createReadingRights } from "../../../src/bin/reading-rights.ts";
import type { SurveyRegistry } from "../../../src/surveys/registry.ts";
import { testUser } from "../../support/users.ts";

const rulesOf = (text: string) => Object.fromEntries(parseReleaseRules(text));

describe("rules of releases", () => {
  it("are public, signed-in or groups", () => {
    expect(rulesOf("des_dr2=public, lsst_dp1 = signed-in,des_y6=des|staff,")).toEqual({
      des_dr2: "public",
      lsst_dp1: "signed-in",
      des_y6: { groups: ["des", "staff"] },
    });
    expect(rulesOf("")).toEqual({});
    // Whatever may be given to a user can be named.
    expect(rulesOf("a=física & química|天文")).toEqual({ a: { groups: ["física & química", "天文"] } });
    expect(rulesOf("a=urn:collab:group:x.org|x y")).toEqual({ a: { groups: ["urn:collab:group:x.org", "x y"] } });
  });

  it.each([
    "des_dr2",
    "des_dr2=",
    "=public",
    "des_dr2=|",
    "des_dr2=des||staff",
    "des_dr2=des|",
    "des_dr2=public|des", // does not mean what it says
    "des_dr2=des|signed-in",
    "a b=public",
    "a=public;b=public",
    "des_dr2=des\nstaff",
  ])("are refused where they are %j", (text) => {
    expect(() => parseReleaseRules(text)).toThrow(/is no rule: it must be/);
  });

  it("are refused where a release has two", () => {
    expect(() => parseReleaseRules("a=des,b=public,a=public")).toThrow('release "a" has two rules: it must have one');
  });
});

describe("who may read", () => {
  const rules = parseReleaseRules("open=public,members=signed-in,closed=des|staff");
  const permissions = createPermissions(rules, { anonymous: true });
  const none = testUser("none");
  const des = testUser("des", { groups: ["x", "des"] });
  const staff = testUser("staff", { role: "priority", groups: ["staff"] });
  const admin = testUser("admin", { role: "admin" });

  it.each([
    ["unruled", ANONYMOUS, "yes"],
    ["open", ANONYMOUS, "yes"],
    ["members", ANONYMOUS, "sign-in"],
    ["members", none, "yes"],
    ["closed", ANONYMOUS, "sign-in"],
    ["closed", none, "no"],
    ["closed", des, "yes"],
    ["closed", staff, "yes"],
    ["closed", testUser("almost", { groups: ["de", "des2", "DES", ""] }), "no"],
    ["closed", admin, "yes"],
  ])("%s, %o: %s", (release, user, answer) => {
    expect(permissions.mayRead(user, release)).toBe(answer);
    const codes = { "sign-in": "unauthenticated", no: "forbidden" } as const;
    if (answer === "yes") expect(() => permissions.check(user, release)).not.toThrow();
    else
      expect(() => permissions.check(user, release)).toThrow(expect.objectContaining({ code: codes[answer as "no"] }));
  });

  it("does not say which groups", () => {
    expect(() => permissions.check(none, "closed")).toThrow(
      'Cannot read release "closed": it is open to members of certain groups only',
    );
  });

  test("is nobody in particular where anonymous use is switched off, and nothing is public then", () => {
    const known = createPermissions(rules, { anonymous: false });
    expect(["unruled", "open", "members", "closed"].map((id) => known.mayRead(ANONYMOUS, id))).toEqual(
      Array(4).fill("sign-in"),
    );
    expect(known.mayRead(none, "unruled")).toBe("yes");
    expect([known.ruleOf("open"), known.ruleOf("unruled")]).toEqual(["signed-in", "signed-in"]);
    expect([permissions.ruleOf("open"), permissions.ruleOf("unruled")]).toEqual(["public", "public"]);
  });
});

test("a rule for a release that there is not is refused at the start, with those there are", () => {
  const registry = { releases: [{ id: "des_dr2" }, { id: "lsst_dp1" }] } as unknown as SurveyRegistry;
  const start = (text: string) => () =>
    createReadingRights({ releaseAccess: parseReleaseRules(text), anonymousUse: true }, registry);
  expect(start("des_dr2=des")).not.toThrow();
  expect(start("des_dr3=des")).toThrow(
    'RECORTE_RELEASE_ACCESS has a rule for "des_dr3": it must be one of des_dr2, lsst_dp1',
  );
});
