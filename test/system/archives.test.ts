import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ArchiveEntry } from "../../src/encode/archive.ts";
import { readTar, tarByteLength } from "../../src/encode/tar.ts";
import { readZip, zipByteLength } from "../../src/encode/zip.ts";
import { awkwardEntries, collect, entryOf } from "../support/archive-entries.ts";
import { requireProgram, runPython } from "../support/outside-program.ts";

let folder: string;
beforeAll(async () => {
  requireProgram("python3", "python3");
  requireProgram("unzip", "unzip");
  requireProgram("tar", "tar");
  folder = await mkdtemp(join(tmpdir(), "recorte-archives-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = {
  zip: (entries: ArchiveEntry[]) => readZip(entries),
  tar: (entries: ArchiveEntry[]) => readTar(entries, 0, tarByteLength(entries)),
};

async function write(format: "zip" | "tar", name: string, entries: ArchiveEntry[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, await collect(read[format](entries)));
  return path;
}

/** Name, time (seconds, UTC) and sha256 of every file, as Python's own modules find them. */
const LIST = `
import calendar, hashlib, json, sys, tarfile, zipfile
path = sys.argv[1]
if path.endswith(".zip"):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    files = [(i.filename, calendar.timegm(i.date_time + (0, 0, 0)), archive.read(i)) for i in archive.infolist()]
else:
    archive = tarfile.open(path)
    files = [(m.name, m.mtime, archive.extractfile(m).read()) for m in archive.getmembers()]
print(json.dumps([[name, time, hashlib.sha256(data).hexdigest()] for name, time, data in files]))
`;

it.each(["zip", "tar"] as const)("Python's %sfile reads what was put in", async (format) => {
  const entries = awkwardEntries();
  const found = JSON.parse(runPython(LIST, await write(format, `awkward.${format}`, entries))) as unknown;
  const earliest = format === "zip" ? Date.UTC(1980, 0, 1) : 0;
  const expected = entries.map(async (entry) => {
    const { name, modifiedAt } = entry;
    const content = await collect(entry.read(0, entry.byteLength));
    return [name, Math.max(modifiedAt, earliest) / 1000, createHash("sha256").update(content).digest("hex")];
  });
  expect(found).toEqual(await Promise.all(expected));
});

it("unzip and tar find nothing to complain of", async () => {
  const zip = execFileSync("unzip", ["-t", await write("zip", "a.zip", awkwardEntries())], { encoding: "utf8" });
  expect(zip).toContain("No errors detected");
  const path = await write("tar", "a.tar", awkwardEntries());
  const names = execFileSync("tar", ["-tf", path, "--quoting-style=literal"], { encoding: "utf8" });
  expect(names.trimEnd().split("\n")).toEqual(awkwardEntries().map(({ name }) => name));
});

it("70,000 files are as many for unzip and for Python", async () => {
  const entries = Array.from({ length: 70_000 }, (_, i) => entryOf(`${i}.txt`, String(i)));
  const path = await write("zip", "many.zip", entries);
  expect(execFileSync("unzip", ["-tq", path], { encoding: "utf8" })).toContain("No errors detected");
  const script = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(len(z.namelist()), z.read('69999.txt'))";
  expect(runPython(script, path)).toBe("70000 b'69999'\n");
});

const GiB = 2 ** 30;

/** Zeros without end cost a disk nothing: pieces of nothing but zeros are left out as holes. */
async function writeSparse(name: string, pieces: AsyncIterable<Uint8Array>, byteLength: number): Promise<string> {
  const path = join(folder, name);
  const file = await open(path, "w");
  let at = 0;
  for await (const piece of pieces) {
    if (piece !== ZEROS) await file.write(piece, 0, piece.length, at);
    at += piece.length;
  }
  await file.truncate(byteLength);
  await file.close();
  expect(at).toBe(byteLength);
  return path;
}

const ZEROS = new Uint8Array(GiB / 64);

function zeros(name: string, byteLength: number): ArchiveEntry {
  return {
    ...entryOf(name, ""),
    byteLength,
    async *read(start, end) {
      await Promise.resolve();
      for (let at = start; at < end; at += ZEROS.length)
        yield end - at < ZEROS.length ? ZEROS.slice(0, end - at) : ZEROS;
    },
  };
}

it.each([
  ["zip", 4.5 * GiB],
  ["tar", 8.5 * GiB],
] as const)("a %s of more than a size field holds is read to its end", async (format, size) => {
  const entries = [entryOf("first", "1"), zeros("large", size), entryOf("last", "2")];
  const byteLength = format === "zip" ? zipByteLength(entries) : tarByteLength(entries);
  const path = await writeSparse(`large.${format}`, read[format](entries), byteLength);
  const script = `
import sys, tarfile, zipfile
path = sys.argv[1]
if path.endswith(".zip"):
    archive = zipfile.ZipFile(path)
    print([(i.filename, i.file_size) for i in archive.infolist()], archive.read("last"))
else:
    archive = tarfile.open(path)
    print([(m.name, m.size) for m in archive.getmembers()], archive.extractfile("last").read())
`;
  expect(runPython(script, path)).toBe(`[('first', 1), ('large', ${size}), ('last', 1)] b'2'\n`);
  if (format === "zip") expect(execFileSync("unzip", ["-p", path, "last"], { encoding: "utf8" })).toBe("2");
  else expect(execFileSync("tar", ["-xOf", path, "last"], { encoding: "utf8" })).toBe("2");
});
