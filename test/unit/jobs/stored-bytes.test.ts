import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ANONYMOUS, type User } from "../../../src/access/user.ts";
import type { Cutout } from "../../../src/cutout/cutout.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import type { ServiceError } from "../../../src/errors.ts";
import {
  claimResult,
  finishClaim,
  registerWorker,
  releaseClaim,
  takeFromDead,
  type Claim,
} from "../../../src/jobs/claims.ts";
import { listWrongUsage } from "../../../src/jobs/collector-records.ts";
import { createJobChanges } from "../../../src/jobs/job-changes.ts";
import { reserveResult } from "../../../src/jobs/reserve-result.ts";
import { startWorker, type JobWorker } from "../../../src/jobs/worker.ts";
import {
  ANA,
  BEN,
  circles,
  jobServices,
  LIMITS,
  openTestRecords,
  type JobServicesUnderTest,
} from "../../support/job-services.ts";

const SIZE = 1000;
const NONE = Infinity;

let folder: string;
let path: string;
let services: JobServicesUnderTest;
let jobs: JobServicesUnderTest["jobs"];
const workers: JobWorker[] = [];
const others: RecordsDatabase[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recorte-stored-"));
  path = join(folder, "records.sqlite");
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  for (const records of others.splice(0)) records.close();
  services.close();
  rmSync(folder, { recursive: true });
});

function begin(limits: Partial<typeof LIMITS> = {}): void {
  services = jobServices({ path, now: Date.now, limits: { ...LIMITS, maxActiveJobs: 1000, maxJobs: 1000, ...limits } });
  ({ jobs } = services);
}

/** Another connection, as another process has it. */
function openOther(): RecordsDatabase {
  const records = openTestRecords(path);
  others.push(records);
  return records;
}

const queue = (results: number, owner: User = ANA, client: string | null = null) =>
  jobs.create({ owner, client, parameters: circles(results), list: null, run: true });

type Sums = { stored: number; reserved: number };

/** What the owners have on record, which is what their results have. */
function sums(records = services.records): Sums {
  expect(listWrongUsage(records)).toEqual([]);
  const { sqlite } = records;
  expect(
    sqlite.prepare("select count(*) from job_result where reserved_bytes > 0 and state <> 'RUNNING'").pluck().get(),
  ).toBe(0);
  const all = sqlite.prepare("select total(stored_bytes) as stored, total(reserved_bytes) as reserved from usage");
  return all.get() as Sums;
}

function startWorkers(count: number, limits: { storedBytes: number; jobBytes: number }, bytes = SIZE): void {
  for (let i = 0; i < count; i++) {
    const records = openOther();
    const worker = startWorker({
      records,
      results: services.results,
      changes: createJobChanges({ records, pollMilliseconds: 20 }),
      openRecipe: () => Promise.resolve(slowCutout(bytes)),
      limitsOfOwner: () => limits,
      gate: { turn: () => Promise.resolve() },
      retry: { maxAttempts: 1, maxStoreAttempts: 1, maxCrashes: 1, firstPauseMilliseconds: 5, maxPauseMilliseconds: 5 },
      concurrency: 4,
      leaseSeconds: 30,
      now: Date.now,
      log: () => undefined,
    });
    workers.push(worker);
  }
}

/** Called by each cutout while it is made. */
let look: () => void = () => undefined;
afterEach(() => void (look = () => undefined));

/** Its file takes some moments, in which others do the same. */
function slowCutout(byteLength: number, dispose = () => undefined as void): Cutout {
  const open = async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    look();
    return new Uint8Array(byteLength);
  };
  const cost = { outputBytes: byteLength, outputPixels: 1, tiles: 1, bytesToRead: 1, pixelsToDecode: 1 };
  const facts = { mediaType: "application/fits", fileName: "cut.fits", etag: '"x"', datasets: [], missing: [] };
  return { ...facts, byteLength, cost, open, dispose };
}

