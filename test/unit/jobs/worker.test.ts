import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Cutout } from "../../../src/cutout/cutout.ts";
import { ServiceError } from "../../../src/errors.ts";
import { createJobChanges } from "../../../src/jobs/job-changes.ts";
import type { Job, JobPhase } from "../../../src/jobs/job.ts";
import { abortJob } from "../../../src/jobs/job-transitions.ts";
import { startWorker, type JobWorker, type WorkerLogEntry, type WorkerOptions } from "../../../src/jobs/worker.ts";
import {
  ANA,
  BEN,
  circles,
  jobServices,
  openTestRecords,
  type JobServicesUnderTest,
} from "../../support/job-services.ts";

/** Nobody goes first. */
const NO_GATE: WorkerOptions["gate"] = {
  turn: (signal) =>
    signal.aborted
      ? Promise.reject(new ServiceError("canceled", "Cannot go on: the work was given up"))
      : Promise.resolve(),
};

let folder: string;
let services: JobServicesUnderTest;
let jobs: JobServicesUnderTest["jobs"];
const workers: JobWorker[] = [];
const log: WorkerLogEntry[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recorte-worker-"));
  ({ jobs } = services = jobServices({ path: join(folder, "records.sqlite"), now: Date.now }));
  log.length = 0;
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  services.close();
  rmSync(folder, { recursive: true });
});

const RETRY = {
  maxAttempts: 3,
  maxStoreAttempts: 5,
  maxCrashes: 3,
  firstPauseMilliseconds: 5,
  maxPauseMilliseconds: 20,
};

function start(changes: Partial<WorkerOptions> = {}): JobWorker {
  const worker = startWorker({
    ...services,
    openRecipe: () => Promise.resolve(cutoutOf(bytes(10))),
    limitsOfOwner: () => ({ storedBytes: Infinity, jobBytes: Infinity }),
    gate: NO_GATE,
    retry: RETRY,
    concurrency: 2,
    leaseSeconds: 30,
    log: (entry) => log.push(entry),
    ...changes,
  });
  workers.push(worker);
  return worker;
}

const bytes = (length: number) => new Uint8Array(length).fill(7);

function cutoutOf(body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>, changes: Partial<Cutout> = {}): Cutout {
  return {
    mediaType: "application/fits",
    fileName: "cut.fits",
    byteLength: 10,
    etag: '"x"',
    cost: { outputBytes: 10, outputPixels: 1, tiles: 1, bytesToRead: 5, pixelsToDecode: 6 },
    datasets: [],
    missing: [],
    open: () => Promise.resolve(body),
    dispose: () => undefined,
    ...changes,
  };
}

function streamOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(chunks)) as ReadableStream<Uint8Array>;
}

/** A cutout that never ends; `ended` tells when it was stopped. */
function endless(): { openRecipe: WorkerOptions["openRecipe"]; begun: () => number; ended: () => number } {
  let begun = 0;
  let ended = 0;
  const openRecipe: WorkerOptions["openRecipe"] = (_, signal) => {
    begun++;
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        ended++;
        reject(new ServiceError("canceled", "Given up"));
      });
    });
  };
  return { openRecipe, begun: () => begun, ended: () => ended };
}

const queue = (results: number, owner = ANA): Promise<Job> =>
  jobs.create({ owner, parameters: circles(results), list: null, run: true });

async function untilPhase(id: string, phase: JobPhase, owner = ANA): Promise<Job> {
  await vi.waitFor(async () => expect((await jobs.get(id, owner)).phase).toBe(phase), { timeout: 8000, interval: 5 });
  return jobs.get(id, owner);
}
const storedBytes = () => services.records.sqlite.prepare("select sum(stored_bytes) from usage").pluck().get();

