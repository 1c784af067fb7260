import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ANONYMOUS, type User } from "../../../src/access/user.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import {
  beatHeart,
  claimResult,
  finishClaim,
  listHeld,
  registerWorker,
  releaseClaim,
  removeWorker,
  takeFromDead,
  type Claim,
  type Outcome,
} from "../../../src/jobs/claims.ts";
import type { Job } from "../../../src/jobs/job.ts";
import {
  ANA,
  BEN,
  circles,
  jobServices,
  openTestRecords,
  SECOND,
  type JobServicesUnderTest,
} from "../../support/job-services.ts";

let folder: string;
let services: JobServicesUnderTest;
/** Another connection, as another process has it. */
let other: RecordsDatabase;
let jobs: JobServicesUnderTest["jobs"];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recorte-claims-"));
  const path = join(folder, "records.sqlite");
  ({ jobs } = services = jobServices({ path }));
  other = openTestRecords(path);
  for (const id of ["one", "two"]) registerWorker(services.records, id, services.clock.value);
});
afterEach(() => {
  services.close();
  other.close();
  rmSync(folder, { recursive: true });
});

const queue = (results: number, owner: User = ANA): Promise<Job> =>
  jobs.create({ owner, parameters: circles(results), list: null, run: true });
const claim = (workerId = "one", records = services.records) =>
  claimResult(records, { workerId, now: services.clock.value });
const claimOne = (workerId = "one"): Claim => {
  const claimed = claim(workerId);
  if (claimed === null) throw new Error("Nothing to claim");
  return claimed;
};
const finish = (claimed: Claim, outcome: Outcome = done(100)) =>
  finishClaim(services.records, claimed, outcome, services.clock.value);
const storedBytes = (owner: string) =>
  services.records.sqlite.prepare("select stored_bytes from usage where owner = ?").pluck().get(owner);

function done(byteLength: number): Outcome {
  return {
    state: "DONE",
    file: { name: "a.fits", mediaType: "application/fits", byteLength, sha256: "00" },
    datasets: ["ivo://a/b?c"],
    missing: [],
    cost: { bytesToRead: 1, pixelsToDecode: 2 },
  };
}
const FAILED: Outcome = { state: "FAILED", failure: { code: "corrupt-data", message: "Error: Damaged" } };

describe("a claim", () => {
  test("takes the first waiting result, and the job is EXECUTING from then on", async () => {
    const { id } = await queue(2);
    services.clock.value += SECOND;
    expect(claimOne()).toMatchObject({ jobId: id, number: 1, recipe: [["CIRCLE", "0 0 1"]], attempts: 1, total: 2 });
    const startedAt = services.clock.value;
    services.clock.value += SECOND;
    expect(claimOne().number).toBe(2);
    expect(claim()).toBeNull();
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "EXECUTING", startedAt, progress: { running: 2 } });
  });

  test("is never made twice by two processes that take turns at random", async () => {
    const { id } = await queue(200);
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const claimed = Math.random() < 0.5 ? claim("one") : claim("two", other);
      expect(claimed).not.toBeNull();
      seen.add(claimed?.number ?? 0);
    }
    expect(seen.size).toBe(200);
    expect(claim("two", other)).toBeNull();
    expect((await jobs.get(id, ANA)).progress.running).toBe(200);
  });

  test("is not made of jobs that wait to be run, are over, or whose time is", async () => {
    await jobs.create({ owner: ANA, parameters: circles(1), list: null, run: false });
    const aborted = await queue(1);
    await jobs.abort(aborted.id, ANA);
    const old = await queue(1);
    await jobs.setDestruction(old.id, ANA, services.clock.value + SECOND);
    services.clock.value += SECOND;
    expect(claim()).toBeNull();
  });
});

describe("turns", () => {
  test("a user with 1000 results does not delay another's five", async () => {
    await queue(1000, ANA);
    for (let i = 0; i < 10; i++) claimOne();
    const { id } = await queue(5, BEN);
    const next = Array.from({ length: 10 }, () => claimOne().jobId === id);
    expect(next.filter((isBens) => isBens)).toHaveLength(5);
    expect(next.indexOf(true)).toBeLessThanOrEqual(1);
  });

  test("go round among owners, whatever the number of their jobs", async () => {
    for (let i = 0; i < 4; i++) await queue(10, ANA);
    await queue(10, BEN);
    const cora = { ...BEN, id: "cora" };
    await queue(10, cora);
    const counts = new Map<string, number>();
    for (let i = 0; i < 30; i++) {
      const { owner } = await jobs.get(claimOne().jobId, ANA).catch(() => ({ owner: "other" }));
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ ana: 10, other: 20 });
  });

  test("of one owner's jobs the oldest goes first", async () => {
    const first = await queue(1);
    services.clock.value += SECOND;
    const second = await queue(1);
    expect([claimOne().jobId, claimOne().jobId]).toEqual([first.id, second.id]);
  });

  test("the priority of the role comes before turns", async () => {
    await queue(3, ANONYMOUS);
    await queue(3, ANA);
    const { id } = await queue(3, { ...BEN, role: "priority" });
    expect([claimOne().jobId, claimOne().jobId, claimOne().jobId]).toEqual([id, id, id]);
    expect((await jobs.get(claimOne().jobId, ANA)).owner).toBe("ana");
  });
});

