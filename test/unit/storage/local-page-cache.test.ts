import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

import { PageCacheReader } from "../../../src/storage/local-page-cache.ts";
import { placedRange } from "../../../src/storage/range-source.ts";
import { placedRanges } from "../../support/placed-ranges.ts";
import { patternOf } from "./describe-range-store.ts";

const bytes = patternOf(10_000, 1);
const rows = Array.from({ length: 20 }, (_, i) => ({ start: 400 * i, length: 100, offset: 100 * i }));
const ranges = placedRanges(rows);
let folder: string;
let file: { path: string; descriptor: number };

beforeAll(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "recorte-page-cache-"));
  const path = join(folder, "a");
  fs.writeFileSync(path, bytes);
  file = { path, descriptor: fs.openSync(path, "r") };
});
afterAll(() => {
  fs.closeSync(file.descriptor);
  fs.rmSync(folder, { recursive: true });
});

/** A clock that each look at moves on, by what `steps` says, and by nothing after them. */
function slowClock(steps: number[]) {
  const clock = { now: 0, looks: 0 };
  return Object.assign(() => (clock.now += steps[clock.looks++] ?? 0), { clock });
}

it("reads all while time says that they are in memory", () => {
  const target = new Uint8Array(2_000);
  const reader = new PageCacheReader(slowClock([]), () => 0);
  expect(reader.read(file, ranges, target)).toBe(20);
  for (const { start, offset } of rows)
    expect(target.subarray(offset, offset + 100)).toEqual(bytes.subarray(start, start + 100));
});

it("stops at the first wait for the disk, and reads nothing for twenty times as long", () => {
  const now = slowClock([0, 5]); // 5 ms in the first read
  let blocks = 8;
  const reader = new PageCacheReader(now, () => blocks);
  blocks += 8;
  const target = new Uint8Array(2_000);
  expect(reader.read(file, ranges, target)).toBe(1);
  now.clock.now = 104;
  expect(reader.read(file, ranges, target)).toBe(0);
  now.clock.now = 105;
  expect(reader.read(file, ranges, target)).toBe(20);
});

it("looks at the clock after the first of many short reads, every fourth, and the last", () => {
  const now = slowClock([]);
  const short = placedRanges(rows.slice(0, 7));
  new PageCacheReader(now, () => 0).read(file, short, new Uint8Array(2_000));
  expect(now.clock.looks).toBe(1 + 3); // before it; and after reads 0, 4 and 6
  let blocks = 0;
  const last = new PageCacheReader(slowClock([0, 0, 0, 5]), () => ++blocks);
  expect(last.read(file, short, new Uint8Array(2_000))).toBe(7);
  expect(last.read(file, short, new Uint8Array(2_000))).toBe(0);
});

it("waits for a piece of a long range only, and leaves that range to others", () => {
  const path = join(folder, "long");
  const long = patternOf(400_000, 2);
  fs.writeFileSync(path, long);
  const descriptor = fs.openSync(path, "r");
  const all = placedRange({ start: 0, length: 400_000 });
  const target = new Uint8Array(400_000);
  let blocks = 0;
  const waiting = new PageCacheReader(slowClock([0, 0, 5]), () => blocks++);
  expect(waiting.read({ path, descriptor }, all, target)).toBe(0);
  expect(target.subarray(300_000).every((byte) => byte === 0)).toBe(true);
  expect(new PageCacheReader(slowClock([]), () => 0).read({ path, descriptor }, all, target)).toBe(1);
  expect(Buffer.compare(target, long)).toBe(0);
  fs.closeSync(descriptor);
});

it("goes on where nothing came from a disk: another thread had the processor", () => {
  const reader = new PageCacheReader(slowClock([0, 0, 0, 5]), () => 8);
  expect(reader.read(file, ranges, new Uint8Array(2_000))).toBe(20);
});

it.each([
  ["nobody counts what comes from disks", () => null, 1],
  ["the count is always the same, but the waits do not end", () => 0, 17],
])("stops where %s", (_, blocksRead, done) => {
  const reader = new PageCacheReader(slowClock([0, 5, 5, 5, 5, 5]), blocksRead);
  expect(reader.read(file, ranges, new Uint8Array(2_000))).toBe(done);
});

it("reports a file that has become shorter", () => {
  const reader = new PageCacheReader(slowClock([]), () => 0);
  expect(() => reader.read(file, placedRange({ start: 20_000, length: 5 }), new Uint8Array(5))).toThrow(
    expect.objectContaining({ code: "source-changed" }),
  );
});