const finished = (id: string, owner = ANA) =>
  vi.waitFor(async () => expect((await jobs.get(id, owner)).phase).toBe("COMPLETED"), { timeout: 8000, interval: 5 });

describe("stored bytes", () => {
  test("never pass the limit, however many workers of however many processes store at once", async () => {
    begin();
    const limit = 37 * SIZE + 500;
    const ids = await Promise.all([queue(40), queue(40), queue(20)].map(async (job) => (await job).id));
    const seen: number[] = [];
    look = () => {
      const { stored, reserved } = sums(services.records);
      seen.push(stored + reserved);
    };
    startWorkers(3, { storedBytes: limit, jobBytes: NONE });
    for (const id of ids) await finished(id);
    expect(seen.length).toBeGreaterThanOrEqual(37);
    expect(Math.max(...seen)).toBeLessThanOrEqual(limit);
    expect(sums()).toEqual({ stored: 37 * SIZE, reserved: 0 });
    const results = (await Promise.all(ids.map((id) => jobs.results(id, ANA)))).flat();
    expect(results.filter(({ state }) => state === "DONE")).toHaveLength(37);
    const refused = results.filter(({ state }) => state === "FAILED");
    expect(refused).toHaveLength(63);
    expect(refused.at(-1)?.message).toBe(
      `UsageError: Cannot keep this result of 1 kB (1000 bytes): 37 kB of the 37.5 kB (37500 bytes) that you may keep are used; ` +
        "delete jobs that are no longer needed, then POST to this job's /rerun",
    );
    expect([...services.results.files.keys()]).toHaveLength(37);
  });

  test("that do not fit can be made when others were deleted", async () => {
    begin({ storedBytes: 10 * SIZE });
    const first = (await queue(8)).id;
    startWorkers(1, { storedBytes: 10 * SIZE, jobBytes: NONE });
    await finished(first);
    const second = (await queue(5)).id;
    await finished(second);
    expect((await jobs.get(second, ANA)).progress).toMatchObject({ done: 2, failed: 3 });
    await jobs.remove(first, ANA);
    expect(sums()).toEqual({ stored: 2 * SIZE, reserved: 0 });
    await jobs.rerun(second, ANA);
    await vi.waitFor(async () => expect((await jobs.get(second, ANA)).progress.done).toBe(5));
    expect(sums()).toEqual({ stored: 5 * SIZE, reserved: 0 });
  });

  test("of one result that never fits are told as that", async () => {
    begin();
    const { id } = await queue(1);
    startWorkers(1, { storedBytes: SIZE - 1, jobBytes: NONE });
    await finished(id);
    expect((await jobs.result(id, ANA, 1)).message).toMatch(
      /results of 999 bytes are all that you may keep; ask for a smaller/,
    );
  });

  test("of a full store keep jobs from being made, run and run again, and say when something goes by itself", async () => {
    begin({ storedBytes: 3 * SIZE });
    const { id } = await queue(3);
    const pending = await jobs.create({ owner: ANA, parameters: circles(1), list: null, run: false });
    startWorkers(1, { storedBytes: 3 * SIZE, jobBytes: NONE });
    await finished(id);
    const lifetime = LIMITS.lifetimeSeconds;
    const refusal = await queue(1).catch((error: unknown) => error as ServiceError);
    expect(refusal).toMatchObject({ code: "too-many" });
    expect((refusal as ServiceError).message).toContain(
      "3 kB of the 3 kB (3000 bytes) that you may keep are used; delete jobs",
    );
    expect((refusal as ServiceError).retryAfterSeconds).toBeGreaterThan(lifetime - 60);
    expect((refusal as ServiceError).retryAfterSeconds).toBeLessThanOrEqual(lifetime);
    await expect(jobs.run(pending.id, ANA)).rejects.toMatchObject({ code: "too-many" });
    await expect(jobs.create({ owner: ANA, parameters: circles(1), list: null, run: false })).rejects.toMatchObject({
      code: "too-many",
    });
    await queue(1, BEN); // has room of his own
    await jobs.remove(id, ANA);
    await jobs.run(pending.id, ANA);
  });
});

