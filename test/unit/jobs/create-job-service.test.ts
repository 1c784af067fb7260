import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ANONYMOUS } from "../../../src/access/user.ts";
import { ServiceError, type ErrorCode } from "../../../src/errors.ts";
import type { JobPhase, ParameterList } from "../../../src/jobs/job.ts";
import {
  ANA,
  BEN,
  circles,
  DAY,
  jobServices,
  LIMITS,
  SECOND,
  type JobServicesUnderTest,
} from "../../support/job-services.ts";

let services: JobServicesUnderTest;
let jobs: JobServicesUnderTest["jobs"];
beforeEach(() => ({ jobs } = services = jobServices()));
afterEach(() => services.close());

const create = (parameters: ParameterList = circles(2), run = false, owner = ANA) =>
  jobs.create({ owner, parameters, list: null, run });

/** As if something had happened that this service does not do itself. */
function setPhase(id: string, phase: JobPhase): void {
  services.records.sqlite.prepare("update job set phase = ? where id = ?").run(phase, id);
}
function setStates(id: string, state: string, numbers: readonly number[]): void {
  const update = services.records.sqlite.prepare("update job_result set state = ? where job_id = ? and number = ?");
  for (const number of numbers) update.run(state, id, number);
}

async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | "none"> {
  try {
    await promise;
    return "none";
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
}

describe("a new job", () => {
  test("is PENDING, has its parameters as they came, and lives for the time that is configured", async () => {
    const parameters: ParameterList = [
      ["circle", "1 2 3"],
      ["RunID", "run 7"],
      ["Circle", "4 5 6"],
    ];
    const job = await create(parameters);
    expect(job).toMatchObject({ owner: "ana", phase: "PENDING", parameters, runId: "run 7", extensionsLeft: 2 });
    expect(job.destructionAt - job.createdAt).toBe(14 * DAY);
    expect(job.progress.total).toBe(0);
    expect(await jobs.get(job.id, ANA)).toEqual(job);
  });

  test("has an id of 130 random bits", async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await create()).id));
    expect(new Set(ids).size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^[a-z2-7]{26}$/);
  });

  test("UWS-21: runs at once where it is asked to", async () => {
    const job = await create(circles(3), true);
    expect(job).toMatchObject({ phase: "QUEUED", queuedAt: services.clock.value });
    expect(job.progress).toMatchObject({ total: 3, waiting: 3 });
    expect((await jobs.results(job.id, ANA)).map(({ recipe }) => recipe)).toEqual([
      [["CIRCLE", "0 0 1"]],
      [["CIRCLE", "1 0 1"]],
      [["CIRCLE", "2 0 1"]],
    ]);
  });

  test("SODA-35: is refused where it is to run at once and cannot, and leaves nothing", async () => {
    expect(await codeOf(create([["ID", "none"]], true))).toBe("usage");
    expect(await codeOf(create(circles(LIMITS.maxResults + 1), true))).toBe("over-limit");
    expect(await jobs.list(ANA, { phases: [], after: undefined, last: undefined })).toEqual([]);
  });

  test("keeps the rows of its list, and runs from them later", async () => {
    const rows = [7, 8].map((raDegrees, i) => ({
      number: i + 1,
      id: `star ${i}`,
      position: { raDegrees, decDegrees: -1.5 },
      overrides: [["FILTER", "g"]] as const,
      columns: { RA: `${raDegrees}`, note: "ñ" },
    }));
    const { id } = await jobs.create({ owner: ANA, parameters: [], list: { rows }, run: false });
    expect(await jobs.rows(id, ANA)).toEqual(rows.map(({ number, id, columns }) => ({ number, id, columns })));
    await jobs.run(id, ANA);
    const results = await jobs.results(id, ANA);
    expect(results.map(({ rowNumber }) => rowNumber)).toEqual([1, 2]);
    expect(results[1].recipe).toEqual([["CIRCLE", "8 -1.5 1"]]);
  });

  test("UWS-28/29: takes its end and how long it may run from the request that makes it", async () => {
    const job = await create([["Destruction", "2026-01-05T00:00:00Z"], ["EXECUTIONDURATION", "600"], ...circles(1)]);
    const at = Date.UTC(2026, 0, 5);
    expect(job).toMatchObject({ destructionAt: at, executionDurationSeconds: 600, parameters: circles(1) });
    const late = await create([["DESTRUCTION", "2026-01-20"]], true);
    expect(late).toMatchObject({ destructionAt: Date.UTC(2026, 0, 20), extensionsLeft: 1, parameters: [] });
    for (const [name, value] of [
      ["DESTRUCTION", "soon"],
      ["EXECUTIONDURATION", "-1"],
    ]) {
      expect(await codeOf(create([[name, value]]))).toBe("usage");
    }
    const twice = [1, 2].map(() => ["EXECUTIONDURATION", "5"] as const);
    expect(await codeOf(create(twice))).toBe("usage");
  });

  test("a RUNID of more than 64 characters is refused", async () => {
    expect(await codeOf(create([["RUNID", "x".repeat(65)]]))).toBe("usage");
  });
});

