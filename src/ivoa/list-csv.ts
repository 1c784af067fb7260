import { ServiceError } from "../errors.ts";
import { checkColumns, checkRows, nameColumns, type ListLimits, type ListRow, type ListTable } from "./list-table.ts";
import { parseAngle } from "./sexagesimal.ts";

export type CsvOptions = {
  /** undefined: a tab, a semicolon, a comma or blanks, whichever of them, in this order, the first line has. */
  readonly delimiter?: "," | ";" | "\t" | undefined;
  /** undefined: told from the first line. Without one the columns are `ra,dec` or `id,ra,dec`. */
  readonly header?: boolean | undefined;
  readonly limits: ListLimits;
};

/** CSV (RFC 4180), with comment lines that begin with `#`, and empty lines, passed over. */
export function parseCsvList(text: string, { delimiter, header, limits }: CsvOptions): ListTable {
  const lines = text.includes("\n") ? text : text.replaceAll("\r", "\n");
  const separator = delimiter ?? findDelimiter(firstLine(lines));
  const records = readRecords(lines, separator, limits);
  const first = records[0];
  if (first === undefined) throw new ServiceError("usage", "Cannot use the list: it is empty");
  checkColumns(first.cells.length, limits);
  const positional = header === true ? null : namesWithoutHeader(first.cells);
  if (header === false && positional === null) {
    throw new ServiceError("usage", "Cannot use the list: without a header line it needs ra,dec or id,ra,dec");
  }
  const names = positional ?? first.cells;
  const columns = nameColumns(
    names.map((name) => ({ name })),
    limits,
  );
  const rows = (positional === null ? records.slice(1) : records).map((row): ListRow => {
    if (row.cells.length === columns.length) return row;
    return { ...row, problem: `it has ${cellsOf(row.cells.length)}, and ${columns.length} are needed` };
  });
  return { columns, rows, rowsAre: "line" };
}

/** Null where the first line is a header: two or three cells of which the last two are no angles. */
function namesWithoutHeader(cells: readonly string[]): string[] | null {
  const [ra, dec] = cells.slice(-2);
  if (cells.length !== 2 && cells.length !== 3) return null;
  if (typeof parseAngle(ra, { axis: "ra" }) !== "number" || typeof parseAngle(dec, { axis: "dec" }) !== "number") {
    return null;
  }
  return cells.length === 2 ? ["ra", "dec"] : ["id", "ra", "dec"];
}

function cellsOf(count: number): string {
  return `${count} cell${count === 1 ? "" : "s"}`;
}

/** That is neither empty nor a comment. */
function firstLine(text: string): string {
  for (let at = 0; at < text.length; ) {
    const end = endOfLine(text, at);
    if (!isSkipped(text, at, end)) return text.slice(at, end);
    at = end + 1;
  }
  return "";
}

function findDelimiter(line: string): string {
  const bare = line.replace(/"[^"]*"/g, "");
  const found = ["\t", ";", ","].find((candidate) => bare.includes(candidate));
  return found ?? (/\S\s+\S/.test(line) ? BLANKS : ",");
}

/** Any number of them is one delimiter, and quotes are letters. */
const BLANKS = " ";

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

const HASH = 35;
const QUOTE = '"';

function isSkipped(text: string, at: number, end: number): boolean {
  return text.charCodeAt(at) === HASH || (end - at < 1000 && text.slice(at, end).trim() === "");
}

/** Cells beyond one more than the limit are not looked at: their number is too large already. */
function readRecords(text: string, delimiter: string, limits: ListLimits): ListRow[] {
  const records: ListRow[] = [];
  let allCells = 0;
  let line = 1;
  for (let at = 0; at < text.length; line++) {
    let end = endOfLine(text, at);
    if (!isSkipped(text, at, end)) {
      const place = line;
      const bare = text.slice(at, text.charCodeAt(end - 1) === CARRIAGE_RETURN && end > at ? end - 1 : end);
      let cells: string[];
      if (delimiter === BLANKS) {
        cells = bare.trim().split(/\s+/, limits.maxColumns + 1);
      } else if (bare.includes(QUOTE)) {
        const quoted = readQuotedRecord(text, at, { delimiter, line, limits });
        ({ cells, end, line } = quoted);
      } else {
        cells = bare.split(delimiter, limits.maxColumns + 1);
      }
      records.push({ place, cells });
      allCells += cells.length;
      checkRows(records.length - 1, allCells, limits); // the first is the header, or one too many at most
    }
    at = end + 1;
  }
  return records;
}

const CARRIAGE_RETURN = 13;

/** One record with quotes in it, which may run over several lines. */
function readQuotedRecord(
  text: string,
  start: number,
  { delimiter, line, limits }: { delimiter: string; line: number; limits: ListLimits },
): { cells: string[]; end: number; line: number } {
  const cells: string[] = [];
  let lineEnd = endOfLine(text, start);
  for (let at = start; ; at++) {
    let cell: string;
    if (text.startsWith(QUOTE, at)) {
      const quoted = readQuoted(text, at, line);
      for (; lineEnd < quoted.end; line++) lineEnd = endOfLine(text, lineEnd + 1);
      cell = quoted.value;
      at = endOfCell(text, quoted.end, lineEnd, delimiter);
      if (text.slice(quoted.end, at).trim() !== "") {
        throw new ServiceError("usage", `Cannot use the list: line ${line} has text after a closing quote`);
      }
    } else {
      const end = endOfCell(text, at, lineEnd, delimiter);
      cell = text.slice(at, end === lineEnd && end > at && text[end - 1] === "\r" ? end - 1 : end);
      at = end;
    }
    if (cells.length <= limits.maxColumns) cells.push(cell);
    if (at >= lineEnd) return { cells, end: lineEnd, line };
  }
}

function endOfCell(text: string, from: number, lineEnd: number, delimiter: string): number {
  for (let at = from; at < lineEnd; at++) if (text[at] === delimiter) return at;
  return lineEnd;
}

/** From the opening quote to behind the closing one; a quote inside is written twice. */
function readQuoted(text: string, start: number, line: number): { value: string; end: number } {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf(QUOTE, at);
    if (at === -1) {
      throw new ServiceError("usage", `Cannot use the list: a quote that line ${line} opens is never closed`);
    }
    if (text[at + 1] !== QUOTE) return { value: text.slice(start + 1, at).replaceAll('""', QUOTE), end: at + 1 };
  }
}
