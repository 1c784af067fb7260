import { z } from "zod";
import { ServiceError } from "../errors.ts";
import { readJsonMembers } from "./list-json-scan.ts";
import {
  checkColumns,
  checkRows,
  MAX_CELL_LENGTH,
  nameColumns,
  rowTooLong,
  type ListColumn,
  type ListLimits,
  type ListRow,
  type ListSteps,
  type ListTable,
} from "./list-table.ts";

const Column = z.union([
  z.string(),
  z.object({ name: z.string(), unit: z.string().nullish(), ucd: z.string().nullish() }),
]);
/** Cells are looked at one by one, so that each that is wrong can be named. */
const Rows = z.array(z.unknown());
const Document = z.union([z.object({ rows: Rows }), z.object({ columns: z.array(Column), data: Rows })], {
  error: 'it needs [{"ra": …, "dec": …}, …], {"rows": […]} or {"columns": […], "data": [[…], …]}',
});

/** A list as clients may send it. */
export const JSON_LIST = z.union([Rows, Document]);

/** A list of objects; the same as `rows`; or `columns`, names or objects with name, unit and ucd, and `data`. */
export function* parseJsonList(text: string, limits: ListLimits): ListSteps<ListTable> {
  const members = yield* readJsonMembers(text, limits);
  const columns = members.get("columns");
  if (Array.isArray(columns)) checkColumns(columns.length, limits);
  const document = Document.safeParse(Object.fromEntries(members));
  if (!document.success) {
    throw new ServiceError("usage", `Cannot use the list: ${document.error.issues[0].message}`);
  }
  if ("rows" in document.data) return yield* readObjects(document.data.rows, limits);
  return yield* readArrays(document.data.columns, document.data.data, limits);
}

function* readObjects(items: readonly unknown[], limits: ListLimits): ListSteps<ListTable> {
  checkRows(items.length, 0, limits);
  const indices = new Map<string, number>();
  for (const item of items) {
    if (!isObject(item)) continue;
    for (const name of Object.keys(item)) if (!indices.has(name)) indices.set(name, indices.size);
    checkColumns(indices.size, limits);
    yield;
  }
  const names = [...indices.keys()];
  if (items.length > 0 && names.length === 0) {
    throw new ServiceError(
      "usage",
      "Cannot use the list: its rows name no columns; it needs rows that are objects, as " +
        '[{"ra": 1, "dec": 2}], or the names beside the rows, as {"columns": ["ra", "dec"], "data": [[1, 2]]}',
    );
  }
  checkRows(items.length, items.length * names.length, limits);
  const rows: ListRow[] = [];
  for (const item of items) {
    rows.push(readObject(rows.length + 1, item, names));
    yield;
  }
  return {
    columns: nameColumns(
      names.map((name) => ({ name })),
      limits,
    ),
    rows,
    rowsAre: "row",
  };
}

function readObject(place: number, item: unknown, names: readonly string[]): ListRow {
  if (!isObject(item)) return { place, cells: [], problem: "it is no object" };
  return readRow(
    place,
    names.map((name) => (Object.hasOwn(item, name) ? item[name] : null)),
    names,
  );
}

function* readArrays(
  given: readonly z.infer<typeof Column>[],
  data: readonly unknown[],
  limits: ListLimits,
): ListSteps<ListTable> {
  checkRows(data.length, data.length * given.length, limits);
  const columns = given.map(
    (column): ListColumn =>
      typeof column === "string"
        ? { name: column }
        : { name: column.name, unit: column.unit ?? undefined, ucd: column.ucd ?? undefined },
  );
  const named = nameColumns(columns, limits);
  const names = named.map(({ name }) => name);
  const rows: ListRow[] = [];
  for (const item of data) {
    rows.push(readArray(rows.length + 1, item, names));
    yield;
  }
  return { columns: named, rows, rowsAre: "row" };
}

function readArray(place: number, item: unknown, names: readonly string[]): ListRow {
  if (!Array.isArray(item)) return { place, cells: [], problem: "it is no array" };
  if (item.length === names.length) return readRow(place, item, names);
  return { place, cells: [], problem: `it has ${item.length} cells, and there are ${names.length} columns` };
}

function readRow(place: number, values: readonly unknown[], names: readonly string[]): ListRow {
  const cells: string[] = [];
  for (const [index, value] of values.entries()) {
    const cell = cellOf(value);
    if (cell === null) {
      const problem = `${JSON.stringify(names[index].slice(0, 40))} is neither text, a number, true, false nor null`;
      return { place, cells: [], problem };
    }
    // 64-bit identifiers are rounded by JSON readers; half of such a list would name wrong objects.
    if (
      typeof value === "number" &&
      Number.isInteger(value) &&
      !Number.isSafeInteger(value) &&
      Math.abs(value) < 1e20
    ) {
      const problem = `${JSON.stringify(names[index].slice(0, 40))} has more digits than a JSON number keeps; it must be text`;
      return { place, cells: [], problem };
    }
    if (cell.length > MAX_CELL_LENGTH) throw rowTooLong("row", place);
    cells.push(cell);
  }
  return { place, cells };
}

function cellOf(value: unknown): string | null {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