describe("whose a job is", () => {
  test("AUTH-9: another user's job is not there, whatever is asked of it", async () => {
    const { id } = await create();
    const signal = new AbortController().signal;
    const all = [
      jobs.get(id, BEN),
      jobs.get(id, ANONYMOUS),
      jobs.run(id, BEN),
      jobs.abort(id, BEN),
      jobs.rerun(id, BEN),
      jobs.remove(id, BEN),
      jobs.setParameters(id, BEN, []),
      jobs.setDestruction(id, BEN, 0),
      jobs.setExecutionDuration(id, BEN, 0),
      jobs.results(id, BEN),
      jobs.result(id, BEN, 1),
      jobs.rows(id, BEN),
      jobs.waitForPhaseChange(id, BEN, { phase: "PENDING", seconds: 1, signal }),
    ];
    expect(await Promise.all(all.map(codeOf))).toEqual(all.map(() => "not-found"));
    expect((await jobs.get(id, ANA)).phase).toBe("PENDING");
  });

  test("nobody's job is reached by its address, and never listed", async () => {
    const { id } = await create(circles(1), false, ANONYMOUS);
    expect((await jobs.get(id, BEN)).id).toBe(id);
    expect(await jobs.list(ANONYMOUS, { phases: [], after: undefined, last: undefined })).toEqual([]);
  });

  test("UWS-35..37: the list is one's own, newest first, by phase, instant and number", async () => {
    const made: string[] = [];
    for (let i = 0; i < 4; i++) {
      services.clock.value += SECOND;
      made.unshift((await create()).id);
    }
    await create(circles(1), false, BEN);
    setPhase(made[0], "ARCHIVED");
    setPhase(made[1], "ABORTED");
    const idsOf = async (filter: object) =>
      (await jobs.list(ANA, { phases: [], after: undefined, last: undefined, ...filter })).map(({ id }) => id);
    expect(await idsOf({})).toEqual(made.slice(1));
    expect(await idsOf({ phases: ["ARCHIVED"] })).toEqual([made[0]]);
    expect(await idsOf({ phases: ["ARCHIVED", "ABORTED"] })).toEqual(made.slice(0, 2));
    expect(await idsOf({ last: 1 })).toEqual([made[1]]);
    expect(await idsOf({ last: 0 })).toEqual([]);
    expect(await idsOf({ after: services.clock.value - 2 * SECOND })).toEqual([made[1]]);
    expect(await idsOf({ phases: ["PENDING"], last: 1 })).toEqual([made[2]]);
  });
});

