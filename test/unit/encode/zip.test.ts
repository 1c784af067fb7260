import { expect, it } from "vitest";
import type { ArchiveEntry } from "../../../src/encode/archive.ts";
import { streamOf } from "../../../src/encode/byte-stream.ts";
import { crc32 } from "../../../src/encode/crc32.ts";
import { readZip, zipByteLength } from "../../../src/encode/zip.ts";
import { awkwardEntries, collect, entryOf } from "../../support/archive-entries.ts";

it("holds every file where its directory says, with its sum, size and time", async () => {
  const entries = awkwardEntries();
  const zip = await collect(readZip(entries));
  const files = readDirectory(zip);
  expect(files.map(({ name }) => name)).toEqual(entries.map(({ name }) => name));
  for (const [i, file] of files.entries()) {
    const content = await collect(entries[i].read(0, entries[i].byteLength));
    expect(file.content.equals(content)).toBe(true);
    expect(file.sum).toBe(crc32(content));
    expect(file.mode).toBe(0o100644);
  }
  // Bits of 4.4.6: 1:30:14 of 22 November 2026, and the first instant that there is.
  expect(files[0]).toMatchObject({ time: (1 << 11) | (30 << 5) | 7, date: (46 << 9) | (11 << 5) | 22 });
  expect(files[7]).toMatchObject({ time: 0, date: (1 << 5) | 1 });
});

it("tells its length before anything is read", async () => {
  for (const entries of [[], [entryOf("a", "")], awkwardEntries()]) {
    expect((await collect(readZip(entries))).length).toBe(zipByteLength(entries));
  }
});

it("is zip64 from 65,535 files on, and not before", async () => {
  const entry = entryOf("a", "x");
  for (const [count, is64] of [
    [65_534, false],
    [65_535, true],
  ] as const) {
    const entries = Array.from({ length: count }, () => entry);
    const zip = await collect(readZip(entries));
    expect(zip.length).toBe(zipByteLength(entries));
    expect(zip.includes(Buffer.from("PK\x06\x06"))).toBe(is64);
    expect(zip.readUInt16LE(zip.length - 12)).toBe(count);
    if (is64) expect(zip.readBigUInt64LE(zip.length - 22 - 20 - 56 + 32)).toBe(65_535n);
  }
});

it("is zip64 where a file, or the place of one, needs it", () => {
  const [large, small] = [2 ** 32 - 1, 2 ** 32 - 2].map((byteLength) => ({ ...entryOf("a", ""), byteLength }));
  const fixed = 30 + 1 + 46 + 1 + 22;
  expect(zipByteLength([{ ...small, byteLength: 1000 }])).toBe(1000 + fixed + 16);
  // Its directory begins beyond 32 bits: zip64 end and locator, 76 bytes.
  expect(zipByteLength([small])).toBe(small.byteLength + fixed + 16 + 76);
  // Sizes too: 20 bytes more in the local header, 8 in the descriptor, 20 in the directory.
  expect(zipByteLength([large])).toBe(large.byteLength + fixed + 16 + 76 + 20 + 8 + 20);
});

it("reads one file at a time, and ends it where the reader goes away", async () => {
  let open = 0;
  const log: string[] = [];
  const entries = ["a", "b", "c"].map((name): ArchiveEntry => {
    const entry = entryOf(name, new Uint8Array(200_000), { pieceBytes: 100_000 });
    return {
      ...entry,
      async *read(start, end) {
        log.push(`${name} ${++open}`);
        try {
          yield* entry.read(start, end);
        } finally {
          open--;
        }
      },
    };
  });
  await collect(readZip(entries));
  expect(log).toEqual(["a 1", "b 1", "c 1"]);
  const reader = streamOf(readZip(entries)).getReader();
  await reader.read();
  expect(open).toBe(1);
  await reader.cancel();
  expect(open).toBe(0);
});

it("breaks off where a file turns out shorter than it was", async () => {
  const entry = { ...entryOf("a", "12345"), byteLength: 6 };
  await expect(collect(readZip([entry]))).rejects.toMatchObject({ code: "source-changed" });
});

/** By APPNOTE, sections 4.3.7 and 4.3.12, without zip64. */
function readDirectory(zip: Buffer) {
  const end = zip.length - 22;
  expect(zip.toString("latin1", end, end + 4)).toBe("PK\x05\x06");
  let at = zip.readUInt32LE(end + 16);
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    expect(zip.toString("latin1", at, at + 4)).toBe("PK\x01\x02");
    expect(zip.readUInt16LE(at + 10)).toBe(0); // stored
    const [nameLength, extraLength] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)];
    const [local, size] = [zip.readUInt32LE(at + 42), zip.readUInt32LE(at + 24)];
    expect(zip.toString("latin1", local, local + 4)).toBe("PK\x03\x04");
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const file = {
      name: zip.toString("utf8", at + 46, at + 46 + nameLength),
      time: zip.readUInt16LE(at + 12),
      date: zip.readUInt16LE(at + 14),
      sum: zip.readUInt32LE(at + 16),
      mode: zip.readUInt32LE(at + 38) >>> 16,
      content: zip.subarray(start, start + size),
    };
    at += 46 + nameLength + extraLength;
    return file;
  });
}