test("the bytes of one job never pass their limit, whatever else its owner has", async () => {
  begin();
  const [one, two] = [(await queue(10)).id, (await queue(3)).id];
  startWorkers(3, { storedBytes: NONE, jobBytes: 4 * SIZE });
  await finished(one);
  await finished(two);
  expect((await jobs.get(one, ANA)).progress).toMatchObject({ done: 4, failed: 6 });
  expect((await jobs.get(two, ANA)).progress).toMatchObject({ done: 3, failed: 0 });
  const failed = (await jobs.results(one, ANA)).find(({ state }) => state === "FAILED");
  expect(failed?.message).toMatch(
    /the job has 4 kB of the 4 kB \(4000 bytes\) that one job may have; .* further jobs$/,
  );
});

test("one result that is larger than a whole job may be is told as that: further jobs would be no help", async () => {
  begin();
  const { id } = await queue(1);
  startWorkers(1, { storedBytes: NONE, jobBytes: SIZE - 1 });
  await finished(id);
  expect((await jobs.result(id, ANA, 1)).message).toBe(
    "UsageError: Cannot keep this result of 1 kB (1000 bytes): one job may have 999 bytes; ask for a smaller shape",
  );
});

test("sums agree after every step, whoever dies, aborts, deletes or runs again in between", async () => {
  begin();
  const records = [services.records, openOther(), openOther()];
  let state = Number(process.env.RECORTE_SEED ?? 11);
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)];
  const limits = { storedBytes: 30 * SIZE, jobBytes: 20 * SIZE };
  const held: { claim: Claim; bytes: number; in: RecordsDatabase }[] = [];
  const names = ["w0", "w1", "w2"];
  const ids: { id: string; owner: User }[] = [];
  let now = Date.now();
  for (const name of names) registerWorker(services.records, name, now);
  const seen = { refused: 0, done: 0, taken: 0, lost: 0 };
  for (let step = 0; step < 1500; step++) {
    now += 1;
    const where = pick(records);
    const action = random();
    if (action < 0.05 && ids.length < 30) {
      const owner = pick([ANA, BEN]);
      ids.push({ id: (await queue(1 + Math.floor(random() * 8), owner)).id, owner });
    } else if (action < 0.45) {
      const claim = claimResult(where, { workerId: pick(names), now });
      if (claim !== null) {
        const byteLength = Math.floor(random() * 3 * SIZE);
        try {
          if (reserveResult(where, claim, { byteLength, limits })) held.push({ claim, bytes: byteLength, in: where });
        } catch (error) {
          expect(error).toMatchObject({ code: "over-limit" });
          const failure = { code: "over-limit", message: "full" } as const;
          finishClaim(where, claim, { state: "FAILED", failure }, now);
          seen.refused++;
        }
      }
    } else if (action < 0.75 && held.length > 0) {
      const [one] = held.splice(Math.floor(random() * held.length), 1);
      const file = { name: `f${step}`, mediaType: "x", byteLength: one.bytes, sha256: "0" };
      const how = random();
      const cost = { bytesToRead: 1, pixelsToDecode: 1 };
      const failure = { code: "corrupt-data", message: "bad" } as const;
      const kept =
        how < 0.6
          ? finishClaim(one.in, one.claim, { state: "DONE", file, datasets: [], missing: [], cost }, now)
          : how < 0.8
            ? finishClaim(one.in, one.claim, { state: "FAILED", failure }, now)
            : releaseClaim(one.in, one.claim, { retryAt: null, counts: true });
      if (kept) seen.done++;
      else seen.lost++;
    } else if (action < 0.8) {
      // One of them dies; it comes back under another name.
      const at = Math.floor(random() * names.length);
      where.sqlite.prepare("update worker set heartbeat_at = 0 where id = ?").run(names[at]);
      seen.taken += takeFromDead(where, { before: 1, maxCrashes: 2, pauseMilliseconds: 0, now }).length;
      registerWorker(where, (names[at] = `w${step}`), now);
    } else if (ids.length > 0) {
      const { id, owner } = pick(ids);
      if (action < 0.87) await jobs.abort(id, owner);
      else if (action < 0.95) await jobs.rerun(id, owner).catch(() => undefined);
      else {
        await jobs.remove(id, owner);
        ids.splice(
          ids.findIndex((job) => job.id === id),
          1,
        );
      }
    }
    const { stored, reserved } = sums(pick(records));
    expect(stored + reserved).toBeLessThanOrEqual(2 * limits.storedBytes);
    const most = services.records.sqlite.prepare("select max(stored_bytes + reserved_bytes) from usage").pluck().get();
    expect(most ?? 0).toBeLessThanOrEqual(limits.storedBytes);
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5); // else nothing was tried
});

