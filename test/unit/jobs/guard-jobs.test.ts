import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPermissions } from "../../../src/access/permissions.ts";
import { parseReleaseRules } from "../../../src/access/release-access.ts";
import { ANONYMOUS } from "../../../src/access/user.ts";
import { guardJobs } from "../../../src/jobs/guard-jobs.ts";
import { releaseNameOf, releasesNamedBy } from "../../../src/jobs/job-releases.ts";
import type { JobService } from "../../../src/jobs/job-service.ts";
import { ANA, BEN, jobServices, type JobServicesUnderTest } from "../../support/job-services.ts";
import { testUser } from "../../support/users.ts";

let services: JobServicesUnderTest;
let jobs: JobService;
beforeEach(() => {
  services = jobServices();
  jobs = guardJobs(services.jobs, {
    permissions: createPermissions(parseReleaseRules("closed=staff"), { anonymous: true }),
    ownerOf: () => null,
    administration: { abort: () => Promise.resolve(false), remove: () => Promise.resolve() },
    audit: { record: () => undefined },
  });
});
afterEach(() => services.close());

describe("a job that names a closed release", () => {
  it.each(["closed", " closed ", "ivo://localhost/closed?a/g", "ivo://elsewhere/closed?"])(
    "by ID=%s is not made",
    async (id) => {
      const make = (owner = ANA) =>
        jobs.create({
          owner,
          parameters: [
            ["id", "open"],
            ["Id", id],
          ],
          list: null,
          run: false,
        });
      await expect(make()).rejects.toMatchObject({ code: "forbidden" });
      await expect(make(ANONYMOUS)).rejects.toMatchObject({ code: "unauthenticated" });
      expect((await make(testUser("member", { groups: ["staff"] }))).phase).toBe("PENDING");
      expect(await jobs.list(ANA, { phases: [], after: undefined, last: undefined })).toEqual([]);
    },
  );
});

it("another user's job is not there, for whatever is asked", async () => {
  const { id } = await jobs.create({ owner: ANA, parameters: [["ID", "open"]], list: null, run: false });
  const attempts: readonly (() => Promise<unknown>)[] = [
    () => jobs.get(id, BEN),
    () => jobs.setParameters(id, BEN, []),
    () => jobs.run(id, BEN),
    () => jobs.abort(id, BEN),
    () => jobs.rerun(id, BEN),
    () => jobs.remove(id, BEN),
    () => jobs.results(id, BEN),
    () => jobs.listResults(id, BEN),
    () => jobs.result(id, BEN, 1),
    () => jobs.resultNamed(id, BEN, "x.fits"),
    () => jobs.rows(id, BEN),
    () => jobs.setDestruction(id, BEN, 0),
    () => jobs.setExecutionDuration(id, BEN, 0),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: "not-found" });
  expect((await jobs.get(id, ANA)).phase).toBe("PENDING");
});

it("finds the releases that parameters name", () => {
  expect(
    releasesNamedBy([
      ["ID", "a"],
      ["id", " ivo://x/b?c "],
      ["POS", "d"],
      ["ID", "a"],
    ]),
  ).toEqual(["a", "b"]);
  expect([releaseNameOf("ivo://x/b"), releaseNameOf("ivo:b?c"), releaseNameOf("ivo://x/b?c?d/e")]).toEqual([
    null,
    null,
    "b",
  ]);
});