describe("parameters", () => {
  test("UWS-23: of a PENDING job are replaced by name, in any case", async () => {
    const { id } = await create([
      ["ID", "a"],
      ["circle", "1 1 1"],
      ["circle", "2 2 2"],
    ]);
    const job = await jobs.setParameters(id, ANA, [
      ["CIRCLE", "3 3 3"],
      ["RUNID", "later"],
    ]);
    expect(job.parameters).toEqual([
      ["ID", "a"],
      ["CIRCLE", "3 3 3"],
      ["RUNID", "later"],
    ]);
    expect(job.runId).toBe("later");
  });

  test("are no way to set how long a job may run, or stays", async () => {
    const { id } = await create();
    for (const name of ["Destruction", "EXECUTIONDURATION"]) {
      expect(await codeOf(jobs.setParameters(id, ANA, [[name, "2026-01-05"]]))).toBe("usage");
    }
    expect((await jobs.get(id, ANA)).parameters).toEqual(circles(2));
  });

  test("UWS-25: of any other are not", async () => {
    const { id } = await create(circles(1), true);
    expect(await codeOf(jobs.setParameters(id, ANA, [["ID", "a"]]))).toBe("wrong-phase");
  });

  test("that change while they are expanded are not run as they were", async () => {
    services.close();
    ({ jobs } = services = jobServices({
      expand: async (parameters) => {
        if (parameters.length === 1) await jobs.setParameters(id, ANA, circles(2));
        return [];
      },
    }));
    const { id } = await create(circles(1));
    expect(await codeOf(jobs.run(id, ANA))).toBe("wrong-phase");
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "PENDING", parameters: circles(2) });
  });
});

describe("run", () => {
  test("UWS-19: queues a PENDING job", async () => {
    const { id } = await create();
    expect(await jobs.run(id, ANA)).toMatchObject({ phase: "QUEUED", progress: { total: 2, waiting: 2 } });
  });

  test("queues a HELD job", async () => {
    const { id } = await create(circles(2), true);
    setPhase(id, "HELD");
    expect(await jobs.run(id, ANA)).toMatchObject({ phase: "QUEUED", progress: { total: 2 } });
    const other = await create();
    setPhase(other.id, "HELD");
    expect(await jobs.run(other.id, ANA)).toMatchObject({ phase: "QUEUED", progress: { total: 2 } });
  });

  test.each(["QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED", "ARCHIVED"] as const)(
    "UWS-26: is forbidden in phase %s",
    async (phase) => {
      const { id } = await create();
      setPhase(id, phase);
      expect(await codeOf(jobs.run(id, ANA))).toBe("wrong-phase");
      expect((await jobs.get(id, ANA)).phase).toBe(phase);
    },
  );

  test("SODA-35, UWS-44: ends in ERROR where the parameters make no sense together", async () => {
    const { id } = await create([["ID", "none"]]);
    const job = await jobs.run(id, ANA);
    expect(job).toMatchObject({ phase: "ERROR", endedAt: services.clock.value });
    expect(job.error).toEqual({ kind: "fatal", message: 'UsageError: Cannot find release "none"' });
  });

  test("leaves the job PENDING where the service is at fault", async () => {
    services.close();
    ({ jobs } = services = jobServices({ expand: () => Promise.reject(new ServiceError("unavailable", "No disk")) }));
    const { id } = await create();
    expect(await codeOf(jobs.run(id, ANA))).toBe("unavailable");
    expect((await jobs.get(id, ANA)).phase).toBe("PENDING");
  });

  test("a job of no combination is COMPLETED at once", async () => {
    const now = services.clock.value;
    expect(await create([], true)).toMatchObject({ phase: "COMPLETED", startedAt: now, endedAt: now });
    const { id } = await create([]);
    expect((await jobs.run(id, ANA)).phase).toBe("COMPLETED");
  });

  test("asked for many times at once runs once", async () => {
    const { id } = await create();
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(jobs.run(id, ANA))));
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    expect((await jobs.get(id, ANA)).progress.total).toBe(2);
  });

  test("a user has so many jobs waiting or running, and no more", async () => {
    for (let i = 0; i < LIMITS.maxActiveJobs; i++) await create(circles(1), true);
    expect(await codeOf(create(circles(1), true))).toBe("too-many");
    const { id } = await create();
    expect(await codeOf(jobs.run(id, ANA))).toBe("too-many");
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "PENDING", progress: { total: 0 } });
    expect((await create(circles(1), true, BEN)).phase).toBe("QUEUED");
  });

  test("all who have not signed in have so many together", async () => {
    for (let i = 0; i < LIMITS.maxActiveAnonymousJobs; i++) await create(circles(1), true, ANONYMOUS);
    expect(await codeOf(create(circles(1), true, ANONYMOUS))).toBe("too-many");
  });

  test("so many jobs are kept, and no more", async () => {
    for (let i = 0; i < LIMITS.maxJobs; i++) await create();
    expect(await codeOf(create())).toBe("too-many");
  });
});

