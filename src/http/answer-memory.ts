import type { Context } from "hono";
import { sentAnswerIn } from "./sent-answer.ts";

/** Memory that is given back: `LentBlocks` of the decoder. */
export type LentMemory = {
  /** null: there is none now. */
  take(byteLength: number): Uint8Array | null;
  give(bytes: Uint8Array): void;
};

/**
 * Makes an answer in memory that is sent as it is, and gives that back when nobody writes to it any more, and it has gone
 * out or never will, whichever is later. Only where the server below tells of the latter; a `Response` of the platform, as
 * in-memory requests get it, would not take shared memory either.
 */
export async function makeInLentMemory<T>(
  c: Context,
  memory: LentMemory | undefined,
  make: (lend?: (byteLength: number) => Uint8Array | null) => Promise<T>,
): Promise<T> {
  const sent = sentAnswerIn(c.env);
  if (memory === undefined || sent === null) return make();
  const lent: Uint8Array[] = [];
  let users = 2;
  const leave = () => {
    if (--users === 0) for (const bytes of lent) memory.give(bytes);
  };
  sent.onceEnded(leave);
  try {
    return await make((byteLength) => {
      const bytes = memory.take(byteLength);
      if (bytes !== null) lent.push(bytes);
      return bytes;
    });
  } finally {
    leave();
  }
}
