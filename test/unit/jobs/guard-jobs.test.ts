import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AuditEntry } from "../../../src/access/audit.ts";
import { createPermissions } from "../../../src/access/permissions.ts";
import { parseReleaseRules } from "../../../src/access/release-access.ts";
import { ANONYMOUS, type User } from "../../../src/access/user.ts";
import { createJobAdministration } from "../../../src/jobs/administer-jobs.ts";
import { guardJobs } from "../../../src/jobs/guard-jobs.ts";
import { releaseNameOf, releasesNamedBy } from "../../../src/jobs/job-releases.ts";
import { findJob } from "../../../src/jobs/job-records.ts";
import type { JobService } from "../../../src/jobs/job-service.ts";
import { ANA, BEN, jobServices, type JobServicesUnderTest } from "../../support/job-services.ts";
import { testUser } from "../../support/users.ts";

let services: JobServicesUnderTest;
let jobs: JobService;
let audited: AuditEntry[];
beforeEach(() => {
  services = jobServices();
  audited = [];
  jobs = guardJobs(services.jobs, {
    permissions: createPermissions(parseReleaseRules("closed=staff"), { anonymous: true }),
    ownerOf: (id) => findJob(services.records, id, services.now())?.owner ?? null,
    administration: createJobAdministration(services),
    audit: { record: (entry) => audited.push(entry) },
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

describe("the log of audit", () => {
  const address = "192.0.2.7";
  const make = async (owner: User) =>
    (await jobs.create({ owner, parameters: [["ID", "open"]], list: null, run: false })).id;

  it("has one entry for each job that its owner, a service, nobody or an administrator deleted", async () => {
    const [own, served, nobodys, others] = [await make(ANA), await make(ANA), await make(ANONYMOUS), await make(ANA)];
    const actor = { id: "portal", name: "Portal" };
    const root = testUser("root", { role: "admin", administers: true });
    await jobs.remove(own, ANA, { actor: null, address });
    await expect(jobs.remove(own, ANA, { actor: null, address })).rejects.toMatchObject({ code: "not-found" });
    await expect(jobs.remove(served, BEN, { actor: null, address })).rejects.toMatchObject({ code: "not-found" });
    await jobs.remove(served, ANA, { actor, address });
    await jobs.remove(nobodys, ANONYMOUS, { actor: null, address });
    await jobs.remove(others, root, { actor: null, address });
    const action = "job-deleted";
    expect(audited).toEqual([
      { actor: ANA.id, actorName: ANA.name, action, subject: own, detail: { owner: ANA.id }, address },
      { actor: "portal", actorName: "Portal", action, subject: served, detail: { owner: ANA.id }, address },
      { actor: null, actorName: "anonymous", action, subject: nobodys, detail: { owner: "anonymous" }, address },
      { actor: root.id, actorName: root.name, action, subject: others, detail: { owner: ANA.id }, address },
    ]);
  });

  it("has one for two who delete a job at once, and for one whose files cannot be removed", async () => {
    const [twice, stuck] = [await make(ANA), await make(ANA)];
    const ends = await Promise.allSettled([jobs.remove(twice, ANA), jobs.remove(twice, ANA)]);
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    services.results.removeJob = () => Promise.reject(new Error("disk"));
    await expect(jobs.remove(stuck, ANA)).rejects.toThrow("disk");
    expect(audited.map(({ action, subject }) => [action, subject])).toEqual([
      ["job-deleted", twice],
      ["job-deleted", stuck],
    ]);
  });

  it("has an abort, and none of what had ended before", async () => {
    const id = await make(ANA);
    await jobs.abort(id, ANA, { actor: null, address });
    await jobs.abort(id, ANA, { actor: null, address });
    expect(audited).toMatchObject([{ actor: ANA.id, action: "job-aborted", subject: id, address }]);
  });
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
