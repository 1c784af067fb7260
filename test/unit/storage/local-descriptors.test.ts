import { describe, expect, it } from "vitest";

import { ServiceError } from "../../../src/errors.ts";
import { DescriptorPool, type OpenFile } from "../../../src/storage/local-descriptors.ts";

/** A disk of imaginary files; `version` is that of all of them. */
function imaginaryDisk(maxOpen: number, limit = Infinity) {
  const disk = { version: "1", opened: [] as string[], open: new Set<number>() };
  let descriptors = 0;
  const pool = new DescriptorPool({
    maxOpen,
    async open(path) {
      await Promise.resolve();
      if (disk.open.size >= limit) {
        const cause = Object.assign(new Error("too many"), { code: "EMFILE" });
        throw new ServiceError("unavailable", "too many", { cause });
      }
      disk.opened.push(path);
      disk.open.add(++descriptors);
      return {
        descriptor: descriptors,
        version: disk.version,
        byteLength: 1,
        isLocal: true,
        inode: 1,
        changeTimeMs: 0,
      };
    },
    close(file) {
      expect(disk.open.delete(file.descriptor)).toBe(true); // never twice
    },
  });
  const use = (path: string, version = "1") => pool.use(path, version, (file) => file);
  return { disk, pool, use };
}

function latch(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe("DescriptorPool", () => {
  it("opens a file once, and closes the one used longest ago", async () => {
    const { disk, use } = imaginaryDisk(2);
    for (const path of ["a", "b", "a", "c", "a", "b"]) await use(path);
    expect(disk.opened).toEqual(["a", "b", "c", "b"]);
    expect(disk.open.size).toBe(2);
  });

  it("keeps one descriptor when a file is opened twice at once", async () => {
    const { disk, use } = imaginaryDisk(2);
    const [one, two] = await Promise.all([use("a"), use("a")]);
    expect(one.descriptor).toBe(two.descriptor);
    expect(disk.open.size).toBe(1);
  });

  it("closes no file in use, not even over its limit, and comes back under it", async () => {
    const { disk, pool, use } = imaginaryDisk(1);
    const gate = latch();
    const inUse: OpenFile[] = [];
    const uses = ["a", "b", "c"].map((path) =>
      pool.use(path, "1", async (file) => {
        inUse.push(file);
        await gate.opened;
        expect(disk.open.has(file.descriptor)).toBe(true);
      }),
    );
    while (inUse.length < 3) await Promise.resolve();
    await use("a");
    expect(disk.opened).toEqual(["a", "b", "c"]);
    gate.open();
    await Promise.all(uses);
    expect(disk.open.size).toBe(1);
  });

  it("closes a retired file after its last use", async () => {
    const { disk, pool } = imaginaryDisk(2);
    await pool.use("a", "1", (file) => {
      pool.retireAll();
      expect(disk.open.has(file.descriptor)).toBe(true);
    });
    expect(disk.open.size).toBe(0);
  });

  it("opens another version anew, and closes the old one", async () => {
    const { disk, use } = imaginaryDisk(2);
    await use("a");
    disk.version = "2";
    expect((await use("a", "2")).version).toBe("2");
    expect(disk.open.size).toBe(1);
  });

  it("makes room when the system has no descriptors left", async () => {
    const { disk, use } = imaginaryDisk(100, 3);
    for (const path of ["a", "b", "c", "d"]) await use(path);
    expect(disk.opened).toEqual(["a", "b", "c", "d"]);
  });

  it("retires only the very file it is told", async () => {
    const { disk, pool, use } = imaginaryDisk(2);
    const old = await use("a");
    disk.version = "2";
    await use("a", "2");
    pool.retire("a", old);
    expect(disk.open.size).toBe(1);
  });
});
