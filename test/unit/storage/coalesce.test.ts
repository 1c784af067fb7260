import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { coalesceLimitsOf, LOCAL_LIMITS, planReads, REMOTE_LIMITS } from "../../../src/storage/coalesce.ts";
import type { ByteRange } from "../../../src/storage/range-source.ts";

const limits = { maxGapBytes: 10, maxReadBytes: 100 };

describe("planReads", () => {
  it("reads nothing for no ranges", () => {
    expect(planReads([], limits)).toEqual({ reads: [], slices: [] });
  });

  it("reads neighbours together, in whatever order they come", () => {
    const plan = planReads([range(120, 5), range(100, 5), range(110, 5)], limits);
    expect(plan.reads).toEqual([range(100, 25)]);
    expect(plan.slices).toEqual([
      { read: 0, offset: 20, length: 5 },
      { read: 0, offset: 0, length: 5 },
      { read: 0, offset: 10, length: 5 },
    ]);
  });

  it("bridges a gap of exactly maxGapBytes, and none longer", () => {
    expect(planReads([range(0, 5), range(15, 5)], limits).reads).toEqual([range(0, 20)]);
    expect(planReads([range(0, 5), range(16, 5)], limits).reads).toEqual([range(0, 5), range(16, 5)]);
  });

  it("grows a read to exactly maxReadBytes, and not further", () => {
    expect(planReads([range(0, 50), range(50, 50)], limits).reads).toEqual([range(0, 100)]);
    expect(planReads([range(0, 50), range(50, 51)], limits).reads).toEqual([range(0, 50), range(50, 51)]);
  });

  it("reads a range longer than maxReadBytes whole, and what lies in it with it", () => {
    const plan = planReads([range(0, 500), range(300, 20), range(505, 1)], limits);
    expect(plan.reads).toEqual([range(0, 500), range(505, 1)]);
    expect(plan.slices[1]).toEqual({ read: 0, offset: 300, length: 20 });
  });

  it("reads no byte twice where ranges overlap, whatever the limit", () => {
    const plan = planReads([range(0, 90), range(1, 90), range(2, 90), range(92, 90)], limits);
    expect(plan.reads).toEqual([range(0, 92), range(92, 90)]);
    expect(plan.slices.slice(0, 3)).toEqual([0, 1, 2].map((offset) => ({ read: 0, offset, length: 90 })));
  });

  it("reads a repeated range once", () => {
    expect(planReads([range(7, 3), range(7, 3)], limits).reads).toEqual([range(7, 3)]);
  });

  it("needs no read for an empty range", () => {
    const plan = planReads([range(7, 0), range(20, 1)], limits);
    expect(plan).toEqual({ reads: [range(20, 1)], slices: [null, { read: 0, offset: 0, length: 1 }] });
  });

  it("leaves its input alone", () => {
    const ranges = [range(20, 5), range(0, 5)];
    planReads(ranges, limits);
    expect(ranges).toEqual([range(20, 5), range(0, 5)]);
  });

  const anyRanges = fc.array(fc.record({ start: fc.nat(2_000), length: fc.nat(150) }), { maxLength: 60 });
  const anyLimits = fc.record({ maxGapBytes: fc.nat(50), maxReadBytes: fc.integer({ min: 1, max: 400 }) });

  it("gives back the bytes of every range", () => {
    const file = Uint8Array.from({ length: 2_150 }, (_, index) => (index * 7_919) >> 3);
    fc.assert(
      fc.property(anyRanges, anyLimits, (ranges, someLimits) => {
        const plan = planReads(ranges, someLimits);
        const read = plan.reads.map(({ start, length }) => file.subarray(start, start + length));
        ranges.forEach(({ start, length }, index) => {
          const slice = plan.slices[index];
          const bytes = slice
            ? read[slice.read]?.subarray(slice.offset, slice.offset + slice.length)
            : new Uint8Array(0);
          expect(bytes).toEqual(file.subarray(start, start + length));
        });
      }),
    );
  });

  it("reads in file order, at least a gap apart or cut by the limit, and no byte more than the gaps", () => {
    fc.assert(
      fc.property(anyRanges, anyLimits, (ranges, someLimits) => {
        const { reads } = planReads(ranges, someLimits);
        const longest = longestOverlap(ranges);
        const wanted = new Set(ranges.flatMap(({ start, length }) => Array.from({ length }, (_, i) => start + i)));
        for (const [index, read] of reads.entries()) {
          expect(read.length).toBeLessThan(someLimits.maxReadBytes + longest + 1);
          expect(wanted.has(read.start) && wanted.has(read.start + read.length - 1)).toBe(true);
          for (let at = read.start, idle = 0; at < read.start + read.length; at++) {
            idle = wanted.has(at) ? 0 : idle + 1;
            expect(idle).toBeLessThanOrEqual(someLimits.maxGapBytes);
          }
          const next = reads[index + 1];
          if (next !== undefined) expect(next.start).toBeGreaterThanOrEqual(read.start + read.length);
        }
      }),
    );
  });
});

describe("coalesceLimitsOf", () => {
  it("bridges longer gaps where a request costs more", () => {
    expect(coalesceLimitsOf({ key: "/data/a.fits" })).toBe(LOCAL_LIMITS);
    expect(coalesceLimitsOf({ key: "s3://data/a.fits" })).toBe(REMOTE_LIMITS);
    expect(REMOTE_LIMITS.maxGapBytes).toBeGreaterThan(LOCAL_LIMITS.maxGapBytes);
  });
});

function range(start: number, length: number): ByteRange {
  return { start, length };
}

/** Bytes of the longest run of ranges that overlap. */
function longestOverlap(ranges: readonly ByteRange[]): number {
  const sorted = ranges.filter(({ length }) => length > 0).sort((a, b) => a.start - b.start);
  let longest = 0;
  let [start, end] = [0, 0];
  for (const next of sorted) {
    if (next.start >= end) start = next.start;
    end = Math.max(next.start < end ? end : 0, next.start + next.length);
    longest = Math.max(longest, end - start);
  }
  return longest;
}
