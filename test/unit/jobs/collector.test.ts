import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { collect } from "../../../src/jobs/collector.ts";
import type { Collected, CollectorServices } from "../../../src/jobs/collector-pass.ts";
import type { ResultStore } from "../../../src/storage/result-store.ts";
import { ANA, BEN, DAY, LIMITS, SECOND } from "../../support/job-services.ts";
import { storedResults, type StoredResults } from "../../support/stored-results.ts";

const HOUR = 3600 * SECOND;
const LIFETIME = LIMITS.lifetimeSeconds * SECOND;

let stored: StoredResults;
let services: CollectorServices;
beforeEach(async () => {
  stored = await storedResults();
  stored.clock.value = Date.now() + 2 * HOUR; // what lies on the disk now is two hours old
  const limits = {
    strangerGraceSeconds: 3600,
    partialGraceSeconds: 3600,
    historySeconds: (30 * DAY) / SECOND,
    workerGraceSeconds: 86_400,
  };
  services = { ...stored, limits };
});
afterEach(() => stored.close());

const options = { thorough: true, dryRun: false, signal: new AbortController().signal };

/** A pass, and what of it is not nothing. */
async function run(changes: Partial<CollectorServices> = {}, more: Partial<typeof options> = {}) {
  const collected = await collect({ ...services, ...changes }, { ...options, ...more });
  return collected === null ? null : whatWasDone(collected);
}

function whatWasDone(collected: Collected) {
  return Object.fromEntries(
    Object.entries(collected).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value > 0)),
  );
}

const query = (sql: string) => stored.records.sqlite.prepare(sql).all();

/** Every user's bytes, as they are counted and as they add up: must be the same at any moment. */
function usage(): Record<string, number> {
  const counted = query("select owner, stored_bytes as bytes from usage order by owner") as Counted[];
  const sums = query(
    `select usage.owner, coalesce((select sum(byte_length) from job_result r join job j on j.id = r.job_id
       where j.owner = usage.owner and r.state = 'DONE'), 0) as bytes from usage order by owner`,
  ) as Counted[];
  expect(counted).toEqual(sums);
  return Object.fromEntries(counted.map(({ owner, bytes }) => [owner, bytes]));
}
type Counted = { owner: string; bytes: number };

/** Files that are on record and not on the disk: none but those that were lost before. */
async function lostFiles(): Promise<string[]> {
  const there = new Set(await tree());
  const recorded = query("select job_id || '/' || file_name as path from job_result where state = 'DONE'");
  return (recorded as { path: string }[]).map(({ path }) => path).filter((path) => !there.has(path));
}

/** Files by `{job}/{name}`, and empty folders. */
async function tree(): Promise<string[]> {
  return (await readdir(stored.folder, { recursive: true })).sort();
}

async function jobWithFiles(owner = ANA, files = 2): Promise<string> {
  const id = await stored.queue({ owner, results: files });
  for (let number = 1; number <= files; number++) await stored.finish(id, number, `${number}.fits`, "x".repeat(number));
  stored.setPhase(id, "COMPLETED");
  return id;
}

