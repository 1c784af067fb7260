import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { removeExpired, listExpired } from "../../../src/jobs/collector-records.ts";
import { createJobService } from "../../../src/jobs/create-job-service.ts";
import {
  ANA,
  circles,
  DAY,
  jobServices,
  LIMITS,
  SECOND,
  type JobServicesUnderTest,
} from "../../support/job-services.ts";

const RESULTS = 1300;

let services: JobServicesUnderTest;
let jobs: JobServicesUnderTest["jobs"];
beforeEach(() => ({ jobs } = services = jobServices()));
afterEach(() => services.close());

const rows = Array.from({ length: RESULTS }, (_, i) => ({
  number: i + 1,
  id: `star ${i}`,
  position: { raDegrees: i / 10, decDegrees: -1.5 },
  overrides: [["FILTER", "g"]] as const,
  columns: { ra: `${i / 10}`, note: "ñ" },
}));
const makeLarge = (run = true) => jobs.create({ owner: ANA, parameters: [], list: { rows }, run });
const listed = async () => (await jobs.list(ANA, { phases: [], after: undefined, last: undefined })).length;

const one = (sql: string, ...values: string[]) =>
  services.records.sqlite
    .prepare(sql)
    .pluck()
    .get(...values);
const countRows = () => [one("select count(*) from job_result"), one("select count(*) from job_row")];

/** Every result has a file of 7 bytes. */
function finish(id: string): void {
  const { sqlite } = services.records;
  sqlite.prepare("update job_result set state = 'DONE', byte_length = 7 where job_id = ?").run(id);
  sqlite.prepare("update job set phase = 'COMPLETED' where id = ?").run(id);
  sqlite.exec("insert into usage (owner, stored_bytes) select 'ana', sum(byte_length) from job_result");
}
const isCountedRight = () =>
  one("select stored_bytes from usage") ===
  one("select coalesce(sum(byte_length), 0) from job_result where state = 'DONE'");

/** How often something else had a turn before it was done. */
async function turnsDuring(work: Promise<unknown>, look: () => void = () => undefined): Promise<number> {
  let turns = 0;
  let isOver = false;
  const ended = work.finally(() => (isOver = true));
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (isOver) break;
    turns++;
    look();
  }
  await ended;
  return turns;
}

/** The service of a process that dies before its `survives`-th transaction. */
function dyingJobs(survives: number) {
  let left = survives;
  const { sqlite } = services.records;
  const dying = {
    prepare: (sql: string) => sqlite.prepare(sql),
    transaction(action: () => unknown) {
      if (left-- <= 0) throw new Error("died");
      return sqlite.transaction(action);
    },
    get inTransaction() {
      return sqlite.inTransaction;
    },
    open: true,
  };
  const records = { ...services.records, sqlite: dying } as unknown as RecordsDatabase;
  return createJobService({ ...services, records });
}

async function collect(): Promise<void> {
  for (const { id } of listExpired(services.records, services.clock.value)) {
    expect(await removeExpired(services.records, id, services.clock.value)).toBe(true);
  }
}

describe("a large job", () => {
  test("has every row and every result, in order", async () => {
    const { id, progress } = await makeLarge();
    expect(progress).toMatchObject({ total: RESULTS, waiting: RESULTS });
    const results = await jobs.results(id, ANA);
    expect(results.map(({ number }) => number)).toEqual(rows.map(({ number }) => number));
    expect(results[RESULTS - 1]).toMatchObject({ rowNumber: RESULTS, recipe: [["CIRCLE", "129.9 -1.5 1"]] });
    expect(await jobs.rows(id, ANA)).toEqual(rows.map(({ number, id, columns }) => ({ number, id, columns })));
    finish(id);
    expect((await jobs.listResults(id, ANA)).map(({ number }) => number)).toEqual(rows.map(({ number }) => number));
  });

  test("is nobody's and listed nowhere until it is whole", async () => {
    const seen = new Set<number>();
    const making = makeLarge();
    const turns = await turnsDuring(making, () => {
      seen.add(one("select count(*) from job where owner = 'ana'") as number);
    });
    expect(turns).toBeGreaterThan(1);
    expect([...seen]).toEqual([0]);
    expect(await making).toMatchObject({
      owner: "ana",
      phase: "QUEUED",
      destructionAt: services.clock.value + 14 * DAY,
    });
  });

  test("that is one too many leaves nothing", async () => {
    for (let i = 0; i < LIMITS.maxActiveJobs; i++)
      await jobs.create({ owner: ANA, parameters: circles(1), list: null, run: true });
    await expect(makeLarge()).rejects.toMatchObject({ code: "too-many" });
    expect(countRows()).toEqual([LIMITS.maxActiveJobs, 0]);
    expect(await listed()).toBe(LIMITS.maxActiveJobs);
    const { id } = await makeLarge(false);
    await expect(jobs.run(id, ANA)).rejects.toMatchObject({ code: "too-many" });
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "PENDING", progress: { total: 0 } });
  });

  test("whose making is broken off anywhere is not there, and goes within two hours", async () => {
    for (let survives = 0; ; survives++) {
      jobs = dyingJobs(survives);
      const made = await makeLarge().then(
        () => true,
        () => false,
      );
      jobs = services.jobs;
      expect(await listed()).toBe(made ? 1 : 0);
      if (made) {
        expect(survives).toBeGreaterThan(2);
        break;
      }
      services.clock.value += 2 * 3600 * SECOND;
      await collect();
      expect(countRows()).toEqual([0, 0]);
    }
  });
});

