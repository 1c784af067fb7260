import { RangeList } from "../../src/storage/coalesce.ts";
import type { PlacedRanges } from "../../src/storage/range-source.ts";

/** Columns of these rows. */
export function placedRanges(rows: readonly { start: number; length: number; offset: number }[]): PlacedRanges {
  const list = new RangeList(rows.length);
  for (const { start, length, offset } of rows) {
    list.offsets[list.count] = offset;
    list.add(start, length);
  }
  return list;
}