describe("a pass", () => {
  it("does nothing where nothing is due", async () => {
    await jobWithFiles();
    await stored.queue();
    const before = [await tree(), query("select * from job_result")];
    expect(await run()).toEqual({});
    expect([await tree(), query("select * from job_result")]).toEqual(before);
  });

  it("removes jobs whose time is over, with their results and what they counted for", async () => {
    const old = await jobWithFiles(ANA, 3);
    stored.clock.value += 1;
    const young = await jobWithFiles(ANA, 1);
    await jobWithFiles(BEN, 2);
    stored.clock.value += LIFETIME - 1;
    expect(usage()).toEqual({ ana: 7, ben: 3 });
    expect(await run()).toEqual({ jobs: 1, storedBytes: 6 });
    expect(usage()).toEqual({ ana: 1, ben: 3 });
    expect(await tree()).not.toContain(old);
    expect(await tree()).toContain(join(young, "1.fits"));
    await expect(stored.jobs.get(old, ANA)).rejects.toMatchObject({ code: "not-found" });
    expect(query(`select * from job_result where job_id = '${old}'`)).toEqual([]);
  });

  it("tells those who wait for a job that it is gone", async () => {
    const id = await stored.queue();
    const told: string[] = [];
    stored.clock.value += LIFETIME;
    await run({ changes: { notify: (jobId) => void told.push(jobId) } });
    expect(told).toEqual([id]);
  });

  it("removes folders that no job has, when they are old", async () => {
    await jobWithFiles();
    await mkdir(join(stored.folder, "orphan"));
    await writeFile(join(stored.folder, "orphan", "a.fits"), "x");
    const young = { ...services.limits, strangerGraceSeconds: 3 * 3600 };
    expect(await run({ limits: young })).toEqual({});
    expect(await run()).toEqual({ folders: 1 });
    expect(await tree()).not.toContain("orphan");
  });

  it("removes unfinished files that nobody writes to any more, and files of finished jobs that no record names", async () => {
    const finished = await jobWithFiles();
    const running = await stored.queue();
    await mkdir(join(stored.folder, running));
    const part = ".9.fits.0123456789abcdef.part";
    for (const id of [finished, running]) {
      await writeFile(join(stored.folder, id, part), "x");
      await writeFile(join(stored.folder, id, "stranger.fits"), "x");
    }
    const young = { ...services.limits, strangerGraceSeconds: 3 * 3600, partialGraceSeconds: 3 * 3600 };
    expect(await run({ limits: young })).toEqual({});
    expect(await run()).toEqual({ partialFiles: 2, strangers: 1 });
    expect(await tree()).toEqual(
      [finished, `${finished}/1.fits`, `${finished}/2.fits`, running, `${running}/stranger.fits`].sort(),
    );
  });

  it("calls a result FAILED whose file is gone, which counts no longer and can be made again", async () => {
    const id = await jobWithFiles();
    await rm(join(stored.folder, id, "2.fits"));
    expect(await run()).toEqual({ lostFiles: 1 });
    expect(usage()).toEqual({ ana: 1 });
    expect(await stored.jobs.result(id, ANA, 2)).toMatchObject({
      state: "FAILED",
      file: null,
      message: "Error: The file is not there any more; the job can be run again to make it anew",
    });
    expect(await stored.jobs.result(id, ANA, 1)).toMatchObject({ state: "DONE" });
    await stored.jobs.rerun(id, ANA);
    expect(await stored.jobs.result(id, ANA, 2)).toMatchObject({ state: "WAITING", message: null });
  });

  it("calls the results of a job FAILED whose folder is gone, but not of all jobs: then the disk is not there", async () => {
    const [one, two] = [await jobWithFiles(), await jobWithFiles()];
    await rm(join(stored.folder, one), { recursive: true });
    expect(await run()).toEqual({ lostFiles: 2 });
    await rm(join(stored.folder, two), { recursive: true });
    expect(await run()).toEqual({
      problems: ["No job has a folder, and 1 have files on record: is the disk of the results there?"],
    });
    expect(await stored.jobs.result(two, ANA, 1)).toMatchObject({ state: "DONE" });
  });

  it("looks at single files only when it is thorough", async () => {
    const id = await jobWithFiles();
    await rm(join(stored.folder, id, "2.fits"));
    expect(await run({}, { thorough: false })).toEqual({});
  });

  it("forgets old requests, many at a time, and dead workers", async () => {
    const { sqlite } = stored.records;
    const insert = sqlite.prepare(
      `insert into sync_request (owner, started_at, parameters, status, duration_ms, byte_length)
       values ('ana', ?, '[]', 200, 1, 1)`,
    );
    for (let i = 0; i < 2500; i++) insert.run(stored.clock.value - 30 * DAY - 1 - i);
    insert.run(stored.clock.value - 30 * DAY);
    const worker = sqlite.prepare("insert into worker (id, started_at, heartbeat_at) values (?, 0, ?)");
    worker.run("dead", stored.clock.value - DAY - 1);
    worker.run("alive", stored.clock.value - DAY);
    expect(await run()).toEqual({ history: 2500, workers: 1 });
    expect(query("select count(*) as n from sync_request")).toEqual([{ n: 1 }]);
    expect(query("select id from worker")).toEqual([{ id: "alive" }]);
  });

  it("puts right what was counted wrongly", async () => {
    await jobWithFiles();
    stored.records.sqlite.prepare("update usage set stored_bytes = 99").run();
    expect(await run()).toEqual({ correctedUsage: 1 });
    expect(usage()).toEqual({ ana: 3 });
  });

  it("goes on where one thing cannot be done, and tells it", async () => {
    const [one] = [await jobWithFiles(), await jobWithFiles()];
    stored.clock.value += LIFETIME;
    const removeJob: ResultStore["removeJob"] = (id) =>
      id === one ? Promise.reject(new Error("EIO")) : stored.results.removeJob(id);
    expect(await run({ results: { ...stored.results, removeJob } })).toEqual({
      jobs: 2,
      storedBytes: 6,
      problems: [`Cannot remove job ${one}: EIO`, `Cannot remove the folder of job ${one}: EIO`],
    });
    expect(usage()).toEqual({ ana: 0 });
    expect(await run()).toEqual({ folders: 1 });
    expect(await tree()).toEqual([]);
  });

  it("ends early when it is told to", async () => {
    await jobWithFiles();
    stored.clock.value += LIFETIME;
    expect(await run({}, { signal: AbortSignal.abort() })).toEqual({});
    expect(await run()).toEqual({ jobs: 1, storedBytes: 3 });
  });
});