describe("running a large job", () => {
  test("asked for many times at once runs it once", async () => {
    const { id } = await makeLarge(false);
    const runs = await Promise.allSettled(Array.from({ length: 4 }, () => jobs.run(id, ANA)));
    expect(runs.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await jobs.get(id, ANA)).toMatchObject({ phase: "QUEUED", progress: { total: RESULTS, waiting: RESULTS } });
  });

  test("does not run it as it was before", async () => {
    const { id } = await jobs.create({ owner: ANA, parameters: circles(RESULTS), list: null, run: false });
    const running = jobs.run(id, ANA).catch((error: unknown) => error);
    let changing: Promise<unknown> | undefined;
    const look = () => {
      if ((one("select count(*) from job_result") as number) > 0) changing ??= jobs.setParameters(id, ANA, circles(3));
    };
    await turnsDuring(running, look);
    await changing;
    expect(await running).toMatchObject({ code: "wrong-phase" });
    expect(await jobs.run(id, ANA)).toMatchObject({ phase: "QUEUED", progress: { total: 3 } });
  });

  test("that is broken off anywhere can be asked for again, also after an abort", async () => {
    for (let survives = 0; ; survives++) {
      const { id } = await makeLarge(false);
      const ran = await dyingJobs(survives)
        .run(id, ANA)
        .catch(() => null);
      if (ran === null) {
        expect((await jobs.get(id, ANA)).phase).toBe("PENDING");
        if (survives % 2 === 0) await jobs.abort(id, ANA);
        const again = await (survives % 2 === 0 ? jobs.rerun(id, ANA) : jobs.run(id, ANA));
        expect(again).toMatchObject({ phase: "QUEUED", progress: { total: RESULTS } });
      }
      await jobs.remove(id, ANA);
      if (ran !== null) {
        expect(survives).toBeGreaterThan(1);
        break;
      }
    }
  });
});

describe("removing a large job", () => {
  test("takes it out of sight at once, and its rows in turns, and counts right at every moment", async () => {
    const { id } = await makeLarge();
    finish(id);
    const removing = jobs.remove(id, ANA);
    await expect(jobs.get(id, ANA)).rejects.toMatchObject({ code: "not-found" });
    expect(await listed()).toBe(0);
    const left = new Set<number>();
    await turnsDuring(removing, () => {
      expect(isCountedRight()).toBe(true);
      left.add(one("select count(*) from job_result") as number);
    });
    expect([...left].some((results) => results > 0 && results < RESULTS)).toBe(true);
    expect(countRows()).toEqual([0, 0]);
    expect([one("select stored_bytes from usage"), one("select count(*) from job")]).toEqual([0, 0]);
  });

  test("that is broken off anywhere leaves it to the collector, and out of sight", async () => {
    let deaths = 0;
    for (let survives = 0; ; survives++) {
      const { id } = await makeLarge();
      services.records.sqlite.exec("delete from usage");
      finish(id);
      const removed = await dyingJobs(survives)
        .remove(id, ANA)
        .then(
          () => true,
          () => false,
        );
      await expect(jobs.get(id, ANA)).rejects.toMatchObject({ code: "not-found" });
      expect(isCountedRight()).toBe(true);
      await collect();
      expect(isCountedRight()).toBe(true);
      expect(countRows()).toEqual([0, 0]);
      expect(one("select count(*) from job")).toBe(0);
      if (removed) break;
      deaths++;
    }
    expect(deaths).toBeGreaterThan(2);
  });
});
