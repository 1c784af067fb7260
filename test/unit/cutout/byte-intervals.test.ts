import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteIntervals } from "../../../src/cutout/byte-intervals.ts";

it("holds exactly the bytes that were added, in any order", () => {
  const interval = fc.tuple(fc.nat(60), fc.nat(12)).map(([start, length]) => [start, start + length] as const);
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 20 }), fc.array(interval, { maxLength: 20 }), (added, asked) => {
      const intervals = new ByteIntervals();
      const bytes = new Set<number>();
      for (const [start, end] of added) {
        intervals.add(start, end);
        for (let byte = start; byte < end; byte++) bytes.add(byte);
      }
      for (const [start, end] of asked) {
        let all = true;
        for (let byte = start; byte < end; byte++) all &&= bytes.has(byte);
        expect(intervals.has(start, end), `[${start}, ${end})`).toBe(all);
      }
    }),
    { numRuns: 500 },
  );
});
