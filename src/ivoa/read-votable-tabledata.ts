import { ServiceError } from "../errors.ts";
import {
  checkRows,
  MAX_CELL_LENGTH,
  MAX_ROW_LENGTH,
  rowTooLong,
  type ListLimits,
  type ListRow,
  type ListSteps,
} from "./list-table.ts";
import type { VotableField } from "./votable-field.ts";
import { unescapeXml } from "./unescape-xml.ts";

/**
 * The rows between `<TABLEDATA>`, which ends at `start`, and `</TABLEDATA>` (VOTable 1.5, section 5.1). A scanner of its
 * own, since a general parser takes a second for what this reads in a tenth: TR, TD, text, comments and CDATA are all
 * that can stand there.
 */
export function* readTableDataRows(
  text: string,
  start: number,
  fields: readonly VotableField[],
  limits: ListLimits,
): ListSteps<ListRow[]> {
  const rows: ListRow[] = [];
  let allCells = 0;
  let cells: string[] | null = null;
  let rowStart = start;
  for (let at = start; at < text.length; ) {
    const tagStart = text.indexOf("<", at);
    if (tagStart === -1 || !isBlank(text, at, tagStart)) throw unexpected(text, at);
    if (text.startsWith("<!--", tagStart)) {
      at = endOf(text, "-->", tagStart);
      yield;
      continue;
    }
    const tagEnd = endOf(text, ">", tagStart);
    if (cells === null) rowStart = tagStart;
    else if (tagEnd - rowStart > MAX_ROW_LENGTH) throw rowTooLong("row", rows.length + 1);
    const { name, isEnd, isEmpty } = readTag(text, tagStart, tagEnd);
    at = tagEnd;
    if (name === "TD" && !isEnd && cells !== null) {
      let cell = "";
      if (!isEmpty) ({ cell, at } = readCell(text, tagEnd, rows.length + 1));
      if (cells.length < limits.maxColumns) cells.push(withoutNull(cell, fields[cells.length]));
    } else if (name === "TR" && !isEnd && cells === null) {
      if (isEmpty) rows.push(rowOf([], rows.length + 1, fields));
      else cells = [];
    } else if (name === "TR" && isEnd && cells !== null) {
      rows.push(rowOf(cells, rows.length + 1, fields));
      cells = null;
    } else if (name === "TABLEDATA" && isEnd && cells === null) {
      return rows;
    } else throw unexpected(text, tagStart);
    if (cells !== null) continue;
    checkRows(rows.length, (allCells += fields.length), limits);
    yield;
  }
  if (start >= text.length) return rows; // <TABLEDATA/>
  throw new ServiceError("usage", "Cannot use the list: its TABLEDATA has no end");
}

function rowOf(cells: readonly string[], place: number, fields: readonly VotableField[]): ListRow {
  if (cells.length === fields.length) return { place, cells };
  return { place, cells, problem: `it has ${cells.length} cells, and there are ${fields.length} fields` };
}

function withoutNull(cell: string, field: VotableField | undefined): string {
  const isNull = cell === field?.nullText || (cell === "NaN" && field?.datatype !== "char");
  return isNull ? "" : cell;
}

const SLASH = 47;

/** `tagEnd` is behind the `>`. A name has no prefix. */
function readTag(text: string, tagStart: number, tagEnd: number) {
  const isEnd = text.charCodeAt(tagStart + 1) === SLASH;
  const isEmpty = text.charCodeAt(tagEnd - 2) === SLASH;
  const from = isEnd ? tagStart + 2 : tagStart + 1;
  const inside = text.slice(from, Math.min(isEmpty ? tagEnd - 2 : tagEnd - 1, from + 100));
  const name = /^(?:[\w.-]+:)?(\w+)(?=\s|$)/.exec(inside)?.[1] ?? "";
  return { name, isEnd, isEmpty };
}

/** From behind `<TD>` to behind `</TD>`. */
function readCell(text: string, start: number, row: number): { cell: string; at: number } {
  let cell = "";
  for (let at = start; ; ) {
    const tagStart = text.indexOf("<", at);
    if (tagStart === -1) throw unexpected(text, at);
    if (tagStart - start > MAX_CELL_LENGTH) throw rowTooLong("row", row);
    cell += unescapeXml(text.slice(at, tagStart));
    if (text.startsWith("<![CDATA[", tagStart)) {
      at = endOf(text, "]]>", tagStart);
      if (at - start > MAX_CELL_LENGTH) throw rowTooLong("row", row);
      cell += text.slice(tagStart + 9, at - 3);
    } else if (text.startsWith("<!--", tagStart)) {
      at = endOf(text, "-->", tagStart);
    } else {
      const tagEnd = endOf(text, ">", tagStart);
      const { name, isEnd } = readTag(text, tagStart, tagEnd);
      if (name !== "TD" || !isEnd) throw unexpected(text, tagStart);
      return { cell: cell.trim(), at: tagEnd };
    }
  }
}

function endOf(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  if (at === -1) throw unexpected(text, from);
  return at + end.length;
}

function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) > 32) return false;
  return true;
}

function unexpected(text: string, at: number): ServiceError {
  const shown = JSON.stringify(text.slice(at, at + 40));
  return new ServiceError("usage", `Cannot use the list: its TABLEDATA cannot be read at ${shown}`);
}
