import { unpackTar } from "modern-tar";
import { expect, it } from "vitest";
import type { ArchiveEntry } from "../../../src/encode/archive.ts";
import { readTar, tarByteLength } from "../../../src/encode/tar.ts";
import { awkwardEntries, collect, entryOf } from "../../support/archive-entries.ts";

const whole = (entries: ArchiveEntry[]) => collect(readTar(entries, 0, tarByteLength(entries)));

it("is what another reader takes apart: names, times, bytes", async () => {
  const entries = awkwardEntries();
  const unpacked = await unpackTar(await whole(entries), { strict: true });
  const expected = await Promise.all(entries.map(async (e) => [e.name, e.modifiedAt, await contentOf(e)]));
  expect(unpacked.map(({ header, data }) => [header.name, header.mtime?.getTime(), hex(data)])).toEqual(expected);
  for (const { header } of unpacked) expect(header).toMatchObject({ type: "file", mode: 0o644, uid: 0, gid: 0 });
});

it("tells its length before anything is read", async () => {
  for (const entries of [[], [entryOf("a", "")], [entryOf("a", "x")], awkwardEntries()]) {
    expect((await whole(entries)).length).toBe(tarByteLength(entries));
    expect(tarByteLength(entries) % 512).toBe(0);
  }
});

it("gives any part of itself, the same as in the whole", async () => {
  const entries = [entryOf("a.txt", "x".repeat(700)), entryOf("l".repeat(150), "long"), entryOf("e", "")];
  const bytes = await whole(entries);
  for (let start = 0; start <= bytes.length; start += 97) {
    for (let end = start; end <= bytes.length; end += 331) {
      expect((await collect(readTar(entries, start, end))).equals(bytes.subarray(start, end))).toBe(true);
    }
  }
});

it("opens only the entries that a part needs", async () => {
  const opened: string[] = [];
  const entries = ["a", "b", "c"].map((name) => watched(entryOf(name, "x".repeat(512)), opened));
  await collect(readTar(entries, 1024 + 512, 1024 + 1024)); // the bytes of b
  expect(opened).toEqual(["b 0-512"]);
});

it("says sizes beyond 8 GiB, which ustar cannot, in a pax header", async () => {
  const size = 8 ** 11;
  const entry = { ...entryOf("large.fits", ""), byteLength: size };
  const head = await collect(readTar([entry], 0, 1536));
  expect(head.toString("latin1", 512, 512 + 19)).toBe("19 size=8589934592\n"); // 19 bytes, as it says itself
  expect(tarByteLength([entry])).toBe(1536 + size + 1024);
  expect(tarByteLength([{ ...entry, byteLength: size - 1 }])).toBe(512 + size + 1024);
});

it.each(["shorter", "longer"])("breaks off where an entry turns out %s than it was", async (how) => {
  const entry = { ...entryOf("a", "12345"), byteLength: how === "shorter" ? 6 : 4 };
  const read = () => entryOf("a", "12345").read(0, 5);
  await expect(whole([{ ...entry, read }])).rejects.toMatchObject({ code: "source-changed" });
});

/** Notes what is read of it. */
function watched(entry: ArchiveEntry, log: string[]): ArchiveEntry {
  return {
    ...entry,
    read(start, end) {
      log.push(`${entry.name} ${start}-${end}`);
      return entry.read(start, end);
    },
  };
}

async function contentOf(entry: ArchiveEntry): Promise<string> {
  return (await collect(entry.read(0, entry.byteLength))).toString("hex");
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}