describe("abort", () => {
  test.each(["PENDING", "HELD", "QUEUED", "EXECUTING", "SUSPENDED"] as const)(
    "UWS-20: ends a job in %s",
    async (phase) => {
      const { id } = await create(circles(3), true);
      setPhase(id, phase);
      setStates(id, "RUNNING", [1]);
      setStates(id, "DONE", [2]);
      const job = await jobs.abort(id, ANA);
      expect(job).toMatchObject({ phase: "ABORTED", endedAt: services.clock.value, error: null });
      expect(job.progress).toMatchObject({ waiting: 2, running: 0, done: 1 });
    },
  );

  test.each(["COMPLETED", "ERROR", "ABORTED", "ARCHIVED"] as const)("does nothing to a job in %s", async (phase) => {
    const { id } = await create();
    setPhase(id, phase);
    const before = await jobs.get(id, ANA);
    services.clock.value += SECOND;
    expect(await jobs.abort(id, ANA)).toEqual(before);
  });
});

describe("rerun", () => {
  test("queues what failed and what was left undone; what is done stays", async () => {
    const { id } = await create(circles(5), true);
    setStates(id, "DONE", [1, 2]);
    setStates(id, "FAILED", [3]);
    setStates(id, "EMPTY", [4]);
    setPhase(id, "ABORTED");
    services.clock.value += SECOND;
    const job = await jobs.rerun(id, ANA);
    expect(job).toMatchObject({ phase: "QUEUED", queuedAt: services.clock.value, startedAt: null, endedAt: null });
    expect(job.progress).toMatchObject({ done: 2, empty: 1, waiting: 2, failed: 0 });
  });

  test("leaves a job alone of which nothing is left to do", async () => {
    const { id } = await create(circles(2), true);
    setStates(id, "DONE", [1, 2]);
    setPhase(id, "COMPLETED");
    expect((await jobs.rerun(id, ANA)).phase).toBe("COMPLETED");
  });

  test("expands a job that never was", async () => {
    const { id } = await create();
    await jobs.abort(id, ANA);
    expect(await jobs.rerun(id, ANA)).toMatchObject({ phase: "QUEUED", progress: { waiting: 2 } });
  });

  test.each(["PENDING", "HELD", "QUEUED", "EXECUTING", "ARCHIVED"] as const)("is forbidden in %s", async (phase) => {
    const { id } = await create();
    setPhase(id, phase);
    expect(await codeOf(jobs.rerun(id, ANA))).toBe("wrong-phase");
  });

  test("counts as one more job that waits", async () => {
    const { id } = await create(circles(1), true);
    await jobs.abort(id, ANA);
    for (let i = 0; i < LIMITS.maxActiveJobs; i++) await create(circles(1), true);
    expect(await codeOf(jobs.rerun(id, ANA))).toBe("too-many");
    expect((await jobs.get(id, ANA)).phase).toBe("ABORTED");
  });
});

