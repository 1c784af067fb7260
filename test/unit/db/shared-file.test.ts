import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrateRecords, openRecordsDatabase } from "../../../src/db/records-database.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "recorte-records-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Locks that the system knows on a file, of this process among others (proc(5)). */
function locksOn(path: string): number {
  const inode = `:${statSync(path).ino} `;
  return readFileSync("/proc/locks", "utf8")
    .split("\n")
    .filter((line) => line.includes(inode)).length;
}

// Without the lock another program takes itself for the last one, and removes the log that we go on to write to.
test.runIf(process.platform === "linux")(
  "a connection keeps its lock when another of its process comes and goes",
  () => {
    const path = join(folder, "records.sqlite");
    const records = openRecordsDatabase(path);
    migrateRecords(records);
    expect(locksOn(path)).toBe(1);
    const other = openRecordsDatabase(path);
    expect(locksOn(path)).toBe(1);
    other.close();
    expect(locksOn(path)).toBe(1);
    records.close();
  },
);