describe("the end of a result", () => {
  test("is recorded with its bytes, and the last one completes the job", async () => {
    const { id } = await queue(3);
    const claims = [claimOne(), claimOne(), claimOne()];
    expect(finish(claims[0], done(100))).toBe(true);
    expect(finish(claims[1], FAILED)).toBe(true);
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "EXECUTING", endedAt: null });
    services.clock.value += SECOND;
    expect(finish(claims[2], done(11))).toBe(true);
    const job = await jobs.get(id, ANA);
    expect(job).toMatchObject({ phase: "COMPLETED", endedAt: services.clock.value, error: null });
    expect(job.progress).toMatchObject({ done: 2, failed: 1, storedBytes: 111 });
    expect(storedBytes("ana")).toBe(111);
    const [first, second] = await jobs.results(id, ANA);
    expect(first).toMatchObject({ state: "DONE", message: null, datasets: ["ivo://a/b?c"] });
    expect(first.file).toEqual({ name: "a.fits", mediaType: "application/fits", byteLength: 100, sha256: "00" });
    expect(second).toMatchObject({ state: "FAILED", file: null, message: "Error: Damaged" });
  });

  test("counts once", async () => {
    await queue(2);
    const claimed = claimOne();
    expect([finish(claimed), finish(claimed)]).toEqual([true, false]);
    expect(storedBytes("ana")).toBe(100);
  });

  test.each([
    ["aborted", (id: string) => jobs.abort(id, ANA)],
    ["deleted", (id: string) => jobs.remove(id, ANA)],
  ])("changes nothing once the job is %s", async (_, end) => {
    const { id } = await queue(2);
    const claimed = claimOne();
    await end(id);
    expect(finish(claimed)).toBe(false);
    expect(storedBytes("ana")).toBe(0);
    expect(listHeld(services.records, "one", services.clock.value).size).toBe(0);
  });

  test("of an aborted job that runs again is not that of its first run", async () => {
    const { id } = await queue(1);
    const before = claimOne();
    await jobs.abort(id, ANA);
    await jobs.rerun(id, ANA);
    const after = claimOne(); // by the same worker, even
    expect(finish(before, FAILED)).toBe(false);
    expect(releaseClaim(services.records, before, { retryAt: null, counts: true })).toBe(false);
    expect(finish(after)).toBe(true);
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "COMPLETED", progress: { done: 1 } });
  });
});

describe("a result that is given back", () => {
  test("waits again, with its attempt counted or not", async () => {
    const { id } = await queue(1);
    releaseClaim(services.records, claimOne(), { retryAt: null, counts: false });
    expect((await jobs.result(id, ANA, 1)).attempts).toBe(0);
    releaseClaim(services.records, claimOne(), { retryAt: null, counts: true });
    expect((await jobs.result(id, ANA, 1)).attempts).toBe(1);
    expect(claimOne().attempts).toBe(2);
  });

  test("is no longer that of whoever gave it back", async () => {
    await queue(1);
    const before = claimOne("one");
    releaseClaim(services.records, before, { retryAt: null, counts: true });
    const after = claimOne("two");
    expect([finish(before), finish(after)]).toEqual([false, true]);
  });

  test("is not tried before its time", async () => {
    await queue(1);
    releaseClaim(services.records, claimOne(), { retryAt: services.clock.value + SECOND, counts: true });
    expect(claim()).toBeNull();
    services.clock.value += SECOND;
    expect(claim()).not.toBeNull();
  });
});

