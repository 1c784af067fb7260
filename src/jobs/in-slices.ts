import type { RecordsDatabase } from "../db/records-database.ts";
import { inTransaction } from "../db/in-transaction.ts";
import { nextTurn } from "./take-turns.ts";

/** One small part of what is to be done, within a transaction. False: nothing is left. */
export type Step = () => boolean;

/** So long at most, and one step, the process does nothing else, and no other process can write. */
const SLICE_MILLISECONDS = 10;
const SLICE_STEPS = 10;

/** Takes steps to the end, many in one transaction, with turns for others between. What a slice throws undoes the slice. */
export async function inSlices(records: RecordsDatabase, step: Step): Promise<void> {
  const takeSome = () => {
    const end = performance.now() + SLICE_MILLISECONDS;
    for (let taken = 1; step(); taken++) if (taken === SLICE_STEPS || performance.now() >= end) return true;
    return false;
  };
  while (inTransaction(records, takeSome)) await nextTurn();
}

/** Everything that `readPage` finds behind a number, page by page, with turns for others between. */
export async function readPages<T extends { readonly number: number }>(
  readPage: (after: number, most: number) => readonly T[],
): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const page = readPage(found.at(-1)?.number ?? 0, PAGE_ROWS);
    found.push(...page);
    if (page.length < PAGE_ROWS) return found;
    await nextTurn();
  }
}

const PAGE_ROWS = 1000;