describe("a worker", () => {
  test("makes the file of every result, and the job is COMPLETED", async () => {
    start();
    const { id } = await queue(12);
    const job = await untilPhase(id, "COMPLETED");
    expect(job.progress).toMatchObject({ done: 12, storedBytes: 120 });
    const names = (await jobs.results(id, ANA)).map(({ file }) => file?.name ?? "");
    expect(new Set(names).size).toBe(12);
    expect([...services.results.files.keys()].sort()).toEqual(names.map((name) => `${id}/${name}`).sort());
    expect(storedBytes()).toBe(120);
  });

  test("streams what is streamed, chunk by chunk, and asks before each whether it is its turn", async () => {
    let turns = 0;
    const gate = { turn: () => (turns++, Promise.resolve()) };
    const chunks = [bytes(3), bytes(4), bytes(5)];
    start({
      gate,
      openRecipe: () => Promise.resolve(cutoutOf(streamOf(chunks))),
    });
    const { id } = await queue(1);
    expect((await untilPhase(id, "COMPLETED")).progress.storedBytes).toBe(12);
    expect(turns).toBe(1 + chunks.length + 1);
  });

  test("has no more under way than it may", async () => {
    let underWay = 0;
    let most = 0;
    start({
      concurrency: 3,
      openRecipe: async () => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 2));
        underWay--;
        return cutoutOf(bytes(1));
      },
    });
    const { id } = await queue(30);
    await untilPhase(id, "COMPLETED");
    expect(most).toBe(3);
  });

  test("SODA-33: what overlaps nothing is EMPTY, and says so", async () => {
    start({ openRecipe: () => Promise.resolve(null) });
    const { id } = await queue(1);
    expect((await untilPhase(id, "COMPLETED")).progress.empty).toBe(1);
    const { message, file } = await jobs.result(id, ANA, 1);
    expect(message).toMatch(/^UsageError: /);
    expect(file).toBeNull();
  });

  test("a result that fails does not fail the others, and its path stays with us", async () => {
    const openRecipe: WorkerOptions["openRecipe"] = ([[, value]]) =>
      value.startsWith("1 ")
        ? Promise.reject(new ServiceError("corrupt-data", "Cannot read /archive/secret.fits"))
        : Promise.resolve(cutoutOf(bytes(1)));
    start({ openRecipe });
    const { id } = await queue(3);
    expect((await untilPhase(id, "COMPLETED")).progress).toMatchObject({ done: 2, failed: 1 });
    expect((await jobs.result(id, ANA, 2)).message).toBe("Error: The image's file is damaged");
  });

  test("tries again what may succeed later", async () => {
    let tries = 0;
    const openRecipe = () =>
      ++tries < 3 ? Promise.reject(new ServiceError("unavailable", "No answer")) : Promise.resolve(cutoutOf(bytes(1)));
    start({ openRecipe });
    const { id } = await queue(1);
    expect((await untilPhase(id, "COMPLETED")).progress.done).toBe(1);
    expect((await jobs.result(id, ANA, 1)).attempts).toBe(3);
  });

  test("gives up what does not succeed, after so many tries", async () => {
    start({ openRecipe: () => Promise.reject(new TypeError("a bug")) });
    const { id } = await queue(1);
    expect((await untilPhase(id, "COMPLETED")).progress.failed).toBe(1);
    const { message, attempts } = await jobs.result(id, ANA, 1);
    expect({ message, attempts }).toEqual({ message: "Error: The service failed (tried 3 times)", attempts: 3 });
  });

  test("a body that breaks in the middle leaves no file", async () => {
    async function* broken() {
      yield await Promise.resolve(bytes(5));
      throw new ServiceError("corrupt-data", "Cannot decode");
    }
    start({ openRecipe: () => Promise.resolve(cutoutOf(streamOf(broken()))) });
    const { id } = await queue(1);
    expect((await untilPhase(id, "COMPLETED")).progress.failed).toBe(1);
    expect(services.results.files.size).toBe(0);
  });

  test("a disk that is full for a while is waited for, longer than a source that does not answer", async () => {
    let writes = 0;
    const { results } = services;
    const full: typeof results = {
      ...results,
      write: (...args) =>
        ++writes <= 4 ? Promise.reject(new ServiceError("unavailable", "The disk is full")) : results.write(...args),
    };
    start({ results: full, concurrency: 1 });
    const { id } = await queue(1);
    expect((await untilPhase(id, "COMPLETED")).progress.done).toBe(1);
    expect(log.filter(({ what }) => what === "retry")).toHaveLength(4);
  });
});