describe("the end of a job", () => {
  test("UWS-30/32: a removed job is gone with its files, and no longer counted", async () => {
    const { id } = await create(circles(2), true);
    services.records.sqlite.exec("insert into usage (owner, stored_bytes) values ('ana', 150)");
    services.records.sqlite.exec("update job_result set state = 'DONE', byte_length = 70 where number = 1");
    services.results.files.set(`${id}/a.fits`, new Uint8Array(70));
    await jobs.remove(id, ANA);
    expect(await codeOf(jobs.get(id, ANA))).toBe("not-found");
    expect(services.results.files.size).toBe(0);
    expect(services.records.sqlite.prepare("select stored_bytes from usage").pluck().get()).toBe(80);
    expect(services.records.sqlite.prepare("select count(*) from job_result").pluck().get()).toBe(0);
    expect(await codeOf(jobs.remove(id, ANA))).toBe("not-found");
  });

  test("UWS-47: a job whose time is over is gone, whether or not the collector was there", async () => {
    const { id } = await create();
    services.clock.value += 14 * DAY;
    expect(await codeOf(jobs.get(id, ANA))).toBe("not-found");
    expect(await jobs.list(ANA, { phases: [], after: undefined, last: undefined })).toEqual([]);
  });

  const inDays = (at: number) => (at - Date.UTC(2026, 0, 1)) / DAY;
  /** What is asked for, in days from the creation, and what is answered: the end, and how many extensions are left. */
  async function expectEnds(id: string, cases: readonly (readonly [asked: number, end: number, left: number])[]) {
    for (const [asked, end, left] of cases) {
      const job = await jobs.setDestruction(id, ANA, Date.UTC(2026, 0, 1) + asked * DAY);
      expect([asked, inDays(job.destructionAt), job.extensionsLeft]).toEqual([asked, end, left]);
    }
  }

  test("UWS-28: can be had earlier, and late again as it was, for nothing", async () => {
    const { id } = await create();
    await expectEnds(id, [
      [3, 3, 2],
      [14, 14, 2],
      [1, 1, 2],
      [20, 20, 1],
      [2, 2, 1],
      [28, 28, 1],
    ]);
  });

  test("can be put off twice by 14 days, also at once, and no further", async () => {
    const { id } = await create();
    await expectEnds(id, [
      [28, 28, 1],
      [100, 42, 0],
      [100, 42, 0],
      [5, 5, 0],
      [43, 42, 0],
    ]);
  });

  test("one extension is 14 days, however much is asked for and however early it was to end", async () => {
    const { id } = await create();
    await expectEnds(id, [
      [2, 2, 2],
      [100, 28, 1],
    ]);
    services.clock.value += 20 * DAY;
    await expectEnds(id, [[100, 42, 0]]);
  });

  test("stays where the configuration once granted more than now", async () => {
    const { id } = await create();
    services.records.sqlite.prepare("update job set destruction_at = ?").run(Date.UTC(2026, 0, 1) + 60 * DAY);
    await expectEnds(id, [[60, 60, 2]]);
  });

  test("that gains nothing is no extension", async () => {
    const job = await create();
    const asked = await jobs.setDestruction(job.id, ANA, job.destructionAt + SECOND);
    expect(asked).toMatchObject({ destructionAt: job.destructionAt, extensionsLeft: 2 });
  });

  test("asked for in the past comes at once", async () => {
    const { id } = await create();
    const { destructionAt } = await jobs.setDestruction(id, ANA, 0);
    expect(destructionAt).toBe(services.clock.value + SECOND);
    expect(await codeOf(jobs.setDestruction(id, ANA, NaN))).toBe("usage");
  });
});

describe("the execution duration", () => {
  test("UWS-29: is what its owner says", async () => {
    const { id } = await create();
    expect((await jobs.setExecutionDuration(id, ANA, 600)).executionDurationSeconds).toBe(600);
    for (const seconds of [-1, NaN, 1.5])
      expect(await codeOf(jobs.setExecutionDuration(id, ANA, seconds))).toBe("usage");
    setPhase(id, "ARCHIVED");
    expect(await codeOf(jobs.setExecutionDuration(id, ANA, 60))).toBe("wrong-phase");
  });

  test.each(["COMPLETED", "ERROR", "ABORTED"] as const)(
    "can be raised on a job that is %s, to run it again",
    async (phase) => {
      const { id } = await create(circles(2), true);
      setPhase(id, phase);
      expect((await jobs.setExecutionDuration(id, ANA, 7200)).executionDurationSeconds).toBe(7200);
      expect(await jobs.rerun(id, ANA)).toMatchObject({ phase: "QUEUED", executionDurationSeconds: 7200 });
    },
  );

  test("stays within what is configured, where no limit is the longest", async () => {
    services.close();
    const limits = { ...LIMITS, executionDurationSeconds: 100, maxExecutionDurationSeconds: 1000 };
    ({ jobs } = services = jobServices({ limits }));
    const { id, executionDurationSeconds } = await create();
    expect(executionDurationSeconds).toBe(100);
    expect((await jobs.setExecutionDuration(id, ANA, 0)).executionDurationSeconds).toBe(1000);
    expect((await jobs.setExecutionDuration(id, ANA, 5000)).executionDurationSeconds).toBe(1000);
    expect((await jobs.setExecutionDuration(id, ANA, 50)).executionDurationSeconds).toBe(50);
  });
});
