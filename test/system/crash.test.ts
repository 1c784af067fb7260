import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { User } from "../../src/access/user.ts";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { resultsFolder } from "../../src/bin/data-files.ts";
import { createJobServices, type JobServices } from "../../src/bin/job-services.ts";
import { openJobStore } from "../../src/bin/job-store.ts";
import { openRecords } from "../../src/bin/records.ts";
import { createServices, type Services } from "../../src/bin/services.ts";
import { listWrongUsage } from "../../src/jobs/collector-records.ts";
import { collect } from "../../src/jobs/collector.ts";
import type { JobResult } from "../../src/jobs/job.ts";
import { ingestFolders, SAMPLE_FOLDER } from "../support/sample-services.ts";
import { testUser } from "../support/users.ts";
import { spawnRecorte, type SpawnedProgram } from "../support/spawned-program.ts";

const KILLS = 60;
const USERS = ["ana", "ben", "test"].map((id) => testUser(id));
/** Of the last of them. */
const TOKEN = "crash-test-token-0123456789";
/** Inside the overlap-free middle of the sample survey: every circle has pixels. */
const CENTER = { raDegrees: 59.09, decDegrees: -52.811 };

let folder: string;
let services: Services;
let jobServices: JobServices;
const programs = new Map<string, SpawnedProgram>();
/** What was logged that no death explains. */
const faults: string[] = [];
let lostLeases = 0;
/** Draws as it did in the run that printed this seed. */
const seed = Number(process.env.RECORTE_CRASH_SEED ?? Date.now() % 2 ** 31);
const random = generator(seed);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "recorte-crash-"));
  await ingestFolders(folder, { sim_sample: join(SAMPLE_FOLDER, "sim") });
  const configuration = readConfiguration({
    RECORTE_DATA: folder,
    RECORTE_DECODE_WORKERS: "0",
    RECORTE_JOB_MAX_ACTIVE: "1000",
  });
  services = await createServices(configuration);
  const records = openRecords(configuration);
  // Whoever has no account has no results either.
  const addUser = records.sqlite.prepare("insert into user (id, name, role, created_at) values (?, ?, 'user', 0)");
  for (const { id, name } of USERS) addUser.run(id, name);
  jobServices = createJobServices(configuration, services, openJobStore(configuration, records));
});
afterEach(async () => {
  await Promise.all([...programs.values()].map((program) => program.stop()));
  await services.close();
  jobServices.records.close();
  rmSync(folder, { recursive: true });
});

test(`jobs survive ${KILLS} deaths of their processes at any instant`, { timeout: 240_000 }, async () => {
  console.log(`RECORTE_CRASH_SEED=${seed}`);
  let sent = 0;
  const keepBusy = async () => {
    const { waiting } = count(jobServices);
    if (waiting < 150) await sendJob(USERS[sent++ % USERS.length], 100 + Math.floor(random() * 200));
  };
  let killedAtWork = 0;
  for (const name of ["serve", "work"]) start(name);
  for (let kill = 0; kill < KILLS; kill++) {
    const sending = keepBusy();
    await sleep(100 + random() * 1100);
    const [name, other] = random() < 0.5 ? ["serve", "work"] : ["work", "serve"];
    const pausing = kill % 8 === 4 ? pauseProgram(other) : undefined;
    if (count(jobServices).running > 0) killedAtWork++;
    await killProgram(name);
    expectRightSums(jobServices);
    start(name);
    await Promise.all([sending, pausing]);
  }
  const phases = jobServices.records.sqlite.prepare("select distinct phase from job").pluck();
  await until(() => phases.all().join() === "COMPLETED", 90);
  await Promise.all([...programs.values()].map((program) => program.stop()));
  for (const program of programs.values()) noteFaults(program);
  expect(faults).toEqual([]);
  // Else nothing was tried.
  expect(lostLeases).toBeGreaterThan(0);
  expect(killedAtWork).toBeGreaterThan(KILLS / 2);

  await collectGarbage();
  const jobs = USERS.map((user) => jobServices.jobs.list(user, { phases: [], after: undefined, last: undefined }));
  let results = 0;
  let attempts = 0;
  let bytes = 0;
  const ids: string[] = [];
  for (const { id, owner } of (await Promise.all(jobs)).flat()) {
    ids.push(id);
    const user = USERS.find((one) => one.id === owner) as User;
    const of = await jobServices.jobs.results(id, user);
    const { parameters } = await jobServices.jobs.get(id, user);
    expect(of.length).toBe(parameters.filter(([name]) => name === "CIRCLE").length);
    expect(of.filter(({ state }) => state !== "DONE")).toEqual([]);
    expect(readdirSync(join(resultsFolder(readConfiguration({ RECORTE_DATA: folder })), id)).sort()).toEqual(
      of.map(({ file }) => file?.name ?? "").sort(),
    );
    for (const result of of) bytes += checkFile(result);
    results += of.length;
    attempts += of.reduce((sum, result) => sum + result.attempts, 0);
  }
  expect(readdirSync(resultsFolder(readConfiguration({ RECORTE_DATA: folder }))).sort()).toEqual(ids.sort());
  expectRightSums(jobServices);
  const sums = jobServices.records.sqlite.prepare("select sum(stored_bytes), sum(reserved_bytes) from usage").raw();
  expect(sums.get()).toEqual([bytes, 0]);
  expect(jobServices.records.sqlite.prepare("select count(*) from worker").pluck().get()).toBe(0);
  console.log(
    `${ids.length} jobs, ${results} results, ${attempts - results} further attempts, ${lostLeases} leases lost, ${bytes} bytes`,
  );
});

