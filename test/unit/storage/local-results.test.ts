import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, open, readdir, readlink, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLocalResults } from "../../../src/storage/local-results.ts";
import type { ResultStore } from "../../../src/storage/result-store.ts";

let folder: string;
let results: ResultStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorte-results-"));
  results = createLocalResults(join(folder, "results"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const JOB = "abc123";
const never = new AbortController().signal;
const bytes = (text: string) => new TextEncoder().encode(text);
const namesOf = (jobId = JOB) => readdir(join(folder, "results", jobId)).then((names) => names.sort());

async function read(name: string, start = 0, end?: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(name, start, end));
}

async function readBytes(name: string, start = 0, end?: number): Promise<Uint8Array> {
  const file = await results.open(JOB, name);
  try {
    return await collect(file.read(start, end ?? file.byteLength));
  } finally {
    await file.close();
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const collected = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected);
}

/** Descriptors of this process that lead into the test's folder. */
async function openFiles(): Promise<string[]> {
  const descriptors = await readdir("/proc/self/fd");
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(folder));
}

async function listed() {
  const jobs = [];
  for await (const job of results.listJobs()) jobs.push(job);
  return jobs;
}

/** A body whose next piece comes when the test says so. */
function stepwiseBody() {
  const canceled = vi.fn();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (c) => void (controller = c), cancel: canceled });
  const send = (text: string) => controller?.enqueue(bytes(text));
  return { body, send, end: () => controller?.close(), fail: (e: Error) => controller?.error(e), canceled };
}

/** The prototype of node's FileHandle, to make a disk fail. */
async function fileHandlePrototype() {
  const handle = await open(folder, "r");
  await handle.close();
  return Object.getPrototypeOf(handle) as {
    write: (this: unknown, ...args: unknown[]) => Promise<unknown>;
    sync: (this: unknown) => Promise<void>;
  };
}

