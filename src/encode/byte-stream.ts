/**
 * A stream that asks for the next piece when it is asked itself. Its end, an error of the pieces and its cancellation end
 * the pieces, and call `close`; also where nothing was read yet, when a generator's own `finally` would not run.
 */
export function streamOf(
  pieces: AsyncIterable<Uint8Array>,
  close: () => Promise<void> | void = () => undefined,
): ReadableStream<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array, unknown> = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await iterator.next();
          if (next.done !== true) return controller.enqueue(next.value);
        } catch (error) {
          await close();
          throw error;
        }
        await close();
        controller.close();
      },
      async cancel() {
        try {
          await iterator.return?.();
        } finally {
          await close();
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** The same bytes in pieces of at least `least` bytes, the last aside: a thousand small writes cost more than the bytes. */
export async function* gather(
  pieces: AsyncIterable<Uint8Array>,
  least = 64 * 1024,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length < least) continue;
    yield join(held, length);
    held = [];
    length = 0;
  }
  if (length > 0) yield join(held, length);
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
