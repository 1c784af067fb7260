import { describe, expect, test } from "vitest";
import { createLimitsOf, limitsByRole } from "../../../../src/access/limits/limits.ts";
import { LIMIT_NAMES, parseLimits, type LimitValues } from "../../../../src/access/limits/limit-values.ts";
import { createUserReader } from "../../../../src/access/accounts/accounts-user.ts";
import { createLimitsOfOwner } from "../../../../src/access/limits/owner-limits.ts";
import { ANONYMOUS } from "../../../../src/access/user.ts";
import { openTestRecords } from "../../../support/job-services.ts";
import { testUser } from "../../../support/users.ts";

const COMMON = {
  waits: 200,
  syncPixels: 100e6,
  syncSeconds: 60,
  jobRows: 10_000,
  jobPixels: 1e9,
  jobsActive: 10,
  jobsKept: 1000,
};

describe("the configuration of limits", () => {
  test("has names and values apart by commas; bytes with units, and none", () => {
    const text = "syncPixels=25000000, storedBytes=20GB,bytesPerDay = 1.5 GiB,requestsPerMinute=none,syncSeconds=0.5,";
    expect(parseLimits(text)).toEqual({
      syncPixels: 25_000_000,
      storedBytes: 20e9,
      bytesPerDay: 1.5 * 2 ** 30,
      requestsPerMinute: Infinity,
      syncSeconds: 0.5,
    });
    expect(parseLimits("")).toEqual({});
    expect(parseLimits("streams=0")).toEqual({ streams: 0 });
  });

  test.each([
    ["steams=3", /^it must have limits of requestsPerMinute, streams, .*storedBytes: "steams" is none$/],
    ["toString=3", /"toString" is none/],
    ["streams", /^it must have streams as a whole number, or as none: "" is not$/],
    ["streams=3,streams=4", /^it must have each limit once: streams is there twice$/],
    ["streams=2.5", /streams as a whole number/],
    ["streams=-1", /streams as a whole number/],
    ["streams=1e3", /streams as a whole number/],
    ["streams=2GB", /streams as a whole number/],
    [
      "storedBytes=20XB",
      /^it must have storedBytes as bytes, such as 1000000, 20GB or 512MiB, or as none: "20XB" is not$/,
    ],
    ["storedBytes=20toString", /storedBytes as bytes/],
    ["storedBytes=99999999999TB", /storedBytes as bytes/],
    ["syncSeconds=soon", /syncSeconds as seconds/],
    ["streams=NaN", /streams as a whole number/],
  ])("%s is wrong, and told what would be right", (text, message) => {
    expect(() => parseLimits(text)).toThrow(message);
  });
});

describe("what a user may have", () => {
  const byRole = limitsByRole(COMMON, { priority: { streams: 5 }, anonymous: { syncPixels: 7 } });
  const limitsOf = createLimitsOf(byRole);

  test("is what settings of their own give to every role, and the role's own before that", () => {
    expect(limitsOf(ANONYMOUS)).toMatchObject({ syncPixels: 7, jobsActive: 10 });
    expect(limitsOf(testUser("ana"))).toMatchObject({ syncPixels: 100e6, jobsActive: 10, streams: 256 });
    expect(limitsOf(testUser("eva", { role: "priority" }))).toMatchObject({ streams: 5, syncPixels: 100e6 });
  });

  test("of an administrator is limited in pixels, seconds and results of one job only", () => {
    const limits = limitsOf(testUser("root", { role: "admin" }));
    const finite = LIMIT_NAMES.filter((name) => limits[name] !== Infinity);
    expect(finite).toEqual(["syncPixels", "syncSeconds", "jobRows", "jobPixels"]);
  });

  test("is the user's own where that is set; without one nothing is made", () => {
    const own: Partial<LimitValues> = { streams: 1, storedBytes: Infinity };
    expect(limitsOf(testUser("ana", { limits: own }))).toEqual({ ...byRole.user, streams: 1, storedBytes: Infinity });
    expect(limitsOf(testUser("ana"))).toBe(byRole.user);
  });

  test("is read from the records for the owner of a job", () => {
    const records = openTestRecords();
    const insert = records.sqlite.prepare("insert into user (id, name, role, created_at) values (?, ?, ?, 0)");
    insert.run("u1", "eva", "priority");
    insert.run("u2", "ana", "user");
    const limit = records.sqlite.prepare("insert into user_limit (user_id, name, value) values (?, ?, ?)");
    limit.run("u2", "storedBytes", null);
    limit.run("u2", "jobsActive", 3);
    limit.run("u2", "of an older version", 3);
    const limitsOfOwner = createLimitsOfOwner(createUserReader(records), limitsOf);
    expect(limitsOfOwner("u1")).toBe(byRole.priority);
    expect(limitsOfOwner("u2")).toEqual({ ...byRole.user, storedBytes: Infinity, jobsActive: 3 });
    expect(limitsOfOwner("anonymous")).toBe(byRole.anonymous);
    expect(limitsOfOwner("nobody knows")).toBe(byRole.user);
    records.close();
  });
});
