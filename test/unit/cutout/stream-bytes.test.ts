import { expect, it } from "vitest";

import { readToBlocks } from "../../../src/cutout/stream-bytes.ts";
import { RangeList } from "../../../src/storage/coalesce.ts";
import { GuardedArena } from "../../support/guarded-arena.ts";
import { memorySource } from "../../support/memory-source.ts";

it.each([
  { name: "has it, but not at once as it is much", length: 10e6 },
  { name: "does not have it in memory", length: 1000 },
])("takes room once for what is read later: the source $name", async ({ length }) => {
  const arena = new GuardedArena();
  const bytes = Uint8Array.from({ length: length + 2 }, (_, i) => i);
  const source = { ...memorySource("/a.fits", bytes), readNow: () => 0 };
  const before = arena.allocatedBytes;
  const ranges = new RangeList(1);
  ranges.add(1, length);
  arena.resetPeaks();
  const read = await readToBlocks({ source, heapStart: 1, arena }, ranges, undefined);
  expect(arena.peakBytes - before).toBeLessThan(length + 2000);
  const [at] = read.ranges.offsets;
  expect(Buffer.compare(arena.bytes.subarray(at, at + length), bytes.subarray(2))).toBe(0);
  read.release();
  expect(arena.allocatedBytes).toBe(before);
});
