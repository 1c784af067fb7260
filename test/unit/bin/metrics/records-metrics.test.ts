import { Registry } from "prom-client";
import { beforeEach, expect, test, vi } from "vitest";
import {
  addRecordsMetrics,
  createSnapshotReader,
  keepSnapshot,
  MAX_COUNTED,
} from "../../../../src/bin/metrics/records-metrics.ts";
import { createQueueReader } from "../../../../src/jobs/queue-state.ts";
import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../../../../src/db/records-database.ts";

const NOW = 1_800_000_000_000;

let records: RecordsDatabase;
beforeEach(() => {
  records = openRecordsDatabase(":memory:");
  migrateRecords(records);
});

function addJob(id: string, { phase = "QUEUED", priority = 1, queuedAt = NOW, waiting = 0, done = 0 }) {
  records.sqlite
    .prepare(
      `insert into job (id, owner, priority, phase, parameters, created_at, queued_at, destruction_at, execution_duration_s)
       values (?, 'anonymous', ?, ?, '[]', 1, ?, 9e15, 0)`,
    )
    .run(id, priority, phase, queuedAt);
  const add = records.sqlite.prepare("insert into job_result (job_id, number, recipe, state) values (?, ?, '[]', ?)");
  for (let i = 0; i < waiting + done; i++) add.run(id, i + 1, i < done ? "DONE" : "WAITING");
}

const snapshot = () => createSnapshotReader(records, createQueueReader(records, { leaseSeconds: 30 }))(NOW);

test("an empty queue is one", () => {
  const found = snapshot();
  expect(found).toMatchObject({ waitingResults: 0, oldestSeconds: 0, workers: 0, storage: [] });
  expect(Object.values(found.phases)).toEqual(new Array(10).fill(0));
});

test("jobs are counted by phase, results that wait in jobs that are at work, and the oldest of any priority", () => {
  addJob("a", { priority: 1, queuedAt: NOW - 5000, waiting: 3 });
  addJob("b", { priority: 3, queuedAt: NOW - 90_000, waiting: 2 });
  addJob("c", { priority: 2, queuedAt: NOW - 10_000, waiting: 1 });
  addJob("d", { phase: "EXECUTING", queuedAt: NOW - 500_000, waiting: 4, done: 5 });
  addJob("e", { phase: "ABORTED", queuedAt: NOW - 900_000, waiting: 7 });
  expect(snapshot()).toMatchObject({
    phases: { QUEUED: 3, EXECUTING: 1, ABORTED: 1, COMPLETED: 0 },
    waitingResults: 10,
    oldestSeconds: 90,
  });
});

test("of many results that wait, so many are counted", () => {
  addJob("a", { waiting: MAX_COUNTED + 100 });
  expect(snapshot().waitingResults).toBe(MAX_COUNTED);
});

test("a worker that was not heard of is none, and neither is the collector", () => {
  const add = records.sqlite.prepare("insert into worker (id, started_at, heartbeat_at) values (?, 1, ?)");
  add.run("alive", NOW - 29_000);
  add.run("dead", NOW - 31_000);
  add.run("collector", NOW);
  expect(snapshot().workers).toBe(1);
});

test("what is stored and reserved is summed by role", async () => {
  const { sqlite } = records;
  sqlite.exec(`insert into user (id, name, role, created_at) values ('u1', 'a', 'user', 1), ('u2', 'b', 'user', 1),
    ('p1', 'c', 'priority', 1)`);
  sqlite.exec(`insert into usage (owner, stored_bytes, reserved_bytes) values ('u1', 10, 1), ('u2', 20, 2),
    ('p1', 40, 4), ('anonymous', 80, 8)`);
  const registry = new Registry();
  addRecordsMetrics(registry, snapshot);
  const text = await registry.metrics();
  expect(text).toContain('recorte_stored_bytes{role="user"} 30\n');
  expect(text).toContain('recorte_stored_bytes{role="priority"} 40\n');
  expect(text).toContain('recorte_stored_bytes{role="anonymous"} 80\n');
  expect(text).toContain('recorte_reserved_bytes{role="user"} 3\n');
});

test("the records are looked at once in five seconds, and seldomer where that takes long", () => {
  const read = vi.fn(() => snapshot());
  let time = 0;
  const kept = keepSnapshot(read, { now: () => NOW, monotonic: () => time });
  kept();
  time = 4999;
  kept();
  expect(read).toHaveBeenCalledTimes(1);
  time = 5000;
  read.mockImplementationOnce(() => {
    time += 20; // milliseconds that it takes
    return snapshot();
  });
  kept();
  time = 5020 + 19_999;
  kept();
  expect(read).toHaveBeenCalledTimes(2);
  time++;
  kept();
  expect(read).toHaveBeenCalledTimes(3);
});

test("records that do not answer leave their gauges empty, and the rest as it is", async () => {
  const registry = new Registry();
  addRecordsMetrics(registry, snapshot);
  records.close();
  expect(await registry.metrics()).not.toMatch(/^recorte_jobs\{/m);
});
