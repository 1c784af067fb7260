import { ServiceError } from "../errors.ts";
import { formatBytesExactly } from "../format-bytes.ts";
import { findColumns, type ColumnMapping, type ListColumns } from "../ivoa/list-columns.ts";
import { parseCsvList } from "../ivoa/list-csv.ts";
import { parseJsonList } from "../ivoa/list-json.ts";
import type { ListColumn, ListLimits, ListRow, ListTable } from "../ivoa/list-table.ts";
import { decodeListText } from "../ivoa/list-text.ts";
import type { Parameters } from "../ivoa/parameters.ts";
import { readVotable } from "../ivoa/read-votable.ts";
import { parseAngle, type AngleUnit } from "../ivoa/sexagesimal.ts";
import { SODA_PARAMETERS } from "../ivoa/soda-parameters.ts";
import { parseNames } from "../ivoa/soda-values.ts";
import type { RowCheck } from "./check-rows.ts";
import type { CoordinateList, CoordinateRow } from "./coordinate-list.ts";
import { COLUMN_PARAMETERS } from "./job-parameters.ts";
import { parseSize } from "./list-size.ts";
import { takeTurns, type Steps } from "./take-turns.ts";
import { WrongRows } from "./wrong-rows.ts";

export type CoordinateListLimits = ListLimits & {
  /** Of the list; what is kept of it, with the names of the columns in every row, may be four times as much. */
  readonly maxBytes: number;
  /** Wrong rows that the error tells with their reasons; it names the others by their numbers. */
  readonly maxReportedRows: number;
};

export type ListSource = {
  readonly bytes: Uint8Array;
  /** As the client says; where that says nothing, the list is known by its first character. */
  readonly mediaType: string;
  readonly mapping: ColumnMapping;
  /** What the releases that the job names say of what a row sets itself. */
  readonly checkRow?: RowCheck | undefined;
  readonly limits: CoordinateListLimits;
};

/** RA_COLUMN, DEC_COLUMN … */
export function readColumnMapping(parameters: Parameters): ColumnMapping {
  const entries = COLUMN_PARAMETERS.map((name) => [
    name.slice(0, -"_COLUMN".length).toLowerCase(),
    parameters.single(name),
  ]);
  return Object.fromEntries(entries) as ColumnMapping;
}

/**
 * Reads a list of positions, CSV, VOTable or JSON, and looks at all of it: every row that is wrong is named with its reason,
 * in one "usage" error. Positions are ICRS, in degrees or sexagesimal. Large lists are read in turns with everything else.
 */
export function parseCoordinateList(source: ListSource): Promise<CoordinateList> {
  return takeTurns(readCoordinateList(source));
}

export function* readCoordinateList({
  bytes,
  mediaType,
  mapping,
  checkRow,
  limits,
}: ListSource): Steps<CoordinateList> {
  if (bytes.length > limits.maxBytes) {
    throw new ServiceError(
      "over-limit",
      `Cannot use the list: it has ${formatBytesExactly(bytes.length)}, and ${formatBytesExactly(limits.maxBytes)} are allowed; ` +
        "send it in parts, as several jobs",
    );
  }
  const table = yield* readTable(yield* decodeListText(bytes), mediaType, mapping, limits);
  if (table.rows.length === 0) throw new ServiceError("usage", "Cannot use the list: it has no rows");
  const columns = findColumns(table.columns, mapping);
  checkKeptBytes(table, bytes.length, limits);
  checkFrame(table.columns[columns.ra]);
  const readRow = rowReader(table.columns, columns);
  const rows: CoordinateRow[] = [];
  const wrong = new WrongRows({ rowsAre: table.rowsAre, maxReportedRows: limits.maxReportedRows });
  for (const row of table.rows) {
    const read = row.problem ?? readRow(row, rows.length + 1);
    const problem = typeof read === "string" ? read : (checkRow?.(read.overrides) ?? null);
    if (problem !== null) wrong.add(row.place, problem);
    else if (typeof read !== "string") rows.push(read);
    yield;
  }
  wrong.check(table.rows.length);
  return { rows };
}

