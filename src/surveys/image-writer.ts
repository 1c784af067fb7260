import { getTableColumns, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { IndexDatabase } from "../db/index-database.ts";
import { image } from "../db/index-schema.ts";
import { boundingBoxOfVectors } from "../sky/bounding-box.ts";
import type { ImageRecord } from "./image-record.ts";
import { rowOfRecord } from "./image-row.ts";

/** Writes records into the image index, all of a call or none. A record whose release and key are there replaces it. */
export type ImageWriter = {
  write(records: readonly ImageRecord[]): { readonly added: number; readonly updated: number };
};

export function createImageWriter({ orm, sqlite }: IndexDatabase): ImageWriter {
  const upsert = prepareUpsert(orm);
  const maxId = sqlite.prepare<[], number>("SELECT coalesce(max(id), 0) FROM image").pluck();
  const release = prepareNumbering(sqlite, { table: "release", key: "number", text: "id" });
  const root = prepareNumbering(sqlite, { table: "archive_root", key: "id", text: "location" });
  const placeBox = sqlite.prepare(
    `INSERT OR REPLACE INTO image_box VALUES
       (@id, @xMin, @xMax, @yMin, @yMax, @zMin, @zMax, @release - 0.25, @release + 0.25)`,
  );

  function writeOne(record: ImageRecord): number {
    const releaseNumber = release(record.release);
    const row = rowOfRecord(record, { releaseNumber, rootId: root(record.root) });
    const { id } = upsert.get(row);
    const { min, max } = boundingBoxOfVectors(record.region);
    placeBox.run({
      id,
      release: releaseNumber,
      ...{ xMin: min[0], yMin: min[1], zMin: min[2], xMax: max[0], yMax: max[1], zMax: max[2] },
    });
    return id;
  }

  const writeAll = sqlite.transaction((records: readonly ImageRecord[]) => {
    const newest = maxId.get() ?? 0; // ids only grow within a transaction: what is above it was added here
    const added = new Set(records.map(writeOne).filter((id) => id > newest)).size;
    return { added, updated: records.length - added };
  });
  return { write: (records) => writeAll.immediate(records) };
}

function prepareUpsert(orm: IndexDatabase["orm"]) {
  const names = Object.keys(getTableColumns(image)).filter(
    (name) => name !== "id",
  ) as (keyof typeof image.$inferInsert)[];
  const columns = getTableColumns(image);
  const replacements: Record<string, SQL> = {};
  for (const name of names) replacements[name] = sql`excluded.${sql.identifier(columns[name].name)}`;
  return orm
    .insert(image)
    .values(Object.fromEntries(names.map((name) => [name, sql.placeholder(name)])) as never)
    .onConflictDoUpdate({ target: [image.releaseNumber, image.key], set: replacements })
    .returning({ id: image.id })
    .prepare();
}

/** The number of a text in a table of numbered texts, which is added to the table when it is new. */
function prepareNumbering(
  sqlite: IndexDatabase["sqlite"],
  { table, key, text }: { table: string; key: string; text: string },
): (value: string) => number {
  const find = sqlite.prepare<[string], number>(`SELECT ${key} FROM ${table} WHERE ${text} = ?`).pluck();
  const add = sqlite.prepare<[string], number>(`INSERT INTO ${table} (${text}) VALUES (?) RETURNING ${key}`).pluck();
  return (value) => find.get(value) ?? (add.get(value) as number);
}
