import type { ArchiveEntry } from "../../src/encode/archive.ts";

/** Kept in memory; `pieceBytes` at a time. */
export function entryOf(
  name: string,
  content: string | Uint8Array,
  { modifiedAt = Date.UTC(2026, 10, 22, 1, 30, 14), pieceBytes = 1000 } = {},
): ArchiveEntry {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return {
    name,
    byteLength: bytes.length,
    modifiedAt,
    async *read(start, end) {
      await Promise.resolve();
      for (let at = start; at < end; at += pieceBytes) yield bytes.subarray(at, Math.min(at + pieceBytes, end));
    },
  };
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected);
}

/** Entries of every kind of awkwardness. */
export function awkwardEntries(): ArchiveEntry[] {
  return [
    entryOf("empty.txt", ""),
    entryOf("block.bin", new Uint8Array(512).fill(7)),
    entryOf(
      "odd.bin",
      Uint8Array.from({ length: 100_001 }, (_, i) => i % 251),
    ),
    entryOf(`${"n".repeat(100)}`, "name of 100"),
    entryOf(`${"l".repeat(101)}`, "name of 101"),
    entryOf(`${"l".repeat(195)}.fits`, "name of 200"),
    entryOf("räße_α.txt", "name beyond ASCII"),
    entryOf("old.txt", "from before 1980", { modifiedAt: 0 }),
  ];
}