test("what could not be written in the records is made again when it can be", async () => {
  const { sqlite } = services.records;
  sqlite.exec(
    `create trigger broken before update on job_result when old.state = 'RUNNING'
     begin select raise(abort, 'disk I/O error'); end`,
  );
  start();
  const { id } = await queue(3);
  await vi.waitFor(() => expect(log.filter(({ what }) => what === "failed").length).toBeGreaterThan(3), {
    timeout: 5000,
  });
  expect((await jobs.get(id, ANA)).progress.done).toBe(0);
  sqlite.exec("drop trigger broken");
  expect((await untilPhase(id, "COMPLETED")).progress).toMatchObject({ done: 3, storedBytes: 30 });
  expect(services.results.files.size).toBe(3);
  expect(storedBytes()).toBe(30);
});

describe("what stops a running result", () => {
  test.each([
    ["an abort in this process", false, (id: string) => jobs.abort(id, ANA)],
    ["a deletion in this process", false, (id: string) => jobs.remove(id, ANA)],
    ["an abort by another process", true, (id: string) => jobs.abort(id, ANA)],
    ["a deletion by another process", true, (id: string) => jobs.remove(id, ANA)],
  ])("%s, within a second", async (_, elsewhere, end) => {
    const records = elsewhere ? openTestRecords(join(folder, "records.sqlite")) : services.records;
    const { openRecipe, begun, ended } = endless();
    const worker = start({
      openRecipe,
      records,
      changes: elsewhere ? createJobChanges({ records }) : services.changes,
    });
    const { id } = await queue(5);
    await vi.waitFor(() => expect(begun()).toBe(2), { timeout: 3000 });
    const asked = performance.now();
    await end(id);
    await vi.waitFor(() => expect(ended()).toBe(2), { timeout: 3000, interval: 5 });
    const limit = elsewhere ? 1000 : 100;
    expect(performance.now() - asked).toBeLessThan(limit);
    await vi.waitFor(() => expect(worker.running).toBe(0));
    expect(begun()).toBe(2);
    await worker.stop();
    if (elsewhere) records.close();
  });

  test("UWS-47: its execution duration; what is done stays, and the job says why", async () => {
    const never = endless();
    const openRecipe: WorkerOptions["openRecipe"] = (recipe, signal) =>
      recipe[0][1].startsWith("0 ") ? Promise.resolve(cutoutOf(bytes(4))) : never.openRecipe(recipe, signal, ANA.id);
    const { id } = await jobs.create({ owner: ANA, parameters: circles(3), list: null, run: false });
    await jobs.setExecutionDuration(id, ANA, 1);
    await jobs.run(id, ANA);
    start({ openRecipe });
    const job = await untilPhase(id, "ABORTED");
    expect(job.error).toEqual({ kind: "fatal", message: "UsageError: Cannot finish the job within its 1 seconds" });
    expect(job.progress).toMatchObject({ done: 1, waiting: 2, storedBytes: 4 });
    await vi.waitFor(() => expect(never.ended()).toBe(2));
  });

  test("the end of the job's life", async () => {
    const { openRecipe, begun, ended } = endless();
    const worker = start({ openRecipe });
    const { id } = await queue(2);
    await vi.waitFor(() => expect(begun()).toBe(2));
    await jobs.setDestruction(id, ANA, 0);
    await vi.waitFor(() => expect(ended()).toBe(2), { timeout: 3000 });
    await vi.waitFor(() => expect(worker.running).toBe(0));
    expect(begun()).toBe(2);
  });

  test("the stop of the worker: it is given back, with no attempt counted", async () => {
    const { openRecipe, begun, ended } = endless();
    const worker = start({ openRecipe });
    const { id } = await queue(3);
    await vi.waitFor(() => expect(begun()).toBe(2));
    await worker.stop();
    expect(ended()).toBe(2);
    const job = await jobs.get(id, ANA);
    expect(job).toMatchObject({ phase: "EXECUTING", progress: { waiting: 3, running: 0 } });
    expect((await jobs.results(id, ANA)).map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
    expect(services.records.sqlite.prepare("select count(*) from worker").pluck().get()).toBe(0);
    start();
    await untilPhase(id, "COMPLETED");
  });

  test("a lease that ran out while the process was paused: it leaves nothing, and what the other makes stays", async () => {
    // Its clock stands still, so its heart does: as a process that was stopped and goes on.
    let frozen: number | null = null;
    const now = () => frozen ?? Date.now();
    let goOn = () => {};
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    let opened = 0;
    const slow: WorkerOptions["openRecipe"] = async () => {
      opened++;
      frozen = Date.now();
      await waiting; // and does not hear that it is to stop
      return cutoutOf(bytes(99));
    };
    const paused = start({ openRecipe: slow, now, leaseSeconds: 1, concurrency: 1 });
    const { id } = await queue(1);
    await vi.waitFor(() => expect(opened).toBe(1));
    const records = openTestRecords(join(folder, "records.sqlite"));
    const other = start({ records, changes: createJobChanges({ records }), leaseSeconds: 1 });
    await untilPhase(id, "COMPLETED");
    goOn();
    frozen = null;
    await vi.waitFor(() => expect(paused.running).toBe(0), { timeout: 3000 });
    expect(log.map(({ what }) => what)).toContain("lost");
    await vi.waitFor(() => expect(log.map(({ what }) => what)).toContain("lost-lease"), { timeout: 3000 });
    const { file, attempts } = await jobs.result(id, ANA, 1);
    expect(file).toMatchObject({ name: "cut_v2.fits", byteLength: 10 });
    expect(attempts).toBe(2);
    expect([...services.results.files.keys()]).toEqual([`${id}/cut_v2.fits`]);
    expect(storedBytes()).toBe(10);
    await other.stop();
    records.close();
  });
});

test("a file that is whole when its result is taken away is removed", async () => {
  const { results, records } = services;
  const late: typeof results = {
    ...results,
    async write(jobId, ...rest) {
      const written = await results.write(jobId, ...rest);
      expect(results.files.size).toBe(1);
      abortJob(records, { id: jobId, now: Date.now() }); // and the worker is not told
      return written;
    },
  };
  const worker = start({ results: late });
  const { id } = await queue(1);
  await untilPhase(id, "ABORTED");
  await vi.waitFor(() => expect(worker.running).toBe(0));
  expect(log.map(({ what }) => what)).toContain("lost");
  expect(results.files.size).toBe(0);
  expect(storedBytes() ?? 0).toBe(0);
});

describe("several workers on one database", () => {
  test("make every result once, whoever is aborted meanwhile", async () => {
    const made = new Map<string, number>();
    const openRecipe: WorkerOptions["openRecipe"] = async (recipe) => {
      const key = JSON.stringify(recipe);
      made.set(key, (made.get(key) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      return cutoutOf(bytes(5));
    };
    const connections = Array.from({ length: 3 }, () => openTestRecords(join(folder, "records.sqlite")));
    for (const records of connections)
      start({ records, changes: createJobChanges({ records }), openRecipe, concurrency: 4 });
    const { id } = await jobs.create({
      owner: BEN,
      parameters: Array.from({ length: 150 }, (_, i) => ["CIRCLE", `ben ${i}`] as const),
      list: null,
      run: true,
    });
    const aborted = await queue(100);
    setTimeout(() => void jobs.abort(aborted.id, ANA), 40);
    await untilPhase(id, "COMPLETED", BEN);
    await untilPhase(aborted.id, "ABORTED");
    await jobs.rerun(aborted.id, ANA);
    const job = await untilPhase(aborted.id, "COMPLETED");
    expect(job.progress.done).toBe(100);
    expect((await jobs.get(id, BEN)).progress.done).toBe(150);
    expect([...made].filter(([key, times]) => key.includes("ben") && times !== 1)).toEqual([]);
    expect(storedBytes()).toBe(250 * 5);
    expect(services.results.files.size).toBe(250);
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    for (const records of connections) records.close();
  });

  test("five results of one user do not wait for a thousand of another", async () => {
    const openRecipe = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return cutoutOf(bytes(1));
    };
    await queue(1000);
    start({ openRecipe });
    const { id } = await queue(5, BEN);
    await untilPhase(id, "COMPLETED", BEN);
    const [ana] = await jobs.list(ANA, { phases: [], after: undefined, last: 1 });
    expect((await jobs.get(ana.id, ANA)).progress.done).toBeLessThan(100);
  });
});
