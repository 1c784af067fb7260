import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalArchive } from "../../src/bin/local-archive.ts";
import { NEVER } from "../support/survey-index.ts";

describe("an archive on the local disk", () => {
  let folder: string;
  const archive = createLocalArchive([]);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "recorte-archive-"));
    mkdirSync(join(folder, "b/deep"), { recursive: true });
    for (const name of ["b/deep/2", "b/1", "a", "c"]) writeFileSync(join(folder, name), "xyz");
    symlinkSync(folder, join(folder, "b/up"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("tells what is there", async () => {
    expect(await archive.stat(join(folder, "a"), NEVER)).toEqual({ byteLength: 3, isFolder: false });
    expect(await archive.stat(join(folder, "b"), NEVER)).toMatchObject({ isFolder: true });
    expect(await archive.stat(join(folder, "none"), NEVER)).toBeNull();
    expect(await archive.stat(join(folder, "a/below-a-file"), NEVER)).toBeNull();
  });

  test("lists files at any depth in order of name, links with them", async () => {
    const listed = await collect(archive.list(folder, NEVER));
    expect(listed).toEqual(["a", "b/1", "b/deep/2", "b/up", "c"].map((name) => join(folder, name)));
    await expect(collect(archive.list(join(folder, "none"), NEVER))).rejects.toMatchObject({ code: "unavailable" });
    await expect(collect(archive.list(folder, AbortSignal.abort()))).rejects.toMatchObject({ code: "canceled" });
  });

  test("reads lines with either end, and the last without one", async () => {
    const path = join(folder, "lines.csv");
    const long = "é".repeat(100_000); // over the pieces in which a file is read
    writeFileSync(path, `a\r\n\n${long}\nlast`);
    expect(await collect(archive.lines(path, NEVER))).toEqual(["a", "", long, "last"]);
    writeFileSync(path, "");
    expect(await collect(archive.lines(path, NEVER))).toEqual([]);
  });

  test("refuses a file that is one endless line, one that is not there, and to go on when told to stop", async () => {
    const path = join(folder, "endless.csv");
    writeFileSync(path, "x".repeat(3 << 20));
    await expect(collect(archive.lines(path, NEVER))).rejects.toMatchObject({ code: "unavailable" });
    await expect(collect(archive.lines(join(folder, "none"), NEVER))).rejects.toMatchObject({ code: "unavailable" });
    await expect(collect(archive.lines(path, AbortSignal.abort()))).rejects.toMatchObject({ code: "canceled" });
  });
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
