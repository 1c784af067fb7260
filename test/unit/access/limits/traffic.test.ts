import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTraffic, type Reservation, type Traffic } from "../../../../src/access/limits/traffic.ts";
import type { RecordsDatabase } from "../../../../src/db/records-database.ts";
import { openTestRecords } from "../../../support/job-services.ts";

const DAY = 86_400_000;
const MB = 1e6;

let folder: string;
let clock: number;
const opened: { records: RecordsDatabase; traffic: Traffic }[] = [];
const failures: unknown[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recorte-traffic-"));
  clock = 20_000 * DAY + DAY / 2;
  failures.length = 0;
});
afterEach(() => {
  for (const { records, traffic } of opened.splice(0)) {
    if (records.sqlite.open) traffic.close();
    records.close();
  }
  rmSync(folder, { recursive: true });
  expect(failures).toEqual([]);
});

/** A process of its own: a connection to the same records. */
function begin() {
  const records = openTestRecords(join(folder, "records.sqlite"));
  const traffic = createTraffic(records, { onFailure: (error) => failures.push(error), now: () => clock });
  opened.push({ records, traffic });
  return { records, traffic };
}

const stored = ({ sqlite }: RecordsDatabase, owner = "ana") =>
  (sqlite.prepare("select sum(bytes) from traffic where owner = ?").pluck().get(owner) as number | null) ?? 0;

test("is what was really sent, when nobody sends any more", () => {
  const { records, traffic } = begin();
  const [whole, broken, none] = [1, 2, 3].map(() => traffic.reserve("ana", 1000, 100 * MB));
  expect(traffic.used("ana")).toBe(3000);
  whole?.settle(1000);
  broken?.settle(300);
  broken?.settle(1000); // once is enough
  none?.settle(0);
  expect(traffic.used("ana")).toBe(1300);
  traffic.flush();
  expect(stored(records)).toBe(1300);
});

describe("the limit", () => {
  test("is never passed by several processes at once, and is used to the last byte", () => {
    const processes = [begin(), begin(), begin()];
    const limit = 10 * MB;
    let state = 5;
    const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    let [sent, refused] = [0, 0];
    const underWay: { reservation: Reservation; bytes: number }[] = [];
    for (let i = 0; i < 3000; i++) {
      const { traffic } = processes[Math.floor(random() * 3)] ?? begin();
      if (random() < 0.5 && underWay.length > 0) {
        const [{ reservation, bytes }] = underWay.splice(Math.floor(random() * underWay.length), 1) as [
          (typeof underWay)[0],
        ];
        const really = random() < 0.3 ? Math.floor(bytes * random()) : bytes;
        reservation.settle(really);
        sent += really;
      } else {
        const bytes = Math.floor(random() * 40_000);
        try {
          underWay.push({ reservation: traffic.reserve("ana", bytes, limit), bytes });
        } catch (error) {
          expect(error).toMatchObject({ code: "too-many", retryAfterSeconds: DAY / 2000 });
          refused++;
        }
      }
      const atMost = sent + underWay.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(atMost).toBeLessThanOrEqual(limit);
      expect(stored(processes[0]?.records)).toBeLessThanOrEqual(limit);
    }
    for (const { reservation, bytes } of underWay) {
      reservation.settle(bytes);
      sent += bytes;
    }
    for (const { traffic } of processes) traffic.flush();
    expect(refused).toBeGreaterThan(100);
    expect(stored(processes[0]?.records)).toBe(sent);
    const left = limit - sent;
    if (left > 0) processes[1]?.traffic.reserve("ana", left, limit).settle(left);
    expect(() => processes[2]?.traffic.reserve("ana", 1, limit)).toThrow(
      /Cannot send 1 byte: 10 MB of the 10 MB \(10000000 bytes\)/,
    );
  });

  test("of one answer that is larger than it is told as that", () => {
    const { traffic } = begin();
    expect(() => traffic.reserve("ana", 1001, 1000)).toThrow(expect.objectContaining({ code: "over-limit" }) as Error);
    traffic.reserve("ana", 1000, 1000).settle(1000);
  });

  test("holds each day anew, and an answer that ends tomorrow counts for the day in which it began", () => {
    const { records, traffic } = begin();
    const late = traffic.reserve("ana", 1000, 1000);
    expect(() => traffic.reserve("ana", 1, 1000)).toThrow("1 kB of the 1 kB (1000 bytes)");
    expect(traffic.resetsAt()).toBe(20_001 * DAY);
    clock += DAY / 2;
    traffic.reserve("ana", 900, 1000).settle(900);
    late.settle(400);
    traffic.flush();
    const rows = records.sqlite.prepare("select day, bytes from traffic order by day").all();
    expect(rows).toEqual([
      { day: 20_000, bytes: 400 },
      { day: 20_001, bytes: 900 },
    ]);
    expect(traffic.used("ana")).toBe(900);
  });
});

test("a process that dies loses an allowance and what was left of answers under way, and never lets more be sent", () => {
  const limit = 64 * MB;
  const dead = begin();
  for (let i = 0; i < 10; i++) dead.traffic.reserve("ana", 1000, limit).settle(1000);
  dead.traffic.reserve("ana", 5000, limit);
  dead.records.close(); // without a word
  const { records, traffic } = begin();
  expect(stored(records)).toBeGreaterThanOrEqual(15_000);
  expect(stored(records)).toBeLessThanOrEqual(15_000 + limit / 64);
  expect(traffic.used("ana")).toBe(stored(records));
});

test("hot answers need no statement: a thousand of them some few", () => {
  const { records, traffic } = begin();
  const changes = () => records.sqlite.prepare("select total_changes()").pluck().get() as number;
  const before = changes();
  for (let i = 0; i < 1000; i++) traffic.reserve("ana", 270_000, 1e12).settle(270_000);
  expect(changes() - before).toBeLessThan(20);
  for (let i = 0; i < 1000; i++) traffic.reserve("ben", 270_000, Infinity).settle(270_000);
  expect(changes() - before).toBeLessThan(20);
  expect(traffic.used("ben")).toBe(270_000_000);
  traffic.flush();
  expect(stored(records, "ben")).toBe(270_000_000);
});

test("what a quiet user does not need is given back by itself, and nothing stays in memory", () => {
  vi.useFakeTimers();
  try {
    const { records, traffic } = begin();
    traffic.reserve("ana", 1000, 100 * MB).settle(1000);
    expect(stored(records)).toBeGreaterThan(1000);
    clock += 10_000;
    vi.advanceTimersByTime(10_000);
    expect(stored(records)).toBe(1000);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("days that are long over are forgotten", () => {
  const { records, traffic } = begin();
  traffic.reserve("ana", 1, 1000).settle(1);
  clock += 40 * DAY;
  traffic.reserve("ana", 1, 1000).settle(1);
  traffic.flush();
  expect(records.sqlite.prepare("select day from traffic").pluck().all()).toEqual([20_040]);
});
