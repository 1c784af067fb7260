import { beforeEach, describe, expect, test } from "vitest";
import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../../../src/db/records-database.ts";
import { createJobOverview } from "../../../src/jobs/job-overview.ts";
import { createQueueReader } from "../../../src/jobs/queue-state.ts";

const NOW = 1_800_000_000_000;

let records: RecordsDatabase;
beforeEach(() => {
  records = openRecordsDatabase(":memory:");
  migrateRecords(records);
});

const queue = () => createQueueReader(records, { leaseSeconds: 30 });

type Fields = { owner?: string; phase?: string; queuedAt?: number; destructionAt?: number; states?: readonly string[] };

function addJob(id: string, { owner = "ana", phase = "QUEUED", queuedAt = NOW, ...fields }: Fields) {
  const { destructionAt = NOW + 1, states = [] } = fields;
  records.sqlite
    .prepare(
      `insert into job (id, owner, priority, phase, parameters, created_at, queued_at, destruction_at, execution_duration_s)
       values (?, ?, 1, ?, '[]', 1, ?, ?, 0)`,
    )
    .run(id, owner, phase, queuedAt, destructionAt);
  const add = records.sqlite.prepare("insert into job_result (job_id, number, recipe, state) values (?, ?, '[]', ?)");
  states.forEach((state, index) => add.run(id, index + 1, state));
}

describe("the queue", () => {
  beforeEach(() => {
    addJob("a", { queuedAt: NOW - 5000, states: ["WAITING", "WAITING"] });
    addJob("b", { phase: "EXECUTING", queuedAt: NOW - 90_000, states: ["RUNNING", "WAITING", "DONE"] });
    addJob("c", { phase: "ABORTED", states: ["WAITING"] });
    addJob("being made", { owner: "", queuedAt: NOW - 100_000, states: ["WAITING"] });
    addJob("over", { destructionAt: NOW, queuedAt: NOW - 100_000, states: ["WAITING", "RUNNING"] });
    addJob("over, and being made", { owner: "", phase: "PENDING", destructionAt: NOW });
  });

  test("is of jobs that are there, and none that is being made or whose time is over", () => {
    expect(queue().queue(NOW)).toEqual({
      ...{ waitingJobs: 1, runningJobs: 1, oldestQueuedAt: NOW - 5000 },
      ...{ waitingResults: 3, runningResults: 1 },
    });
    expect(queue().phases(NOW)).toMatchObject({ QUEUED: 1, EXECUTING: 1, ABORTED: 1, PENDING: 0, COMPLETED: 0 });
    expect(queue().phases(NOW - 1)).toMatchObject({ QUEUED: 2 });
  });

  test("is told to administrators as it is", () => {
    const overview = createJobOverview(records, { queue: queue(), now: () => NOW });
    expect(overview.queue()).toEqual({ ...queue().queue(NOW), workers: 0 });
    expect(overview.phases()).toEqual([
      { phase: "QUEUED", jobs: 1 },
      { phase: "EXECUTING", jobs: 1 },
      { phase: "ABORTED", jobs: 1 },
    ]);
  });

  test("is counted as far as one wants to know", () => {
    expect(queue().queue(NOW, { mostResults: 2 })).toMatchObject({ waitingResults: 2, runningResults: 1 });
  });
});

test("the collector is no worker, and neither is one that was not heard of for a lease", () => {
  const add = records.sqlite.prepare("insert into worker (id, started_at, heartbeat_at) values (?, 1, ?)");
  add.run("collector", NOW);
  add.run("dead", NOW - 30_000);
  expect(queue().workers(NOW)).toBe(0);
  add.run("alive", NOW - 29_999);
  expect(queue().workers(NOW)).toBe(1);
});