/** Something of everything that a collector is for. */
async function litter(): Promise<{ readonly lost: string }> {
  const due = [await jobWithFiles(), await jobWithFiles(BEN, 3)];
  const { sqlite } = stored.records;
  for (const id of due) sqlite.prepare("update job set destruction_at = ? where id = ?").run(stored.clock.value, id);
  const [kept, lost] = [await jobWithFiles(), await jobWithFiles(BEN)];
  await writeFile(join(stored.folder, kept, ".9.fits.0123456789abcdef.part"), "x");
  await writeFile(join(stored.folder, kept, "stranger.fits"), "x");
  await rm(join(stored.folder, lost, "1.fits"));
  for (const orphan of ["orphan1", "orphan2"]) {
    await mkdir(join(stored.folder, orphan));
    await writeFile(join(stored.folder, orphan, "a.fits"), "x");
  }
  sqlite.exec(`insert into sync_request (owner, started_at, parameters, status, duration_ms, byte_length)
    values ('ana', 0, '[]', 200, 1, 1)`);
  sqlite.exec("insert into worker (id, started_at, heartbeat_at) values ('dead', 0, 0)");
  return { lost: `${lost}/1.fits` };
}

const ALL_OF_IT = {
  jobs: 2,
  storedBytes: 9,
  folders: 2,
  partialFiles: 1,
  strangers: 1,
  lostFiles: 1,
  history: 1,
  workers: 1,
};

/** Everything there is, on the disk and on record. */
async function state() {
  const tables = ["job", "job_row", "job_result", "usage", "sync_request", "worker"];
  return [await tree(), ...tables.map((table) => query(`select * from ${table} order by 1, 2`))];
}

it("a dry run tells what a pass does, and changes nothing", async () => {
  await litter();
  const before = await state();
  expect(await run({}, { dryRun: true })).toEqual(ALL_OF_IT);
  expect(await state()).toEqual(before);
  expect(await run()).toEqual(ALL_OF_IT);
  expect(await run()).toEqual({});
});

