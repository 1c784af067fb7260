import { ServiceError } from "../errors.ts";

/** The pieces, which must have so many bytes together: fails before the first too many, and at the end if some are missing. */
export async function* exactly(
  name: string,
  byteLength: number,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = byteLength;
  for await (const piece of pieces) {
    left -= piece.length;
    if (left < 0) break;
    yield piece;
  }
  if (left === 0) return;
  throw new ServiceError(
    "source-changed",
    `Cannot put ${name} into an archive: it has not the ${byteLength} bytes of before`,
  );
}
