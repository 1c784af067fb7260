import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { BlobFolder } from "../../../src/storage/blob-folder.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "recorte-blobs-"))));
afterEach(() => rm(folder, { recursive: true }));

const blob = (byte: number) => new Uint8Array(100).fill(byte);

it("gives back what was written, and null for what was not", async () => {
  const blobs = new BlobFolder(join(folder, "new"), 1000);
  await blobs.write("a.seek", blob(1));
  await blobs.write("a.seek", blob(2));
  expect(await blobs.read("a.seek")).toEqual(Buffer.from(blob(2)));
  expect(await blobs.read("b.seek")).toBeNull();
  expect(await readdir(join(folder, "new"))).toEqual(["a.seek"]);
});

it("stays below its budget: what was unused for longest goes, of an earlier process too", async () => {
  for (const [name, used] of [
    ["old", 1],
    ["older", 0],
    ["read", 2],
  ] as const) {
    await writeFile(join(folder, name), blob(0));
    await utimes(join(folder, name), 1e9 + used, 1e9 + used);
  }
  await writeFile(join(folder, "torn.tmp"), blob(0));
  const blobs = new BlobFolder(folder, 350);
  await blobs.write("first", blob(1));
  expect((await readdir(folder)).sort()).toEqual(["first", "old", "read"]);
  await blobs.write("second", blob(1));
  expect((await readdir(folder)).sort()).toEqual(["first", "read", "second"]);
});

it("writes nothing larger than the budget", async () => {
  await new BlobFolder(folder, 99).write("a", blob(1));
  expect(await readdir(folder)).toEqual([]);
});

it("is for nobody else on the machine", async () => {
  await new BlobFolder(join(folder, "new"), 1000).write("a.seek", blob(1));
  const modes = ["new", "new/a.seek"].map(async (path) => (await stat(join(folder, path))).mode & 0o777);
  expect(await Promise.all(modes)).toEqual([0o700, 0o600]);
});
