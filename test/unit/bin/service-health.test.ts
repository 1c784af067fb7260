import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkHealth, type HealthSources } from "../../../src/bin/service-health.ts";
import { migrateIndex, openIndexDatabase } from "../../../src/db/index-database.ts";
import { createQueueReader } from "../../../src/jobs/queue-state.ts";
import { migrateRecords, openRecordsDatabase } from "../../../src/db/records-database.ts";

let folder: string;
let sources: HealthSources;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorte-health-"));
  const index = openIndexDatabase(":memory:");
  migrateIndex(index);
  const records = openRecordsDatabase(":memory:");
  migrateRecords(records);
  records.sqlite.prepare("insert into worker (id, started_at, heartbeat_at) values ('w', 1, ?)").run(Date.now());
  const stopping = new AbortController().signal;
  const queue = createQueueReader(records, { leaseSeconds: 30 });
  sources = { index, records, resultsFolder: folder, archiveFolders: () => [folder], queue, stopping };
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const problemsOf = async (changes: Partial<HealthSources> = {}) =>
  (await checkHealth({ ...sources, ...changes })).parts.flatMap(({ name, problem }) =>
    problem === null ? [] : [name],
  );

test("a service that has all it needs is well", async () => {
  expect(await problemsOf()).toEqual([]);
  expect((await checkHealth(sources)).draining).toBe(false);
});

test("a folder of results that is not made yet is no problem, and one that is a file is", async () => {
  expect(await problemsOf({ resultsFolder: join(folder, "results") })).toEqual([]);
  expect(await problemsOf({ resultsFolder: join(import.meta.filename, "results") })).toEqual(["results of jobs"]);
});

test("an archive that is not mounted is told, without its place", async () => {
  const { parts } = await checkHealth({ ...sources, archiveFolders: () => [folder, "/nowhere/at/all"] });
  expect(parts.filter(({ problem }) => problem !== null).map(({ name }) => name)).toEqual(["archive"]);
  expect(JSON.stringify(parts)).not.toContain("nowhere");
});

test("without a worker that is heard of, jobs would wait for ever", async () => {
  sources.records.sqlite.exec("update worker set heartbeat_at = heartbeat_at - 60000");
  expect(await problemsOf()).toEqual(["workers on jobs"]);
});

test("a database that does not answer is told", async () => {
  sources.records.close();
  expect(await problemsOf()).toEqual(["job records", "workers on jobs"]);
});

test("a process that is about to end says so", async () => {
  expect((await checkHealth({ ...sources, stopping: AbortSignal.abort() })).draining).toBe(true);
});