test("processes that die at the edge of what a user may store never pass it", { timeout: 120_000 }, async () => {
  const [owner] = USERS;
  const limit = 8_000_000;
  const limits = { RECORTE_LIMITS_USER: `storedBytes=${limit}` };
  for (let i = 0; i < 3; i++) await sendJob(owner, 400);
  const names = ["work-1", "work-2", "work-3"];
  for (const name of names) start(name, limits);
  const { sqlite } = jobServices.records;
  const used = sqlite.prepare<[], { stored: number; reserved: number }>(
    "select total(stored_bytes) as stored, total(reserved_bytes) as reserved from usage",
  );
  const most = { stored: 0, both: 0 };
  const look = () => {
    const { stored = 0, reserved = 0 } = used.get() ?? {};
    most.stored = Math.max(most.stored, stored);
    most.both = Math.max(most.both, stored + reserved);
  };
  const watch = setInterval(look, 2);
  let killedAtWork = 0;
  for (let kill = 0; kill < 12; kill++) {
    await until(() => (used.get()?.reserved ?? 0) > 0 || count(jobServices).waiting === 0, 10);
    await sleep(random() * 300);
    const name = names[kill % names.length];
    if ((used.get()?.reserved ?? 0) > 0) killedAtWork++;
    await killProgram(name);
    expectRightSums(jobServices);
    start(name, limits);
  }
  const phases = sqlite.prepare("select distinct phase from job").pluck();
  await until(() => phases.all().join() === "COMPLETED", 60);
  clearInterval(watch);
  look();
  expectRightSums(jobServices);
  expect(most.both).toBeLessThanOrEqual(limit);
  expect(used.get()?.reserved).toBe(0);
  const sizes = sqlite.prepare("select min(byte_length) from job_result where state = 'DONE'").pluck().get() as number;
  // Else nothing was tried.
  expect(most.stored).toBeGreaterThan(limit - 20 * sizes);
  expect(killedAtWork).toBeGreaterThan(3);
  const why = sqlite.prepare("select distinct error_code from job_result where state = 'FAILED'").pluck().all();
  expect(why).toEqual(["over-limit"]);
  console.log(
    `${most.stored} of ${limit} bytes stored, ${most.both} with those reserved; ${killedAtWork} deaths at work`,
  );
});

