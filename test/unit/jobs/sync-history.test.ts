import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { migrateRecords, openRecordsDatabase, type RecordsDatabase } from "../../../src/db/records-database.ts";
import { createSyncHistory, type SyncEntry } from "../../../src/jobs/sync-history.ts";

let records: RecordsDatabase;
const onFailure = vi.fn();
beforeEach(() => {
  vi.useFakeTimers();
  onFailure.mockReset();
  records = openRecordsDatabase(":memory:");
  migrateRecords(records);
});
afterEach(() => {
  vi.useRealTimers();
  records.close();
});

const entry: SyncEntry = {
  owner: "test",
  startedAt: 1000,
  runId: "night-1",
  parameters: [["ID", "des_dr2"]],
  status: 200,
  durationMilliseconds: 12.6,
  workMilliseconds: 3.5,
  byteLength: 2880,
  cost: { outputBytes: 64, outputPixels: 16, tiles: 1, bytesToRead: 30, pixelsToDecode: 40 },
  error: undefined,
};
const rowsOf = () => records.sqlite.prepare("select * from sync_request order by id").all();

test("requests are written together, a little later", () => {
  const history = createSyncHistory(records, { delayMilliseconds: 200, onFailure });
  history.record(entry);
  history.record({ ...entry, status: 404, cost: undefined, error: "UsageError: Cannot find release" });
  expect(rowsOf()).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(rowsOf()).toMatchObject([
    {
      owner: "test",
      status: 200,
      duration_ms: 13,
      work_ms: 3.5,
      run_id: "night-1",
      bytes_to_read: 30,
      pixels_to_decode: 40,
    },
    { status: 404, work_ms: null, pixels_to_decode: null, error: "UsageError: Cannot find release" },
  ]);
});

test("closing writes what is waiting and leaves no timer", () => {
  const history = createSyncHistory(records, { delayMilliseconds: 200, onFailure });
  history.record(entry);
  history.close();
  expect(rowsOf()).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("a user sees their own, the newest first, those still waiting too", () => {
  const history = createSyncHistory(records, { delayMilliseconds: 200, onFailure });
  for (const [owner, startedAt] of [
    ["test", 1],
    ["other", 2],
    ["test", 3],
    ["test", 4],
  ] as const) {
    history.record({ ...entry, owner, startedAt });
  }
  expect(history.list({ owner: "test", after: 1, last: 10 }).map((row) => row.startedAt)).toEqual([4, 3]);
  expect(history.list({ owner: "test", after: undefined, last: 1 }).map((row) => row.startedAt)).toEqual([4]);
  history.close();
});

test("a megabyte of parameters leaves ten kilobytes of history", () => {
  const history = createSyncHistory(records, { delayMilliseconds: 200, onFailure });
  history.record({
    ...entry,
    parameters: [
      ["POLYGON", "1 ".repeat(500_000)],
      ["BAND", "3 4"],
    ],
  });
  const [{ parameters }] = history.list({ owner: "test", after: undefined, last: 1 });
  expect(JSON.stringify(parameters).length).toBeLessThan(10_100);
});

test("rows that cannot be written are reported, and requests go on", () => {
  const history = createSyncHistory(records, { delayMilliseconds: 200, onFailure });
  history.record(entry);
  records.sqlite.exec("drop table sync_request");
  expect(() => vi.advanceTimersByTime(200)).not.toThrow();
  expect(onFailure).toHaveBeenCalledOnce();
  history.record(entry);
  history.close();
});
