import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import nodeFs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { localStore } from "../../../src/storage/local.ts";
import { describeRangeStore, patternOf } from "./describe-range-store.ts";

function makeFolder(): string {
  return fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "recorte-local-")));
}

/** Moved into place under its name, as a careful writer does. Its time is set: a clock may tick slower than a test. */
let time = 1_000;
function writeByRename(path: string, bytes: Uint8Array): void {
  fs.writeFileSync(`${path}.part`, bytes);
  fs.utimesSync(`${path}.part`, time, time++);
  fs.renameSync(`${path}.part`, path);
}

function setTime(path: string, seconds: string): void {
  execFileSync("touch", ["-m", "-d", `@${seconds}`, path]);
}

function replaceKeepingTime(path: string): void {
  execFileSync("cp", ["--preserve=timestamps", path, `${path}.part`]);
  fs.renameSync(`${path}.part`, path);
}

describeRangeStore("localStore", () => {
  const folder = makeFolder();
  const store = localStore({ roots: [folder] });
  return Promise.resolve({
    store,
    put: (name, bytes) => Promise.resolve(writeByRename(join(folder, name), bytes)),
    remove: (name) => Promise.resolve(fs.rmSync(join(folder, name))),
    locationOf: (name) => join(folder, name),
    async stop() {
      await store.close();
      fs.rmSync(folder, { recursive: true });
    },
  });
});