test("SIGTERM gives back what is worked on, as if it had never begun", async () => {
  await sendJob(USERS[0], 400);
  start("work");
  await until(() => count(jobServices).waiting < 390, 30);
  const asked = performance.now();
  expect(await (programs.get("work") as SpawnedProgram).stop()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(3000);
  expect(count(jobServices)).toMatchObject({ running: 0 });
  expect(count(jobServices).waiting).toBeGreaterThan(0);
  const { sqlite } = jobServices.records;
  expect(sqlite.prepare("select count(*) from job_result where attempts <> (state = 'DONE')").pluck().get()).toBe(0);
  expect(sqlite.prepare("select count(*) from worker").pluck().get()).toBe(0);
  for (const { id } of await jobServices.jobs.list(USERS[0], { phases: [], after: undefined, last: undefined })) {
    const left = readdirSync(join(resultsFolder(readConfiguration({ RECORTE_DATA: folder })), id));
    expect(left.filter((file) => file.endsWith(".part"))).toEqual([]);
  }
});

/** "work-1" is `recorte work`. */
function start(name: string, more: Record<string, string> = {}): void {
  const env = {
    PORT: "0",
    RECORTE_DATA: folder,
    RECORTE_JOB_LEASE: "1",
    RECORTE_JOB_WORKERS: "2",
    RECORTE_DECODE_WORKERS: "0",
    RECORTE_JOB_MAX_ACTIVE: "1000",
    RECORTE_TEST_TOKEN: TOKEN,
    ...more,
  };
  const [command] = name.split("-");
  programs.set(name, spawnRecorte([command], env));
}

/** Without a word to it. */
async function killProgram(name: string): Promise<void> {
  const program = programs.get(name) as SpawnedProgram;
  process.kill(-(program.child.pid as number), "SIGKILL");
  expect(await program.ended, program.output()).toBeNull(); // it lived until then
  noteFaults(program);
}

/** For longer than its lease: others take what it held, and then it goes on as if nothing had been. */
async function pauseProgram(name: string): Promise<void> {
  const program = programs.get(name) as SpawnedProgram;
  await program.waitFor(/"what":"started"/, 30);
  program.child.kill("SIGSTOP");
  await sleep(1600);
  program.child.kill("SIGCONT");
}

function noteFaults(program: SpawnedProgram): void {
  lostLeases += program.output().match(/"what":"lost-lease"/g)?.length ?? 0;
  faults.push(
    ...program
      .output()
      .split("\n")
      .filter((line) => /"what":"(failed|FAILED|retry)"/.test(line)),
  );
}

/** Half of the jobs are made, and then run. Those of one user come by HTTP, or not at all where the server is killed. */
async function sendJob(owner: User, results: number): Promise<void> {
  const parameters: [string, string][] = [
    ["ID", "sim_sample"],
    ["FILTER", random() < 0.5 ? "g" : "r"],
    ...Array.from({ length: results }, (): [string, string] => {
      const { raDegrees, decDegrees } = CENTER;
      const circle = [raDegrees + random() * 0.1, decDegrees + random() * 0.1, 0.02 + random() * 0.25];
      return ["CIRCLE", circle.map((number) => number.toFixed(5)).join(" ")];
    }),
  ];
  const run = random() < 0.5;
  if (owner.id === "test") return postJob([...parameters, ["PHASE", "RUN"]]);
  const { id } = await jobServices.jobs.create({ owner, parameters, list: null, run });
  if (!run) await jobServices.jobs.run(id, owner);
}

async function postJob(parameters: [string, string][]): Promise<void> {
  const url = /http:\/\/localhost:\d+/.exec(programs.get("serve")?.output() ?? "")?.[0];
  if (url === undefined) return; // it is just starting
  const body = new URLSearchParams(parameters);
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${url}/async`, { method: "POST", headers, body, redirect: "manual" }).catch(() => null);
  if (response !== null) expect(response.status, await response.text().catch(() => "")).toBe(303);
}

/** What users have on record is what their results have, at every moment: also just after a death. */
function expectRightSums({ records }: JobServices): void {
  expect(listWrongUsage(records)).toEqual([]);
}

function count({ records }: JobServices): { waiting: number; running: number } {
  const select = records.sqlite.prepare("select count(*) from job_result where state = ?").pluck();
  return { waiting: select.get("WAITING") as number, running: select.get("RUNNING") as number };
}

async function until(condition: () => boolean, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`It did not come to be within ${seconds} s`);
    await sleep(50);
  }
}

/** The size of the file, which is what the records say of it. */
function checkFile({ jobId, file }: JobResult): number {
  if (file === null) throw new Error(`A result of job ${jobId} has no file`);
  const bytes = readFileSync(join(resultsFolder(readConfiguration({ RECORTE_DATA: folder })), jobId, file.name));
  expect(bytes.length).toBe(file.byteLength);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(file.sha256);
  expect(bytes.length % 2880).toBe(0);
  expect(bytes.toString("latin1", 0, 9)).toBe("SIMPLE  =");
  return bytes.length;
}

/** Numbers in [0, 1) that follow from the seed. */
function generator(from: number): () => number {
  let state = from;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What deaths left behind: unfinished files, and whole ones that no row names. */
async function collectGarbage(): Promise<void> {
  const limits = { strangerGraceSeconds: 0, partialGraceSeconds: 0, historySeconds: 1, workerGraceSeconds: 0 };
  const { records, results } = jobServices;
  const services = { records, results, changes: { notify: () => undefined }, limits, now: () => Date.now() + 2000 };
  const signal = new AbortController().signal;
  const collected = await collect(services, { thorough: true, dryRun: false, signal });
  console.log(JSON.stringify(collected));
  expect(collected).toMatchObject({ jobs: 0, folders: 0, lostFiles: 0, correctedUsage: 0, problems: [] });
}