describe("writing", () => {
  it("tells length and sha256, as sha256sum sees them", async () => {
    const pieces = Array.from({ length: 40 }, (_, i) => new Uint8Array(100_003).fill(i));
    const written = await results.write(JOB, "a.fits", new Blob(pieces).stream(), never);
    const sum = execFileSync("sha256sum", [join(folder, "results", JOB, "a.fits")], { encoding: "utf8" });
    expect(written).toEqual({ byteLength: 4_000_120, sha256: sum.slice(0, 64) });
    expect(await namesOf()).toEqual(["a.fits"]);
  });

  it("shows a file under its name only when it is whole", async () => {
    const { body, send, end } = stepwiseBody();
    const writing = results.write(JOB, "a.fits", body, never);
    send("half");
    await vi.waitFor(async () => expect(await results.listFiles(JOB)).toMatchObject([{ partial: true }]));
    expect((await namesOf())[0]).toMatch(/^\.a\.fits\.[0-9a-f]{16}\.part$/);
    await expect(results.open(JOB, "a.fits")).rejects.toMatchObject({ code: "missing-file" });
    send(" and half");
    end();
    await writing;
    expect(await results.listFiles(JOB)).toEqual([{ name: "a.fits", partial: false }]);
    expect(await read("a.fits")).toBe("half and half");
  });

  it("replaces a file, and whoever reads the old one reads it to its end", async () => {
    await results.write(JOB, "a.fits", bytes("old"), never);
    const old = await results.open(JOB, "a.fits");
    await results.write(JOB, "a.fits", bytes("newer"), never);
    expect((await collect(old.read(0, old.byteLength))).toString()).toBe("old");
    await old.close();
    expect(await read("a.fits")).toBe("newer");
  });

  it("never mixes two writers of one name", async () => {
    const [one, two] = [stepwiseBody(), stepwiseBody()];
    const writing = [results.write(JOB, "a", one.body, never), results.write(JOB, "a", two.body, never)];
    for (let i = 0; i < 5; i++) {
      one.send("1111");
      two.send("2222");
      await new Promise(setImmediate);
    }
    one.end();
    await writing[0];
    expect(await read("a")).toBe("1".repeat(20));
    two.end();
    await writing[1];
    expect(await read("a")).toBe("2".repeat(20));
    expect(await namesOf()).toEqual(["a"]);
  });

  it("leaves nothing when the signal fires, and does not wait for a body that gives nothing", async () => {
    const { body, send, canceled } = stepwiseBody();
    const stop = new AbortController();
    const writing = results.write(JOB, "a", body, stop.signal);
    send("half");
    await vi.waitFor(async () => expect(await results.listFiles(JOB)).toHaveLength(1));
    stop.abort(new Error("aborted by its owner"));
    await expect(writing).rejects.toMatchObject({ code: "canceled" });
    expect(canceled).toHaveBeenCalledOnce();
    expect(await namesOf()).toEqual([]);
    expect(await openFiles()).toEqual([]);
  });

  it("cancels a body that it never began to read", async () => {
    const { body, canceled } = stepwiseBody();
    await expect(results.write(JOB, "a", body, AbortSignal.abort())).rejects.toMatchObject({ code: "canceled" });
    expect(canceled).toHaveBeenCalledOnce();
    expect(await openFiles()).toEqual([]);
  });

  it("passes the body's error on as it is, and leaves nothing", async () => {
    const { body, send, fail } = stepwiseBody();
    const writing = results.write(JOB, "a", body, never);
    send("half");
    const error = new Error("the tile is damaged");
    fail(error);
    await expect(writing).rejects.toBe(error);
    expect(await namesOf()).toEqual([]);
  });

  it.each(["write", "sync"] as const)("calls a full disk unavailable, when it tells at %s", async (step) => {
    await results.write(JOB, "a", bytes("old"), never);
    const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    vi.spyOn(await fileHandlePrototype(), step).mockRejectedValue(full);
    const { body, send, end, canceled } = stepwiseBody();
    const writing = results.write(JOB, "a", body, never);
    send("more than fits");
    if (step === "sync") end();
    await expect(writing).rejects.toMatchObject({
      code: "unavailable",
      message: "Cannot write a: the disk of the results is full (ENOSPC)",
    });
    expect(canceled).toHaveBeenCalledTimes(step === "sync" ? 0 : 1);
    expect(await namesOf()).toEqual(["a"]);
    expect(await read("a")).toBe("old");
  });

  it("does not run ahead of the disk", async () => {
    const prototype = await fileHandlePrototype();
    const go: (() => void)[] = [];
    const { write } = prototype;
    vi.spyOn(prototype, "write").mockImplementation(async function (this: unknown, ...args: unknown[]) {
      await new Promise<void>((resolve) => go.push(resolve));
      return write.apply(this, args);
    });
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      { pull: (c) => (++pulled <= 5 ? c.enqueue(bytes("x")) : c.close()) },
      { highWaterMark: 0 },
    );
    const writing = results.write(JOB, "a", body, never);
    for (let written = 1; written <= 5; written++) {
      await vi.waitFor(() => expect(go).toHaveLength(written));
      expect(pulled).toBe(written);
      go[written - 1]();
    }
    expect(await writing).toMatchObject({ byteLength: 5 });
  });

  it.each(["..", "../x", "a/b", "a\\b", "", ".a", "-rf", "a\0", "a\n", "ü", "x".repeat(201)])(
    "takes no file name %j",
    async (name) => {
      await expect(results.write(JOB, name, bytes("x"), never)).rejects.toMatchObject({ code: "internal" });
      await expect(results.open(JOB, name)).rejects.toMatchObject({ code: "internal" });
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it.each(["..", ".", "", "A", "a/b", "a.b", "x".repeat(65)])("takes no job id %j", async (jobId) => {
    await expect(results.write(jobId, "a", bytes("x"), never)).rejects.toMatchObject({ code: "internal" });
    await expect(async () => results.removeJob(jobId)).rejects.toMatchObject({ code: "internal" });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("reading", () => {
  it("gives any range, larger than a piece too", async () => {
    const content = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);
    await results.write(JOB, "a", content, never);
    for (const [start, end] of [
      [0, 1_000_000],
      [1, 999_999],
      [262_143, 524_289],
      [5, 6],
      [7, 7],
    ]) {
      expect(Buffer.compare(await readBytes("a", start, end), content.subarray(start, end))).toBe(0);
    }
    expect(await openFiles()).toEqual([]);
  });

  it("gives several ranges of one version, and closes when told to", async () => {
    await results.write(JOB, "a", bytes("0123456789"), never);
    const file = await results.open(JOB, "a");
    await results.write(JOB, "a", bytes("other"), never);
    const parts = [];
    for (const [start, end] of [
      [2, 4],
      [0, 1],
    ]) {
      for await (const piece of file.read(start, end)) parts.push(new TextDecoder().decode(piece));
    }
    expect(parts).toEqual(["23", "0"]);
    expect(await openFiles()).toHaveLength(1);
    await file.close();
    await file.close();
    expect(await openFiles()).toEqual([]);
  });

  it("breaks off where a file became shorter", async () => {
    await results.write(JOB, "a", new Uint8Array(1000), never);
    const file = await results.open(JOB, "a");
    await writeFile(join(folder, "results", JOB, "a"), "short");
    await expect(collect(file.read(0, 1000))).rejects.toMatchObject({ code: "source-changed" });
    await file.close();
  });

  it("follows no link", async () => {
    await results.write(JOB, "a", bytes("x"), never);
    await symlink("/etc/passwd", join(folder, "results", JOB, "b"));
    await expect(results.open(JOB, "b")).rejects.toMatchObject({ code: "missing-file" });
  });
});

describe("what there is", () => {
  it("is nothing before the first file", async () => {
    expect(await listed()).toEqual([]);
    expect(await results.listFiles(JOB)).toEqual([]);
    expect(await results.removePartial(JOB, Infinity)).toBe(0);
    await results.removeJob(JOB);
    await results.remove(JOB, "a");
  });

  it("lists jobs with the time of their last change, and takes no notice of what is not ours", async () => {
    await results.write("one", "a", bytes("x"), never);
    await results.write("two", "a", bytes("x"), never);
    await writeFile(join(folder, "results", "README"), "");
    await mkdir(join(folder, "results", "lost+found"));
    await utimes(join(folder, "results", "one"), 1e9, 1e9);
    const jobs = await listed();
    expect(jobs.map(({ jobId }) => jobId).sort()).toEqual(["one", "two"]);
    expect(jobs.find(({ jobId }) => jobId === "one")?.modifiedAt).toBe(1e12);
  });

  it("goes: a file, a job, and what was left unfinished long ago", async () => {
    await results.write(JOB, "a", bytes("x"), never);
    await results.write(JOB, "b", bytes("x"), never);
    const [old, young] = [".a.0123456789abcdef.part", ".b.0123456789abcdef.part"];
    for (const name of [old, young]) await writeFile(join(folder, "results", JOB, name), "");
    await utimes(join(folder, "results", JOB, old), 1e9, 1e9);
    expect(await results.removePartial(JOB, 1e12 + 1)).toBe(1);
    expect(await namesOf()).toEqual([young, "a", "b"]);
    await results.remove(JOB, "a");
    expect(await namesOf()).toEqual([young, "b"]);
    await results.removeJob(JOB);
    expect(await readdir(join(folder, "results"))).toEqual([]);
  });
});

it("lets the group read, for the proxy that sends results, and nobody else", async () => {
  await results.write(JOB, "a.fits", bytes("a"), never);
  const modes = ["", JOB, `${JOB}/a.fits`].map(
    async (path) => (await stat(join(folder, "results", path))).mode & 0o777,
  );
  expect(await Promise.all(modes)).toEqual([0o750, 0o750, 0o640]);
});

it("leaves the modes of a folder that is there alone", async () => {
  await mkdir(join(folder, "results"));
  await chmod(join(folder, "results"), 0o755);
  await results.write(JOB, "a.fits", bytes("a"), never);
  expect((await stat(join(folder, "results"))).mode & 0o777).toBe(0o755);
  expect(await read("a.fits")).toBe("a");
});
