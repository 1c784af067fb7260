import type { PixelWindow } from "../raster/pixel-window.ts";
import type { PixelOutline } from "./mask-outside-outline.ts";
import type { CenterTest } from "./mask-outside-center.ts";

/** The runs of pixels outside the shape in a row of the window: [from, to, from, to, …], half-open. Lent until the next. */
export type OutsideRuns = (row: number) => readonly number[];

/** Pixels: nearer to a piece of the outline than this, the piece does not tell on which side a centre lies. */
const NEAR = 0.1;

/**
 * What a piece of the outline means for a row: it passes between `low` and `high`, and crosses the row there, or not.
 * "unsure": it ends there, and what follows it meets it up to rounding only.
 */
type Passage = { low: number; high: number; crosses: boolean; unsure: boolean };

/**
 * Runs of pixels outside the shape, row by row. Centres near the outline are looked up on the sky, one by one; all
 * others change sides where the outline is crossed, and one of them a row is looked up.
 */
export function runsByOutline(
  outline: PixelOutline,
  { x0, y0, width }: PixelWindow,
  isInside: CenterTest,
): OutsideRuns {
  const passagesOf = passagesByRow(outline);
  const runs: number[] = [];
  const add = (from: number, to: number) => {
    if (runs.length > 0 && runs[runs.length - 1] === from) runs[runs.length - 1] = to;
    else runs.push(from, to);
  };
  return (row) => {
    runs.length = 0;
    const { passages, count } = passagesOf(row);
    const y = y0 + row;
    let side: boolean | null = null; // of the pixels before the next passage; null: to be looked up
    let next = 0; // pixel
    for (let i = 0; i < count && next < width; ) {
      const { low } = passages[i];
      let { high, crosses, unsure } = passages[i];
      for (i++; i < count && passages[i].low <= high; i++) {
        const other = passages[i];
        if (other.high > high) high = other.high;
        crosses = crosses !== other.crosses;
        unsure ||= other.unsure;
      }
      const first = Math.min(width, Math.max(next, Math.ceil(low)));
      const end = Math.min(width, Math.max(first, Math.floor(high) + 1));
      if (next < first) {
        side ??= isInside(x0 + next, y);
        if (!side) add(next, first);
      }
      for (let x = first; x < end; x++) if (!isInside(x0 + x, y)) add(x, x + 1);
      next = end;
      if (unsure) side = null;
      else if (side !== null && crosses) side = !side;
    }
    if (next < width && !(side ?? isInside(x0 + next, y))) add(next, width);
    return runs;
  };
}

type Passages = { readonly passages: readonly Passage[]; count: number };

/** The passages of a row from left to right, lent until the next. Cheap where rows are asked for in order. */
function passagesByRow({ pieces, ends }: PixelOutline): (row: number) => Passages {
  const pieceCount = ends.length;
  const active = new Int32Array(pieceCount); // pieces that may pass the row, the first `activeCount`
  let activeCount = 0;
  let nextPiece = 0;
  let last = -Infinity;
  const passages: Passage[] = []; // used again row after row
  const lent = { passages, count: 0 };

  return (row) => {
    if (row < last) [activeCount, nextPiece] = [0, 0];
    last = row;
    const [low, high] = [row - NEAR, row + NEAR];
    let kept = 0;
    for (let i = 0; i < activeCount; i++) {
      const piece = active[i];
      if (pieces[4 * piece + 1] >= low || pieces[4 * piece + 3] >= low) active[kept++] = piece;
    }
    for (; nextPiece < pieceCount; nextPiece++) {
      const [y1, y2] = [pieces[4 * nextPiece + 1], pieces[4 * nextPiece + 3]];
      if (y1 > high && y2 > high) break; // they are in order of the lower end
      if (y1 >= low || y2 >= low) active[kept++] = nextPiece;
    }
    activeCount = kept;
    for (let i = 0; i < kept; i++) {
      const passage = (passages[i] ??= { low: 0, high: 0, crosses: false, unsure: false });
      setPassage(passage, pieces, { piece: active[i], ends: ends[active[i]], row });
    }
    lent.count = kept;
    sortByLow(passages, kept);
    return lent;
  };
}

function setPassage(
  passage: Passage,
  pieces: Float64Array,
  { piece, ends, row }: { piece: number; ends: number; row: number },
): void {
  const x1 = pieces[4 * piece];
  const y1 = pieces[4 * piece + 1];
  const x2 = pieces[4 * piece + 2];
  const y2 = pieces[4 * piece + 3];
  const low = row - NEAR;
  const high = row + NEAR;
  // The part of the piece within the band of the row; the piece is not level where it leaves that.
  const slope = (x2 - x1) / (y2 - y1);
  const enter = y1 < low ? x1 + (low - y1) * slope : y1 > high ? x1 + (high - y1) * slope : x1;
  const leave = y2 < low ? x1 + (low - y1) * slope : y2 > high ? x1 + (high - y1) * slope : x2;
  passage.low = Math.min(enter, leave) - NEAR;
  passage.high = Math.max(enter, leave) + NEAR;
  passage.crosses = y1 <= row !== y2 <= row;
  passage.unsure = ends !== 0 && (((ends & 1) !== 0 && isWithin(y1, row)) || ((ends & 2) !== 0 && isWithin(y2, row)));
}

function isWithin(y: number, row: number): boolean {
  return Math.abs(y - row) <= NEAR;
}

/** The first `count`. Few, and nearly in order from the row before, but for outlines that go to and fro. */
function sortByLow(passages: Passage[], count: number): void {
  if (count > 64) {
    const sorted = passages.slice(0, count).sort((a, b) => a.low - b.low);
    for (let i = 0; i < count; i++) passages[i] = sorted[i];
    return;
  }
  for (let i = 1; i < count; i++) {
    const passage = passages[i];
    let j = i - 1;
    for (; j >= 0 && passages[j].low > passage.low; j--) passages[j + 1] = passages[j];
    passages[j + 1] = passage;
  }
}
