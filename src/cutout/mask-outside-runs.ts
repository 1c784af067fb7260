import type { PixelWindow } from "../raster/pixel-window.ts";
import type { OutsideRuns } from "./mask-outside.ts";
import type { PixelOutline } from "./mask-outside-outline.ts";
import type { CenterTest } from "./mask-outside-center.ts";

/** Pixels: nearer to a piece of the outline than this, the piece does not tell on which side a centre lies. */
const NEAR = 0.1;

/** What a piece of the outline means for a row: it passes between `low` and `high`, and how often it crosses there. */
type Passage = { low: number; high: number; crossings: number; unsure: boolean };

/**
 * Runs of pixels outside the shape, row by row. Centres near the outline are looked up on the sky, one by one; all
 * others change sides where the outline is crossed, and one of them a row is looked up.
 */
export function runsByOutline(
  outline: PixelOutline,
  { x0, y0, width }: PixelWindow,
  isInside: CenterTest,
): OutsideRuns {
  const piecesOf = piecesByRow(outline);
  const runs: number[] = [];
  const passages: Passage[] = [];
  return (row) => {
    runs.length = 0;
    passages.length = 0;
    for (const piece of piecesOf(row)) addPassage(passages, outline, piece, row);
    passages.sort((a, b) => a.low - b.low);
    const test = (x: number) => isInside(x0 + x, y0 + row);
    const add = (from: number, to: number, inside: boolean) => {
      if (inside || from >= to) return;
      if (runs.length > 0 && runs[runs.length - 1] === from) runs[runs.length - 1] = to;
      else runs.push(from, to);
    };

    let side: boolean | null = null; // of the pixels before the next passage; null: to be looked up
    let next = 0; // pixel
    for (let i = 0; i < passages.length && next < width; ) {
      let { high, crossings, unsure } = passages[i];
      const first = Math.min(width, Math.max(next, Math.ceil(passages[i].low)));
      for (i++; i < passages.length && passages[i].low <= high; i++) {
        high = Math.max(high, passages[i].high);
        crossings += passages[i].crossings;
        unsure ||= passages[i].unsure;
      }
      if (next < first) {
        side ??= test(next);
        add(next, first, side);
      }
      const end = Math.min(width, Math.max(first, Math.floor(high) + 1));
      for (let x = first; x < end; x++) add(x, x + 1, test(x));
      next = end;
      if (unsure) side = null;
      else if (side !== null && crossings % 2 === 1) side = !side;
    }
    if (next < width) add(next, width, side ?? test(next));
    return runs;
  };
}

function addPassage(passages: Passage[], { pieces, ends }: PixelOutline, piece: number, y: number): void {
  const x1 = pieces[4 * piece];
  const y1 = pieces[4 * piece + 1];
  const x2 = pieces[4 * piece + 2];
  const y2 = pieces[4 * piece + 3];
  const [low, high] = [y - NEAR, y + NEAR];
  if (Math.max(y1, y2) < low || Math.min(y1, y2) > high) return;
  // The part of the piece within the band of the row.
  const at = (bound: number) => x1 + ((x2 - x1) * (bound - y1)) / (y2 - y1);
  const enter = y1 < low ? at(low) : y1 > high ? at(high) : x1;
  const leave = y2 < low ? at(low) : y2 > high ? at(high) : x2;
  passages.push({
    low: Math.min(enter, leave) - NEAR,
    high: Math.max(enter, leave) + NEAR,
    crossings: y1 <= y !== y2 <= y ? 1 : 0,
    unsure:
      ((ends[piece] & 1) !== 0 && y1 >= low && y1 <= high) || ((ends[piece] & 2) !== 0 && y2 >= low && y2 <= high),
  });
}

/** The pieces that may matter for a row. Cheap where rows are asked for in order. */
function piecesByRow({ pieces }: PixelOutline): (row: number) => readonly number[] {
  const count = pieces.length / 4;
  let active: number[] = [];
  let next = 0;
  let last = -Infinity;
  return (row) => {
    if (row < last) [active, next] = [[], 0];
    last = row;
    active = active.filter((piece) => Math.max(pieces[4 * piece + 1], pieces[4 * piece + 3]) >= row - NEAR);
    for (; next < count; next++) {
      const [y1, y2] = [pieces[4 * next + 1], pieces[4 * next + 3]];
      if (Math.min(y1, y2) > row + NEAR) break;
      if (Math.max(y1, y2) >= row - NEAR) active.push(next);
    }
    return active;
  };
}