describe("two passes at once", () => {
  it("are one: the other does nothing", async () => {
    await litter();
    const both = await Promise.all([run(), run()]);
    expect(both).toEqual([ALL_OF_IT, null]);
    expect(query("select * from worker")).toEqual([]);
  });

  it("do no harm where both believe to be alone", async () => {
    await litter();
    const unlocked = { ...services, limits: { ...services.limits, workerGraceSeconds: 86_400 } };
    const first = run();
    stored.records.sqlite.exec("delete from worker where id = 'collector'");
    const [one, two] = await Promise.all([first, run(unlocked)]);
    const sum = (key: keyof typeof ALL_OF_IT) => ((one?.[key] ?? 0) as number) + ((two?.[key] ?? 0) as number);
    expect([sum("jobs"), sum("storedBytes"), sum("lostFiles")]).toEqual([2, 9, 1]);
    expect(one?.problems ?? two?.problems).toBeUndefined();
    expect(usage()).toEqual({ ana: 3, ben: 2 });
    expect(await run()).toEqual({});
  });

  it("of which the first died: the second waits for a minute", async () => {
    stored.records.sqlite
      .prepare("insert into worker (id, started_at, heartbeat_at) values ('collector', 0, ?)")
      .run(stored.clock.value);
    expect(await run()).toBeNull();
    stored.clock.value += 60 * SECOND + 1;
    expect(await run()).toEqual({});
  });
});

describe("a process that dies in a pass", () => {
  it(
    "at any step leaves what the next pass sets right, and at no moment a wrong sum",
    { timeout: 120_000 },
    async () => {
      await litter();
      await run();
      const expected = shapeOf(await state());
      let deaths = 0;
      for (let survives = 0; ; survives++) {
        await stored.close();
        stored = await storedResults();
        stored.clock.value = Date.now() + 2 * HOUR;
        services = { ...stored, limits: services.limits };
        const { lost } = await litter();
        const { died } = await runUntil(survives);
        usage();
        expect((await lostFiles()).filter((path) => path !== lost)).toEqual([]);
        stored.clock.value += 2 * HOUR; // the lock is over, and so is every grace
        await run();
        usage();
        expect(shapeOf(await state()), `after a death at step ${survives}`).toEqual(expected);
        if (!died) break;
        deaths++;
      }
      expect(deaths).toBeGreaterThan(30);
    },
  );
});

/** Every state is of other jobs, at another time: the same but for ids, here the owners', and instants. */
function shapeOf(found: Awaited<ReturnType<typeof state>>): string[] {
  const owners = new Map(
    (query("select id, owner from job") as { id: string; owner: string }[]).map((j) => [j.id, j.owner]),
  );
  const lines = found.flat().map((line) => JSON.stringify(line));
  return lines
    .map((line) =>
      line.replace(/\b[a-z2-7]{26}\b/g, (id) => owners.get(id) ?? "gone").replace(/\b1[78]\d{11}\b/g, "then"),
    )
    .sort();
}

/** A pass of a process that dies before its `survives`-th touch of the records or the disk, and never touches them again. */
async function runUntil(survives: number): Promise<{ died: boolean }> {
  let left = survives;
  let died = false;
  const touch = () => {
    if (left-- > 0) return;
    died = true;
    throw new Error("died");
  };
  const { sqlite } = stored.records;
  const dyingSqlite = {
    prepare: (sql: string) => (touch(), sqlite.prepare(sql)),
    transaction: (action: () => unknown) => sqlite.transaction(action),
    get inTransaction() {
      return sqlite.inTransaction;
    },
  };
  const { results } = stored;
  const dyingResults: ResultStore = {
    ...results,
    remove: async (...args) => (touch(), results.remove(...args)),
    removeJob: async (...args) => (touch(), results.removeJob(...args)),
    removePartial: async (...args) => (touch(), results.removePartial(...args)),
    listFiles: async (...args) => (touch(), results.listFiles(...args)),
    async *listJobs() {
      for await (const job of results.listJobs()) {
        touch();
        yield job;
      }
    },
  };
  const records = { ...stored.records, sqlite: dyingSqlite } as unknown as RecordsDatabase;
  await collect({ ...services, records, results: dyingResults }, options).catch(() => undefined);
  return { died };
}
