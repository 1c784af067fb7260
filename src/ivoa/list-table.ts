import { ServiceError } from "../errors.ts";

/** A table that a user sent, as text: what its cells mean is found out later. */
export type ListTable = {
  readonly columns: readonly ListColumn[];
  readonly rows: readonly ListRow[];
  /** What the numbers of its rows count. */
  readonly rowsAre: "line" | "row";
};

export type ListColumn = {
  /** Not empty, and no other's. */
  readonly name: string;
  readonly unit?: string | undefined;
  readonly ucd?: string | undefined;
  /** System and equinox of its coordinates, where the table says them. */
  readonly frame?: string | undefined;
};

export type ListRow = {
  /** Line of the file, or row of the table; from 1. */
  readonly place: number;
  /** As many as columns; empty where there is no value. */
  readonly cells: readonly string[];
  /** Why the row cannot be read. */
  readonly problem?: string | undefined;
};

export type ListLimits = {
  readonly maxRows: number;
  readonly maxColumns: number;
  /** Rows × columns: what a list needs of memory follows from it more than from its bytes. */
  readonly maxCells: number;
};

const MAX_NAME_LENGTH = 100;
/** Characters of a row, or of the header: what is read in one go. */
export const MAX_ROW_LENGTH = 256 * 1024;
/** Characters of a cell. */
export const MAX_CELL_LENGTH = 64 * 1024;

/** Reading a table stops at each `yield`, after some thousand characters at most, so that others can have a turn. */
export type ListSteps<T> = Generator<undefined, T, undefined>;

export function rowTooLong(rowsAre: ListTable["rowsAre"], place: number): ServiceError {
  return new ServiceError(
    "over-limit",
    `Cannot use the list: ${rowsAre} ${place} has more than ${MAX_ROW_LENGTH} characters, or a cell more than ${MAX_CELL_LENGTH}`,
  );
}

/** Checks what a table says of its columns, and gives names to those that have none or somebody else's. */
export function nameColumns(columns: readonly ListColumn[], limits: ListLimits): ListColumn[] {
  checkColumns(columns.length, limits);
  const taken = new Set<string>();
  return columns.map((column, index) => {
    const trimmed = column.name.trim();
    if (trimmed.length > MAX_NAME_LENGTH) {
      throw new ServiceError(
        "usage",
        `Cannot use the list: the name of column ${index + 1} has ${trimmed.length} characters, and may have ${MAX_NAME_LENGTH}`,
      );
    }
    const base = trimmed === "" ? `column_${index + 1}` : trimmed;
    let name = base;
    for (let copy = 2; taken.has(name); copy++) name = `${base}_${copy}`;
    taken.add(name);
    return { ...column, name };
  });
}

export function checkColumns(columns: number, { maxColumns }: ListLimits): void {
  if (columns <= maxColumns) return;
  throw new ServiceError("over-limit", `Cannot use the list: it has more than ${maxColumns} columns`);
}

/** `cells`: of all rows so far. */
export function checkRows(rows: number, cells: number, { maxRows, maxCells }: ListLimits): void {
  if (rows > maxRows) {
    throw new ServiceError("over-limit", `Cannot use the list: it has more than ${maxRows} rows`);
  }
  if (cells > maxCells) {
    throw new ServiceError("over-limit", `Cannot use the list: it has more than ${maxCells} cells (rows × columns)`);
  }
}
