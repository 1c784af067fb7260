import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { RangeStore } from "../../../src/storage/range-source.ts";
import { createStore } from "../../../src/storage/store.ts";
import { countingSource } from "../../support/counting-source.ts";
import { memorySource } from "../../support/memory-source.ts";

describe("createStore", () => {
  let folder: string;
  beforeAll(() => {
    folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "recorte-store-")));
    fs.writeFileSync(join(folder, "a.fits"), "SIMPLE");
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  function named(name: string): RangeStore {
    return { open: (location) => Promise.resolve(memorySource(`${name} ${location}`, new Uint8Array(0))) };
  }

  it.each([
    ["http://x/a", "http http://x/a"],
    ["HTTPS://x/a", "http HTTPS://x/a"],
    ["s3://b/a", "s3 s3://b/a"],
  ])("passes %s to the store of its scheme", async (location, key) => {
    const store = createStore({ roots: [folder], http: named("http"), s3: named("s3") });
    expect((await store.open(location)).key).toBe(key);
  });

  it("opens paths and file: URLs on the local disk", async () => {
    const store = createStore({ roots: [folder] });
    const path = join(folder, "a.fits");
    expect((await store.open(path)).byteLength).toBe(6);
    expect((await store.open(pathToFileURL(path).href)).key).toBe(path);
    await store.close();
  });

  it.each([
    "http://x/a?token=secret",
    "s3://b/secret",
    "ftp://secret@x/a",
    "a.fits",
    "",
    "constructor:x",
    "__proto__:x",
  ])("refuses %s, which it has no store for, and does not repeat it", async (location) => {
    const opening = createStore({ roots: [folder] }).open(location);
    await expect(opening).rejects.toMatchObject({ code: "unsupported" });
    await expect(opening).rejects.toThrow(/^(?!.*secret)/);
  });
});

describe("countingSource", () => {
  it("counts what was asked for, and prices it", async () => {
    const source = countingSource(memorySource("four bytes", Uint8Array.of(1, 2, 3, 4)));
    expect(await source.read({ start: 1, length: 2 })).toEqual(Uint8Array.of(2, 3));
    await expect(source.read({ start: 3, length: 2 })).rejects.toMatchObject({ code: "corrupt-data" });
    expect(source).toMatchObject({ reads: 2, bytes: 4 });
    expect(source.seconds({ secondsPerRead: 1, bytesPerSecond: 2 })).toBe(4);
    source.reset();
    expect(source).toMatchObject({ reads: 0, bytes: 0 });
  });
});