describe("the death of a worker", () => {
  const takeOver = (maxCrashes = 2) =>
    takeFromDead(other, {
      before: services.clock.value - 3 * SECOND,
      maxCrashes,
      pauseMilliseconds: 0,
      now: services.clock.value,
    });

  test("gives what it held to others, and not what others hold", async () => {
    const { id } = await queue(2);
    const lost = claimOne("one");
    const kept = claimOne("two");
    services.clock.value += 3 * SECOND;
    beatHeart(services.records, "two", services.clock.value);
    expect(takeOver()).toEqual([id]);
    expect(takeOver()).toEqual([]);
    expect(beatHeart(services.records, "one", services.clock.value)).toBe(false);
    const again = claimOne("two");
    expect(again).toMatchObject({ resultId: lost.resultId, attempts: 2, crashes: 1, takeovers: 1 });
    expect([finish(lost), finish(again), finish(kept)]).toEqual([false, true, true]);
    expect(storedBytes("ana")).toBe(200);
  });

  test("is noticed of one that took its leave without its results, too", async () => {
    await queue(1);
    claimOne();
    removeWorker(services.records, "one");
    expect(takeOver()).toHaveLength(1);
  });

  test("is survived by a result so many times, and then the result is given up", async () => {
    const { id } = await queue(1);
    for (let i = 0; i < 3; i++) {
      const name = `mortal ${i}`;
      registerWorker(services.records, name, services.clock.value);
      expect(claim(name)).not.toBeNull();
      services.clock.value += 4 * SECOND;
      takeOver(2);
    }
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "COMPLETED", progress: { failed: 1, running: 0 } });
    const { message } = await jobs.result(id, ANA, 1);
    expect(message).toBe("Error: The service was stopped 3 times while it worked on this, and gave it up");
    expect((await jobs.rerun(id, ANA)).phase).toBe("QUEUED");
    expect(claimOne("two")).toMatchObject({ attempts: 1, crashes: 0, takeovers: 3 });
  });
});

test("whatever happens in whatever order, usage is the sum of what is DONE, and a job ends when its results have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.nat(7)), { maxLength: 80 }), async (steps) => {
      const { sqlite } = services.records;
      sqlite.exec("delete from job; delete from usage; delete from worker");
      const ids: string[] = [];
      const claims: Claim[] = [];
      const beat = () => {
        for (const id of ["one", "two"]) {
          if (!beatHeart(services.records, id, services.clock.value))
            registerWorker(services.records, id, services.clock.value);
        }
      };
      beat();
      for (const [step, which] of steps) {
        const id = ids[which % Math.max(1, ids.length)];
        const owner = which % 2 === 0 ? ANA : BEN;
        const ownerOf = (jobId: string) =>
          sqlite.prepare("select owner from job where id = ?").pluck().get(jobId) === "ana" ? ANA : BEN;
        const claimed = claims[which % Math.max(1, claims.length)];
        services.clock.value += 500;
        if (step === 0 && ids.length < 4) ids.push((await queue(1 + which, owner)).id);
        else if (step <= 3) claims.push(...[claim(which % 2 === 0 ? "one" : "two")].filter((one) => one !== null));
        else if (step <= 5 && claimed !== undefined) finish(claimed, which === 7 ? FAILED : done(10 + which));
        else if (step === 6 && claimed !== undefined) {
          releaseClaim(services.records, claimed, { retryAt: null, counts: which % 2 === 0 });
        } else if (step === 7 && id !== undefined) await jobs.abort(id, ownerOf(id)).catch(() => undefined);
        else if (step === 8 && id !== undefined) await jobs.rerun(id, ownerOf(id)).catch(() => undefined);
        else if (step === 9 && which === 0 && id !== undefined)
          await jobs.remove(id, ownerOf(id)).catch(() => undefined);
        else if (step === 9) {
          takeFromDead(other, {
            before: services.clock.value - 2 * SECOND,
            maxCrashes: 2,
            pauseMilliseconds: 0,
            now: services.clock.value,
          });
          beat();
        }
        const wrong = sqlite
          .prepare(
            `select owner from usage u where stored_bytes <> (select coalesce(sum(r.byte_length), 0)
               from job_result r join job j on j.id = r.job_id where j.owner = u.owner and r.state = 'DONE')`,
          )
          .all();
        expect(wrong).toEqual([]);
        const unended = sqlite
          .prepare(
            `select phase from job j where (phase in ('QUEUED', 'EXECUTING')) <> exists
               (select 1 from job_result r where r.job_id = j.id and r.state in ('WAITING', 'RUNNING')) and phase <> 'ABORTED'`,
          )
          .all();
        expect(unended).toEqual([]);
        const negative = sqlite
          .prepare("select * from job_result where attempts < 0 or (state = 'RUNNING') <> (worker_id is not null)")
          .all();
        expect(negative).toEqual([]);
      }
    }),
    { numRuns: 40 },
  );
});