function* readTable(text: string, mediaType: string, mapping: ColumnMapping, limits: ListLimits): Steps<ListTable> {
  const said = /;\s*header=(present|absent)\b/i.exec(mediaType)?.[1].toLowerCase(); // RFC 4180, section 3
  const isMapped = mapping.ra !== undefined || mapping.dec !== undefined;
  const header = said === undefined ? isMapped || undefined : said === "present";
  switch (formatOf(text, mediaType)) {
    case "votable":
      return yield* readVotable(text, limits);
    case "json":
      return yield* parseJsonList(text, limits);
    case "tsv":
      return yield* parseCsvList(text, { delimiter: "\t", header, limits });
    default:
      return yield* parseCsvList(text, { header, limits });
  }
}

function formatOf(text: string, mediaType: string): "votable" | "json" | "tsv" | "csv" {
  const [type] = mediaType.toLowerCase().split(";");
  if (/[/+]xml$/.test(type.trim())) return "votable";
  if (/[/+]json$/.test(type.trim())) return "json";
  if (type.trim() === "text/tab-separated-values") return "tsv";
  if (type.trim() === "text/csv") return "csv";
  const first = /^\s{0,1000}(\S)/.exec(text)?.[1];
  if (first === "<") return "votable";
  return first === "[" || first === "{" ? "json" : "csv";
}

/** Names are kept in every row: few letters of a file could become very many. */
function checkKeptBytes({ columns, rows }: ListTable, byteLength: number, { maxBytes }: CoordinateListLimits): void {
  const names = columns.reduce((total, { name }) => total + name.length, 0);
  if (names * rows.length + byteLength <= 4 * maxBytes) return;
  throw new ServiceError(
    "over-limit",
    `Cannot use the list: the names of its ${columns.length} columns are too long for its ${rows.length} rows`,
  );
}

/** ICRS, or FK5 of 2000, which is the same to a few hundredths of an arc second. */
const GOOD_FRAME = /^(?:icrs|eq_?fk5|fk5)?(?: *j?2000(?:\.0*)?)?$/i;

/** "usage" for a table that says its positions are in another frame: they would be somewhere else on the sky. */
function checkFrame({ name, frame = "" }: ListColumn): void {
  if (GOOD_FRAME.test(frame)) return;
  const shown = `${JSON.stringify(name.slice(0, 40))} is in ${JSON.stringify(frame.slice(0, 40))}`;
  throw new ServiceError("usage", `Cannot use the list: its column ${shown}; positions need ICRS`);
}

/** Reads one row; text says what is wrong with it. */
function rowReader(
  columns: readonly ListColumn[],
  places: ListColumns,
): (row: ListRow, number: number) => CoordinateRow | string {
  const raUnit = angleUnit(columns[places.ra]);
  const decUnit = angleUnit(columns[places.dec]);
  const overrides = overrideReaders(columns, places);
  return ({ cells }, number) => {
    const raDegrees = parseAngle(cells[places.ra], { axis: "ra", unit: raUnit });
    if (typeof raDegrees !== "number") return `as RA ${raDegrees.problem}`;
    const decDegrees = parseAngle(cells[places.dec], { axis: "dec", unit: decUnit });
    if (typeof decDegrees !== "number") return `as Dec ${decDegrees.problem}`;
    const own: [string, string][] = [];
    for (const { name, column, read } of overrides) {
      const cell = cells[column].trim();
      if (cell === "") continue;
      const result = read(cell);
      if ("problem" in result) return result.problem;
      own.push([name, result.value]);
    }
    const id = places.id === undefined ? "" : cells[places.id].trim();
    return {
      number,
      id: id === "" ? null : id,
      // 360 is 0, as in a CIRCLE.
      position: { raDegrees: raDegrees === 360 ? 0 : raDegrees, decDegrees },
      overrides: own,
      columns: recordOf(columns, cells),
    };
  };
}

