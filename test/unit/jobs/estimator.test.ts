import { afterEach, beforeEach, expect, test } from "vitest";
import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../../../src/db/records-database.ts";
import { job, jobResult } from "../../../src/db/records-schema.ts";
import { createEstimator, type EstimatorServices } from "../../../src/jobs/estimator.ts";
import { FIRST_GUESS } from "../../../src/jobs/run-times.ts";

let records: RecordsDatabase;
beforeEach(() => {
  records = openRecordsDatabase(":memory:");
  migrateRecords(records);
});
afterEach(() => records.close());

const NOW = 1_000_000;
const cost = { outputBytes: 4, outputPixels: 1, tiles: 1, bytesToRead: 50_000_000, pixelsToDecode: 50_000_000 };
const secondsEach = FIRST_GUESS.fixedSeconds + 1e8 * FIRST_GUESS.secondsPerUnit;
const signal = new AbortController().signal;
const recipes = (n: number) => new Array(n).fill([["ID", "a"]]) as [string, string][][];
const mine = { id: "mine", owner: "me", priority: 1 };

function estimator(changes: Partial<EstimatorServices> = {}) {
  return createEstimator({ records, costOf: () => Promise.resolve(cost), concurrency: 1, now: () => NOW, ...changes });
}

function addJob(id: string, owner: string, priority: number, results: number): void {
  const times = { createdAt: 1, queuedAt: 1, destructionAt: 2, executionDurationSeconds: 0 };
  records.orm
    .insert(job)
    .values({ id, owner, priority, phase: "QUEUED", parameters: [], ...times })
    .run();
  for (let number = 1; number <= results; number++) {
    records.orm.insert(jobResult).values({ jobId: id, number, recipe: [], state: "WAITING" }).run();
  }
}

test("a job on an idle machine is quoted what its cutouts cost", async () => {
  const quote = await estimator().quote({ ...mine, recipes: recipes(100) }, signal);
  expect(quote - NOW).toBeCloseTo(100 * secondsEach * 1000, -1);
});

test("two results at a time take half as long", async () => {
  const quote = await estimator({ concurrency: 2 }).quote({ ...mine, recipes: recipes(100) }, signal);
  expect(quote - NOW).toBeCloseTo(50 * secondsEach * 1000, -1);
});

test("a large job is planned by a sample of it", async () => {
  let planned = 0;
  const costOf = () => (planned++, Promise.resolve(cost));
  await estimator({ costOf }).quote({ ...mine, recipes: recipes(5000) }, signal);
  expect(planned).toBe(16);
});

test("planning that takes long stops after a second", async () => {
  let time = NOW;
  const costOf = () => ((time += 400), Promise.resolve(cost));
  const quote = await estimator({ costOf, now: () => time }).quote({ ...mine, recipes: recipes(10) }, signal);
  expect(quote - time).toBeCloseTo(10 * secondsEach * 1000, -1);
  expect(time - NOW).toBeLessThan(1300);
});

test.each([
  ["an urgent job goes before", "other", 0, 40, 40],
  ["a less urgent one comes after", "other", 2, 40, 0],
  ["other owners take turns with this one", "other", 1, 40, 10],
  ["the same owner's earlier job goes before", "me", 1, 40, 40],
] as const)("%s", async (_, owner, priority, results, ahead) => {
  addJob("theirs", owner, priority, results);
  const quote = await estimator().quote({ ...mine, recipes: recipes(10) }, signal);
  expect(quote - NOW).toBeCloseTo((10 + ahead) * secondsEach * 1000, -1);
});

test("results that ran before teach how long the next take", async () => {
  addJob("past", "me", 1, 0);
  for (let number = 1; number <= 100; number++) {
    const ran = { startedAt: 0, endedAt: 20_000, bytesToRead: 50_000_000, pixelsToDecode: 50_000_000 };
    records.orm
      .insert(jobResult)
      .values({ jobId: "past", number, recipe: [], state: "DONE", ...ran })
      .run();
  }
  const quote = await estimator().quote({ ...mine, recipes: recipes(3) }, signal);
  expect(quote - NOW).toBeCloseTo(60_000, -3);
});
