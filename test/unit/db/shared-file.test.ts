import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { migrateRecords, openRecordsDatabase } from "../../../src/db/records-database.ts";

const ROOT = join(import.meta.dirname, "../../..");
let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "recorte-records-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Another process, which takes itself for the last one and tidies up where nobody holds a lock. */
function openElsewhere(path: string): void {
  const script = `const db = new (require("better-sqlite3"))(process.argv[1]); db.prepare("select count(*) from user").get(); db.close();`;
  execFileSync(process.execPath, ["--eval", script, path], { cwd: ROOT });
}

test("what is written stays in one place, whoever else opens the records meanwhile", () => {
  const path = join(folder, "records.sqlite");
  const records = openRecordsDatabase(path);
  migrateRecords(records);
  // Another connection of this process comes and goes: what it closes must not give up the locks of the first.
  openRecordsDatabase(path).close();
  openElsewhere(path);
  expect(existsSync(`${path}-wal`)).toBe(true);
  const inode = statSync(`${path}-wal`).ino;
  records.sqlite.prepare("insert into worker (id, started_at, heartbeat_at) values ('a', 1, 1)").run();
  openElsewhere(path);
  expect(statSync(`${path}-wal`).ino).toBe(inode);
  const others = openRecordsDatabase(path);
  expect(others.sqlite.prepare("select count(*) from worker").pluck().get()).toBe(1);
  others.close();
  records.close();
});