/** As `Object.fromEntries` would, which takes several times as long. */
function recordOf(columns: readonly ListColumn[], cells: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [index, { name }] of columns.entries()) {
    if (name !== "__proto__") record[name] = cells[index];
    else Object.defineProperty(record, name, { value: cells[index], enumerable: true });
  }
  return record;
}

/** "usage" for a unit that is no angle we read. Sexagesimal text says itself what it is. */
function angleUnit({ name, unit = "" }: ListColumn): AngleUnit {
  const bare = unit.trim().toLowerCase().replaceAll('"', "");
  if (["", "deg", "degree", "degrees", "d:m:s", "dms", "dd:mm:ss"].includes(bare)) return "degrees";
  if (["hourangle", "hour", "hours", "h", "hr", "h:m:s", "hms", "hh:mm:ss"].includes(bare)) return "hours";
  const shown = `${JSON.stringify(name.slice(0, 40))} is in ${JSON.stringify(unit.slice(0, 40))}`;
  throw new ServiceError("usage", `Cannot use the list: its column ${shown}; positions need deg or hourangle`);
}

type Reading = { readonly value: string } | { readonly problem: string };
type OverrideReader = { readonly name: string; readonly column: number; readonly read: (cell: string) => Reading };

/** What a row may say itself, as parameters of its recipes. Few values are read many times. */
function overrideReaders(columns: readonly ListColumn[], places: ListColumns): OverrideReader[] {
  const reader = (name: string, column: number | undefined, check: (cell: string) => string): OverrideReader[] => {
    if (column === undefined) return [];
    const known = new Map<string, Reading>();
    const read = (cell: string): Reading => {
      const before = known.get(cell);
      if (before !== undefined) return before;
      const result = readOverride(cell, check);
      known.set(cell, result);
      return result;
    };
    return [{ name, column, read }];
  };
  const arcminutes = places.size === undefined ? 1 : arcminutesPer(columns[places.size]);
  return [
    ...reader("SIZE", places.size, (cell) => readSize(cell, arcminutes)),
    ...reader("FILTER", places.filter, (cell) => parseNames(cell).join(",")),
    ...reader("RESPONSEFORMAT", places.format, (cell) => SODA_PARAMETERS.RESPONSEFORMAT.parse(cell)),
  ];
}

const MAX_OVERRIDE_LENGTH = 1000;

function readOverride(cell: string, check: (cell: string) => string): Reading {
  if (cell.length > MAX_OVERRIDE_LENGTH) {
    return { problem: `${JSON.stringify(`${cell.slice(0, 40)}…`)} has more than ${MAX_OVERRIDE_LENGTH} characters` };
  }
  try {
    return { value: check(cell) };
  } catch (error) {
    if (error instanceof ServiceError) return { problem: error.message };
    throw error;
  }
}

function readSize(cell: string, arcminutes: number): string {
  const size = parseSize(cell, "SIZE");
  const sides = size.kind === "circle" ? [size.diameterArcmin] : [size.widthArcmin, size.heightArcmin];
  const text = sides.map((side) => Number((side * arcminutes).toPrecision(12))).join(" ");
  parseSize(text, "SIZE");
  return text;
}

const ARCMINUTES = new Map([
  ["", 1],
  ["arcmin", 1],
  ["deg", 60],
  ["arcsec", 1 / 60],
]);

function arcminutesPer({ name, unit = "" }: ListColumn): number {
  const factor = ARCMINUTES.get(unit.trim().toLowerCase());
  if (factor !== undefined) return factor;
  const shown = `${JSON.stringify(name.slice(0, 40))} is in ${JSON.stringify(unit.slice(0, 40))}`;
  throw new ServiceError("usage", `Cannot use the list: its column ${shown}; sizes need arcmin, deg or arcsec`);
}
