import { afterEach, beforeEach, expect, test } from "vitest";
import { createJobAdministration } from "../../../src/jobs/administer-jobs.ts";
import { jobChangesOf } from "../../../src/jobs/job-changes.ts";
import { ANA, circles, jobServices, openTestRecords, type JobServicesUnderTest } from "../../support/job-services.ts";

let services: JobServicesUnderTest;
beforeEach(() => {
  const records = openTestRecords();
  services = jobServices({ records, changes: jobChangesOf(records) });
});
afterEach(() => services.close());

const administration = () => {
  const { records, results, now } = services;
  return createJobAdministration({ records, results, changes: jobChangesOf(records), now });
};

test("who waits for a job hears at once that an administrator has aborted it, and why", async () => {
  const { id } = await services.jobs.create({ owner: ANA, parameters: circles(2), list: null, run: true });
  const waiting = services.jobs.waitForPhaseChange(id, ANA, {
    ...{ phase: "QUEUED", seconds: 60 },
    signal: AbortSignal.timeout(10_000),
  });
  expect(await administration().abort(id)).toBe(true);
  const job = await waiting;
  expect(job.phase).toBe("ABORTED");
  expect(job.error).toEqual({ kind: "fatal", message: "Error: An administrator has aborted the job" });
  expect(await administration().abort(id)).toBe(false);
});

test("a job that is removed is gone for its owner, and one that is not there is not found", async () => {
  const { id } = await services.jobs.create({ owner: ANA, parameters: circles(1), list: null, run: true });
  services.results.files.set(`${id}/a.fits`, new Uint8Array(1));
  await administration().remove(id);
  await expect(services.jobs.get(id, ANA)).rejects.toMatchObject({ code: "not-found" });
  expect(services.results.files.size).toBe(0);
  await expect(administration().remove(id)).rejects.toMatchObject({ code: "not-found" });
  await expect(administration().abort("none")).rejects.toMatchObject({ code: "not-found" });
});
