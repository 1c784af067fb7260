import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTableName } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrateIndex, openIndexDatabase } from "../../../src/db/index-database.ts";
import * as schema from "../../../src/db/index-schema.ts";

describe("the database of the image index", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "recorte-index-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is made with its folders, in WAL mode, with foreign keys", () => {
    const database = openIndexDatabase(join(folder, "a/b/index.sqlite"));
    migrateIndex(database);
    const pragma = (name: string): unknown => database.sqlite.pragma(name, { simple: true });
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("foreign_keys")).toBe(1);
    expect(pragma("synchronous")).toBe(1); // NORMAL
    expect(pragma("busy_timeout")).toBe(5000);
    database.close();
  });

  test("is for nobody else on the machine; one that is there keeps its mode", () => {
    const path = join(folder, "mine/index.sqlite");
    const modeOf = (file: string) => statSync(file).mode & 0o777;
    for (const mode of [0o600, 0o644]) {
      const database = openIndexDatabase(path);
      migrateIndex(database);
      expect([path, `${path}-wal`, `${path}-shm`].map(modeOf)).toEqual([mode, mode, mode]);
      database.close();
      chmodSync(path, 0o644);
    }
    expect(modeOf(join(folder, "mine"))).toBe(0o700);
  });

  test("a second migration changes nothing", () => {
    const path = join(folder, "twice.sqlite");
    for (let i = 0; i < 2; i++) {
      const database = openIndexDatabase(path);
      migrateIndex(database);
      if (i === 0) database.sqlite.exec("INSERT INTO release (id) VALUES ('kept')");
      expect(database.orm.select().from(schema.release).all()).toEqual([{ number: 1, id: "kept" }]);
      database.close();
    }
  });

  test("two processes may migrate at the same time", () => {
    const path = join(folder, "race.sqlite");
    const [first, second] = [openIndexDatabase(path), openIndexDatabase(path)];
    // The second comes between the first's look at what is to be done and its doing it.
    const prepare = first.sqlite.prepare.bind(first.sqlite);
    let raced = false;
    first.sqlite.prepare = (text: string) => {
      if (/^begin/i.test(text) && !raced) {
        raced = true;
        migrateIndex(second);
      }
      return prepare(text);
    };
    migrateIndex(first);
    expect(raced).toBe(true);
    expect(first.orm.select().from(schema.image).all()).toEqual([]);
    first.close();
    second.close();
  });

  test("the migrations make the tables that the schema describes", () => {
    const database = openIndexDatabase(":memory:");
    migrateIndex(database);
    for (const table of [schema.image, schema.release, schema.archiveRoot]) {
      const made = database.sqlite.pragma(`table_info(${getTableName(table)})`) as Column[];
      const described = getTableConfig(table).columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notnull: Number(column.notNull),
      }));
      const columns = made.map(({ name, type, notnull }) => ({ name, type: type.toUpperCase(), notnull }));
      expect(columns).toEqual(described);
    }
  });

  test("the box of a deleted image goes with it", () => {
    const { sqlite, orm } = openMigrated();
    sqlite.exec(`
      INSERT INTO release VALUES (1, 'r'); INSERT INTO archive_root VALUES (1, '/a');
      INSERT INTO image (id, release_number, key, dataproduct_type, calib_level, obs_collection, obs_id, s_ra, s_dec,
        s_fov, footprint, root_id, planes, available) VALUES (7, 1, 'k', 'image', 3, 'c', 'o', 0, 0, 1, x'', 1, '{}', 1);
      INSERT INTO image_box VALUES (7, 0, 1, 0, 1, 0, 1, 0.75, 1.25)`);
    orm.delete(schema.image).run();
    expect(sqlite.prepare("SELECT count(*) FROM image_box").pluck().get()).toBe(0);
  });

  test("a file that is no database is refused, with its name", () => {
    const path = join(folder, "text.sqlite");
    writeFileSync(path, "this is not a database, but long enough to look like a page of one".repeat(100));
    expect(() => openIndexDatabase(path)).toThrow(path);
    expect(() => openIndexDatabase(join(path, "below-a-file.sqlite"))).toThrow("below-a-file");
  });
});

type Column = { name: string; type: string; notnull: number };

function openMigrated() {
  const database = openIndexDatabase(":memory:");
  migrateIndex(database);
  return database;
}
