import { ServiceError } from "../errors.ts";
import {
  checkColumns,
  checkRows,
  MAX_CELL_LENGTH,
  MAX_ROW_LENGTH,
  nameColumns,
  rowTooLong,
  type ListColumn,
  type ListLimits,
  type ListRow,
  type ListSteps,
  type ListTable,
} from "./list-table.ts";
import { parseAngle } from "./sexagesimal.ts";

export type CsvOptions = {
  /** undefined: a tab, a semicolon, a comma or blanks, whichever of them, in this order, the first line has. */
  readonly delimiter?: "," | ";" | "\t" | undefined;
  /** undefined: told from the first line. Without one the columns are `ra,dec` or `id,ra,dec`. */
  readonly header?: boolean | undefined;
  readonly limits: ListLimits;
};

/** CSV (RFC 4180), with comment lines that begin with `#`, and empty lines, passed over. */
export function* parseCsvList(text: string, { delimiter, header, limits }: CsvOptions): ListSteps<ListTable> {
  const source: Source = { text, newline: text.includes("\n") ? "\n" : "\r" };
  let columns: ListColumn[] | null = null;
  const rows: ListRow[] = [];
  let separator: string | undefined = delimiter;
  let allCells = 0;
  let line = 1;
  let passedOver = 0;
  for (let at = 0; at < text.length; line++) {
    const end = endOfLine(source, at);
    if (isSkipped(text, at, end)) {
      if (end - at > MAX_ROW_LENGTH) throw rowTooLong("line", line);
      checkPassedOver(++passedOver, limits);
      if (passedOver % LINES_OF_A_STEP === 0) yield;
      at = end + 1;
      continue;
    }
    separator ??= findDelimiter(text.slice(at, Math.min(end, at + MAX_ROW_LENGTH)));
    const place = line;
    const record = readRecord(source, { start: at, lineEnd: end, delimiter: separator, line, limits });
    ({ line } = record);
    at = record.end + 1;
    const { cells } = record;
    if (columns === null) {
      checkColumns(cells.length, limits);
      const positional = header === true ? null : namesWithoutHeader(cells);
      if (header === false && positional === null) {
        throw new ServiceError("usage", "Cannot use the list: without a header line it needs ra,dec or id,ra,dec");
      }
      columns = nameColumns(
        (positional ?? cells).map((name) => ({ name })),
        limits,
      );
      if (positional === null) continue;
    }
    allCells += cells.length;
    const needed = columns.length;
    const problem = cells.length === needed ? undefined : `it has ${cellsOf(cells.length)}, and ${needed} are needed`;
    rows.push({ place, cells, problem });
    checkRows(rows.length, allCells, limits);
    yield;
  }
  if (columns === null) throw new ServiceError("usage", "Cannot use the list: it is empty");
  return { columns, rows, rowsAre: "line" };
}

type Source = { readonly text: string; readonly newline: "\n" | "\r" };

const LINES_OF_A_STEP = 1000;

/** Comments and empty lines beside the rows: some for each of them, and a heading. */
function checkPassedOver(lines: number, { maxRows }: ListLimits): void {
  const most = 4 * maxRows + 10_000;
  if (lines <= most) return;
  throw new ServiceError("over-limit", `Cannot use the list: more than ${most} of its lines are empty or comments`);
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

function findDelimiter(line: string): string {
  const bare = line.replace(/"[^"]*"/g, "");
  const found = ["\t", ";", ","].find((candidate) => bare.includes(candidate));
  return found ?? (/\S\s+\S/.test(line) ? BLANKS : ",");
}

/** Any number of them is one delimiter, and quotes are letters. */
const BLANKS = " ";

function endOfLine({ text, newline }: Source, from: number): number {
  const end = text.indexOf(newline, from);
  return end === -1 ? text.length : end;
}

const HASH = 35;
const QUOTE = '"';

function isSkipped(text: string, at: number, end: number): boolean {
  return text.charCodeAt(at) === HASH || (end - at < 1000 && text.slice(at, end).trim() === "");
}

type RecordPlace = {
  readonly start: number;
  readonly lineEnd: number;
  readonly delimiter: string;
  readonly line: number;
  readonly limits: ListLimits;
};
type Record = { readonly cells: string[]; readonly end: number; readonly line: number };

/** Cells beyond one more than the limit are not looked at: their number is too large already. */
function readRecord(source: Source, place: RecordPlace): Record {
  const { start, lineEnd, delimiter, line, limits } = place;
  const { text } = source;
  if (lineEnd - start > MAX_ROW_LENGTH) throw rowTooLong("line", line);
  const bare = text.slice(
    start,
    text.charCodeAt(lineEnd - 1) === CARRIAGE_RETURN && lineEnd > start ? lineEnd - 1 : lineEnd,
  );
  if (delimiter !== BLANKS && bare.includes(QUOTE)) return readQuotedRecord(source, place);
  const cells =
    delimiter === BLANKS
      ? bare.trim().split(/\s+/, limits.maxColumns + 1)
      : bare.split(delimiter, limits.maxColumns + 1);
  if (bare.length > MAX_CELL_LENGTH && cells.some((cell) => cell.length > MAX_CELL_LENGTH))
    throw rowTooLong("line", line);
  return { cells, end: lineEnd, line };
}

const CARRIAGE_RETURN = 13;

/** One record with quotes in it, which may run over several lines. */
function readQuotedRecord(source: Source, { start, lineEnd: firstEnd, delimiter, line, limits }: RecordPlace): Record {
  const { text, newline } = source;
  const cells: string[] = [];
  const place = line;
  const code = delimiter.charCodeAt(0);
  let lineEnd = firstEnd;
  for (let at = start; ; at++) {
    let cell: string;
    if (text.startsWith(QUOTE, at)) {
      const quoted = readQuoted(text, at, line);
      for (; lineEnd < quoted.end; line++) lineEnd = endOfLine(source, lineEnd + 1);
      cell = newline === "\r" ? quoted.value.replaceAll("\r", "\n") : quoted.value;
      at = endOfCell(text, quoted.end, lineEnd, code);
      if (at - start > MAX_ROW_LENGTH) throw rowTooLong("line", place);
      if (text.slice(quoted.end, at).trim() !== "") {
        throw new ServiceError("usage", `Cannot use the list: line ${line} has text after a closing quote`);
      }
    } else {
      const end = endOfCell(text, at, lineEnd, code);
      cell = text.slice(at, end === lineEnd && end > at && text[end - 1] === "\r" ? end - 1 : end);
      at = end;
    }
    if (at - start > MAX_ROW_LENGTH || cell.length > MAX_CELL_LENGTH) throw rowTooLong("line", place);
    if (cells.length <= limits.maxColumns) cells.push(cell);
    if (at >= lineEnd) return { cells, end: lineEnd, line };
  }
}

function endOfCell(text: string, from: number, lineEnd: number, delimiter: number): number {
  const last = Math.min(lineEnd, from + MAX_ROW_LENGTH + 1);
  for (let at = from; at < last; at++) if (text.charCodeAt(at) === delimiter) return at;
  return last;
}

/** From the opening quote to behind the closing one; a quote inside is written twice. */
function readQuoted(text: string, start: number, line: number): { value: string; end: number } {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf(QUOTE, at);
    if (at === -1) {
      throw new ServiceError("usage", `Cannot use the list: a quote that line ${line} opens is never closed`);
    }
    if (at - start > 2 * MAX_CELL_LENGTH + 1) throw rowTooLong("line", line);
    if (text[at + 1] !== QUOTE) return { value: text.slice(start + 1, at).replaceAll('""', QUOTE), end: at + 1 };
  }
}