describe("jobs that wait or run", () => {
  test("a hundred at once at the edge never pass the limit", async () => {
    begin({ maxActiveJobs: 7, maxJobs: 1000 });
    const made = await Promise.allSettled(Array.from({ length: 100 }, () => queue(1)));
    expect(made.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
    const refused = made.find(({ status }) => status === "rejected") as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: "too-many" });
    expect(await jobs.list(ANA, { phases: [], after: undefined, last: undefined })).toHaveLength(7);
  });

  test("of nobody are so many of one address, of IPv6 one network, and so many of all together", async () => {
    begin({ maxActiveJobs: 2, maxActiveAnonymousJobs: 5 });
    const ask = (client: string) =>
      queue(1, ANONYMOUS, client).then(
        () => "made",
        (error: ServiceError) => error.message,
      );
    expect(await ask("192.0.2.1")).toBe("made");
    expect(await ask("192.0.2.1")).toBe("made");
    expect(await ask("192.0.2.1")).toContain("2 jobs of your address are waiting or running, which is the most");
    expect(await ask("2001:db8:1:2::1")).toBe("made");
    expect(await ask("2001:db8:1:2::2")).toBe("made");
    expect(await ask("2001:db8:1:2::3")).toContain("of your address");
    expect(await ask("192.0.2.2")).toBe("made");
    expect(await ask("192.0.2.3")).toContain("5 jobs of users who have not signed in are waiting or running");
    await queue(1);
  });
});

test("what is known of the address of a user who signed in is not kept with the job", async () => {
  begin();
  await queue(1, ANA, "192.0.2.1");
  await queue(1, ANONYMOUS, "2001:db8:1:2:3::1");
  const clients = services.records.sqlite.prepare("select owner, client from job order by owner").all();
  expect(clients).toEqual([
    { owner: "ana", client: null },
    { owner: "anonymous", client: "2001:db8:1:2::/64" },
  ]);
});

test("a cutout that is not kept gives its images back", async () => {
  begin();
  const { id } = await queue(1);
  const dispose = vi.fn();
  const records = openOther();
  const worker = startWorker({
    ...services,
    records,
    changes: createJobChanges({ records, pollMilliseconds: 20 }),
    openRecipe: () => Promise.resolve(slowCutout(SIZE, dispose)),
    limitsOfOwner: () => ({ storedBytes: 1, jobBytes: NONE }),
    gate: { turn: () => Promise.resolve() },
    retry: { maxAttempts: 3, maxStoreAttempts: 1, maxCrashes: 1, firstPauseMilliseconds: 5, maxPauseMilliseconds: 5 },
    concurrency: 1,
    leaseSeconds: 30,
    log: () => undefined,
  });
  workers.push(worker);
  await finished(id);
  expect(dispose).toHaveBeenCalledTimes(1);
  expect((await jobs.result(id, ANA, 1)).state).toBe("FAILED");
});
