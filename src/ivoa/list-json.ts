import { z } from "zod";
import { ServiceError } from "../errors.ts";
import {
  checkColumns,
  checkRows,
  nameColumns,
  type ListColumn,
  type ListLimits,
  type ListRow,
  type ListTable,
} from "./list-table.ts";

const Column = z.union([
  z.string(),
  z.object({ name: z.string(), unit: z.string().nullish(), ucd: z.string().nullish() }),
]);
/** Cells are looked at one by one, so that each that is wrong can be named. */
const Rows = z.array(z.unknown());
const Document = z.union([Rows, z.object({ rows: Rows }), z.object({ columns: z.array(Column), data: Rows })], {
  error: 'it needs [{"ra": …, "dec": …}, …], {"rows": […]} or {"columns": […], "data": [[…], …]}',
});

/** A list of objects; the same as `rows`; or `columns`, names or objects with name, unit and ucd, and `data`. */
export function parseJsonList(text: string, limits: ListLimits): ListTable {
  const document = Document.safeParse(parseJson(text));
  if (!document.success) {
    throw new ServiceError("usage", `Cannot use the list: ${document.error.issues[0].message}`);
  }
  if (Array.isArray(document.data)) return readObjects(document.data, limits);
  if ("rows" in document.data) return readObjects(document.data.rows, limits);
  return readArrays(document.data.columns, document.data.data, limits);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : "";
    throw new ServiceError("usage", `Cannot use the list: it is no JSON (${reason})`, { cause });
  }
}

function readObjects(items: readonly unknown[], limits: ListLimits): ListTable {
  checkRows(items.length, 0, limits);
  const indices = new Map<string, number>();
  for (const item of items) {
    if (!isObject(item)) continue;
    for (const name of Object.keys(item)) if (!indices.has(name)) indices.set(name, indices.size);
    checkColumns(indices.size, limits);
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
  const rows = items.map((item, index): ListRow => {
    if (!isObject(item)) return { place: index + 1, cells: [], problem: "it is no object" };
    return readRow(
      index + 1,
      names.map((name) => (Object.hasOwn(item, name) ? item[name] : null)),
      names,
    );
  });
  return {
    columns: nameColumns(
      names.map((name) => ({ name })),
      limits,
    ),
    rows,
    rowsAre: "row",
  };
}

function readArrays(given: readonly z.infer<typeof Column>[], data: readonly unknown[], limits: ListLimits): ListTable {
  checkRows(data.length, data.length * given.length, limits);
  const columns = given.map(
    (column): ListColumn =>
      typeof column === "string"
        ? { name: column }
        : { name: column.name, unit: column.unit ?? undefined, ucd: column.ucd ?? undefined },
  );
  const named = nameColumns(columns, limits);
  const names = named.map(({ name }) => name);
  const rows = data.map((item, index): ListRow => {
    if (!Array.isArray(item)) return { place: index + 1, cells: [], problem: "it is no array" };
    if (item.length !== names.length) {
      return {
        place: index + 1,
        cells: [],
        problem: `it has ${item.length} cells, and there are ${names.length} columns`,
      };
    }
    return readRow(index + 1, item, names);
  });
  return { columns: named, rows, rowsAre: "row" };
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