describe("localStore", () => {
  let folder: string;
  let outside: string;
  const bytes = patternOf(10_000, 1);
  const inside = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = makeFolder();
    outside = makeFolder();
    fs.writeFileSync(inside("a.fits"), bytes);
    fs.writeFileSync(join(outside, "secret"), "secret");
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
    fs.rmSync(outside, { recursive: true });
  });

  it("has a version of size, nanoseconds and inode", async () => {
    const { size, mtimeNs, ino } = fs.statSync(inside("a.fits"), { bigint: true });
    const source = await localStore({ roots: [folder] }).open(inside("a.fits"));
    expect(source.version).toBe(`${size}-${mtimeNs}-${ino}`);
    expect(source.key).toBe(inside("a.fits"));
  });

  it("opens a file: URL, spaces and all", async () => {
    fs.writeFileSync(inside("a b%.fits"), "SIMPLE");
    const source = await localStore({ roots: [folder] }).open(pathToFileURL(inside("a b%.fits")).href);
    expect(Buffer.from(await source.read({ start: 0, length: 6 })).toString()).toBe("SIMPLE");
  });

  it("follows links inside its folders", async () => {
    fs.symlinkSync(inside("a.fits"), inside("link.fits"));
    const source = await localStore({ roots: [outside, folder] }).open(inside("link.fits"));
    expect(source.byteLength).toBe(10_000);
  });

  it("accepts a folder that is itself a link", async () => {
    fs.symlinkSync(folder, join(outside, "archive"));
    const store = localStore({ roots: [join(outside, "archive")] });
    expect((await store.open(join(outside, "archive", "a.fits"))).byteLength).toBe(10_000);
  });

  it.each([
    ["a path outside", () => join(outside, "secret")],
    ["dots that lead outside", () => `${folder}/../${outside.split("/").at(-1)}/secret`],
    ["a link that leads outside", () => inside("out")],
    ["a folder link that leads outside", () => inside("outdir/secret")],
    ["a folder whose name begins like a root", () => `${folder}-more/secret`],
  ])("refuses %s", async (_, locate) => {
    fs.symlinkSync(join(outside, "secret"), inside("out"));
    fs.symlinkSync(outside, inside("outdir"));
    fs.mkdirSync(`${folder}-more`);
    fs.writeFileSync(`${folder}-more/secret`, "secret");
    try {
      await expect(localStore({ roots: [folder] }).open(locate())).rejects.toMatchObject({ code: "forbidden" });
    } finally {
      fs.rmSync(`${folder}-more`, { recursive: true });
    }
  });

  it("refuses everything when it has no folders", async () => {
    await expect(localStore({ roots: [] }).open(inside("a.fits"))).rejects.toMatchObject({ code: "forbidden" });
  });

  it.each([
    ["a relative path", () => "a.fits"],
    ["a path with a zero byte", () => `${folder}/a.fits\0.png`],
    ["a file: URL of another host", () => `file://elsewhere${folder}/a.fits`],
    ["a folder", () => folder],
    ["a pipe", () => inside("pipe")],
    ["a device", () => "/dev/zero"],
    ["a file used as a folder", () => inside("a.fits/b")],
    ["links in a circle", () => inside("circle")],
    ["a name too long", () => inside("a".repeat(5_000))],
  ])("refuses %s", async (_, locate) => {
    execFileSync("mkfifo", [inside("pipe")]);
    fs.symlinkSync(inside("circle"), inside("circle"));
    const store = localStore({ roots: [folder, "/dev", tmpdir()] });
    await expect(store.open(locate())).rejects.toMatchObject({ code: "missing-file" });
  });

  // Of a path that leads to a server the kernel may wait for as long as it is silent. No disk holds /proc either.
  it("asks nothing about a path in the main thread before it is known to lead to a disk of this machine", async () => {
    const store = localStore({ roots: ["/proc"] });
    const calls = (["statSync", "lstatSync", "openSync", "statfsSync", "realpathSync", "closeSync"] as const).map(
      (name) => vi.spyOn(nodeFs, name),
    );
    syncBuiltinESMExports();
    try {
      await store.open("/proc/version");
      await store.close();
      for (const call of calls) expect(call).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    }
  });

  it("notices a write in place, even one that keeps the length", async () => {
    const source = await localStore({ roots: [folder] }).open(inside("a.fits"));
    await source.read({ start: 0, length: 10 });
    writeInPlace(inside("a.fits"), "x", 2_000);
    await expect(source.read({ start: 0, length: 10 })).rejects.toMatchObject({ code: "source-changed" });
  });

  it("notices a file that became shorter", async () => {
    const source = await localStore({ roots: [folder] }).open(inside("a.fits"));
    fs.truncateSync(inside("a.fits"), 5_000);
    await expect(source.read({ start: 4_000, length: 2_000 })).rejects.toMatchObject({ code: "source-changed" });
    await expect(source.read({ start: 8_000, length: 100 })).rejects.toMatchObject({ code: "source-changed" });
  });

  it("notices a file that was removed or moved away, its descriptor kept open or not", async () => {
    fs.writeFileSync(inside("b.fits"), bytes);
    for (const maxOpenFiles of [1, 10]) {
      const store = localStore({ roots: [folder], maxOpenFiles });
      const source = await store.open(inside("a.fits"));
      await (await store.open(inside("b.fits"))).read({ start: 0, length: 1 });
      fs.renameSync(inside("a.fits"), inside("moved.fits"));
      await expect(source.read({ start: 0, length: 10 })).rejects.toMatchObject({ code: "source-changed" });
      fs.renameSync(inside("moved.fits"), inside("a.fits"));
    }
  });

  it("notices a file replaced while its descriptor was closed to make room", async () => {
    fs.writeFileSync(inside("b.fits"), bytes);
    const store = localStore({ roots: [folder], maxOpenFiles: 1 });
    const source = await store.open(inside("a.fits"));
    await store.open(inside("b.fits"));
    writeByRename(inside("a.fits"), patternOf(10_000, 2));
    await expect(source.read({ start: 0, length: 10 })).rejects.toMatchObject({ code: "source-changed" });
  });

  it("lets go of a removed file, whose disk space would stay taken, once a read has found out", async () => {
    const source = await localStore({ roots: [folder] }).open(inside("a.fits"));
    fs.rmSync(inside("a.fits"));
    await expect(source.read({ start: 0, length: 10 })).rejects.toMatchObject({ code: "source-changed" });
    await descriptorsClosed();
    expect(openDescriptors(folder)).toBe(0);
  });

  it("takes new rights and links of a file for no change", async () => {
    const source = await localStore({ roots: [folder] }).open(inside("a.fits"));
    fs.chmodSync(inside("a.fits"), 0o640);
    fs.linkSync(inside("a.fits"), inside("second-name.fits"));
    expect(await source.read({ start: 0, length: 10 })).toEqual(bytes.slice(0, 10));
  });

  describe("says without waiting", () => {
    const open = async (path: string) => {
      const store = localStore({ roots: [folder] });
      return { store, source: await store.open(path) };
    };

    it("that a file is the same, new rights looked at once", async () => {
      const { store, source } = await open(inside("a.fits"));
      expect(store.isCurrent(source)).toBe(true);
      fs.chmodSync(inside("a.fits"), 0o640);
      await store.open(inside("a.fits"));
      expect(store.isCurrent(source)).toBe(true);
    });

    it.each([
      ["replaced by one of the same length and time", () => replaceKeepingTime(inside("a.fits"))],
      ["written in place", () => writeInPlace(inside("a.fits"), "x", 2_000)],
      ["given another time, by nanoseconds", () => setTime(inside("a.fits"), "1790000000.000000200")],
      ["removed", () => fs.rmSync(inside("a.fits"))],
    ])("that a file was %s", async (_, change) => {
      setTime(inside("a.fits"), "1790000000.000000100");
      const { store, source } = await open(inside("a.fits"));
      change();
      expect(store.isCurrent(source)).toBe(false);
      const fresh = await store.open(inside("a.fits")).catch(() => null);
      expect(fresh?.version).not.toBe(source.version);
      expect(store.isCurrent(source)).toBe(false);
    });

    it("that a link on the way leads elsewhere", async () => {
      for (const name of ["one", "two"]) fs.cpSync(inside("a.fits"), inside(`${name}/a.fits`));
      fs.symlinkSync("one", inside("link"));
      const { store, source } = await open(inside("link/a.fits"));
      expect(store.isCurrent(source)).toBe(true);
      fs.symlinkSync("two", inside("next"));
      fs.renameSync(inside("next"), inside("link"));
      expect(store.isCurrent(source)).toBe(false);
    });

    it("nothing of a file whose descriptor was closed", async () => {
      const { store, source } = await open(inside("a.fits"));
      await store.close();
      expect(store.isCurrent(source)).toBe(false);
    });
  });

  it("serves the new file from the next open on, and leaves no old descriptor behind", async () => {
    const store = localStore({ roots: [folder] });
    const before = openDescriptors(folder);
    for (let round = 0; round < 20; round++) {
      const replacement = patternOf(1_000 + round, round);
      writeByRename(inside("a.fits"), replacement);
      const source = await store.open(inside("a.fits"));
      expect(await source.read({ start: 0, length: source.byteLength })).toEqual(replacement);
    }
    await store.close();
    await descriptorsClosed();
    expect(openDescriptors(folder)).toBe(before);
  });

  it("keeps no more files open than it may, however many sources there are", async () => {
    const names = Array.from({ length: 40 }, (_, index) => inside(`n${index}.fits`));
    names.forEach((name, index) => fs.writeFileSync(name, patternOf(100, index)));
    const store = localStore({ roots: [folder], maxOpenFiles: 4 });
    const sources = await Promise.all(names.map((name) => store.open(name)));
    const read = await Promise.all(sources.map((source) => source.read({ start: 0, length: 100 })));
    read.forEach((found, index) => {
      expect(found).toEqual(patternOf(100, index));
    });
    await descriptorsClosed();
    expect(openDescriptors(folder)).toBeLessThanOrEqual(4);
    await store.close();
  });

  it("rejects a read whose caller went away while the disk was reading", async () => {
    const source = await localStore({ roots: [folder] }).open(inside("a.fits"));
    const controller = new AbortController();
    const reading = source.read({ start: 0, length: 10_000 }, { signal: controller.signal });
    controller.abort(new Error("gone"));
    await expect(reading).rejects.toMatchObject({ code: "canceled" });
  });

  it("can be closed, and used again, while reads are under way", async () => {
    const store = localStore({ roots: [folder] });
    const source = await store.open(inside("a.fits"));
    const reading = source.read({ start: 0, length: 10_000 });
    await store.close();
    expect(await reading).toEqual(bytes);
    expect(await source.read({ start: 1, length: 10 })).toEqual(bytes.slice(1, 11));
  });

  it.skipIf(process.getuid?.() === 0)("reports a file it has no right to read", async () => {
    fs.chmodSync(inside("a.fits"), 0);
    await expect(localStore({ roots: [folder] }).open(inside("a.fits"))).rejects.toMatchObject({ code: "forbidden" });
  });
});

function writeInPlace(path: string, text: string, seconds: number): void {
  const descriptor = fs.openSync(path, "r+");
  fs.writeSync(descriptor, text, 0);
  fs.futimesSync(descriptor, seconds, seconds);
  fs.closeSync(descriptor);
}

/** Descriptors of this process on files in `folder`, removed files included. */
function openDescriptors(folder: string): number {
  const targets = fs.readdirSync("/proc/self/fd").map((name) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return ""; // the one that listed the folder
    }
  });
  return targets.filter((target) => target.startsWith(folder)).length;
}

/** Closing runs in the thread pool; a later task there has been through the same queue. */
async function descriptorsClosed(): Promise<void> {
  for (let i = 0; i < 8; i++) await fs.promises.stat("/");
}
