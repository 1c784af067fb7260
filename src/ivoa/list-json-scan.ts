import { ServiceError } from "../errors.ts";
import { MAX_ROW_LENGTH, rowTooLong, type ListLimits, type ListSteps } from "./list-table.ts";

/** What a list in JSON says: the members of its object, or `rows` alone, for a list of rows. */
export type JsonMembers = ReadonlyMap<string, unknown>;

/** Arrays and objects in each other. Cells hold none, and columns are one deep. */
const MAX_DEPTH = 32;

/**
 * Reads JSON (RFC 8259) row by row: `JSON.parse` reads each, and what is outside of rows, since all at once would take
 * too long. "usage" for what it would refuse, "over-limit" for rows that are too many, too long or too deep.
 */
export function* readJsonMembers(text: string, limits: ListLimits): ListSteps<JsonMembers> {
  let at = skipBlanks(text, 0);
  const members = new Map<string, unknown>();
  if (text[at] === "[") {
    const rows = yield* readElements(text, at, limits);
    members.set("rows", rows.elements);
    at = rows.end;
  } else if (text[at] === "{") {
    at = skipBlanks(text, at + 1);
    for (let isFirst = true; isFirst ? text[at] !== "}" : true; isFirst = false) {
      const keyEnd = endOfValue(text, at, "its object").end;
      const key = parsePiece(text.slice(at, keyEnd), "its object");
      if (typeof key !== "string" || text[keyEnd] !== ":") throw noJson("its object has no name before a value");
      if (members.has(key) || members.size >= limits.maxColumns)
        throw noJson("its object has a name twice, or too many");
      at = skipBlanks(text, keyEnd + 1);
      if (ROWS.has(key) && text[at] === "[") {
        const rows = yield* readElements(text, at, limits);
        members.set(key, rows.elements);
        at = skipBlanks(text, rows.end);
      } else {
        const { end } = endOfValue(text, at, `its member ${JSON.stringify(key.slice(0, 40))}`);
        members.set(key, parsePiece(text.slice(at, end), "its object"));
        at = end;
      }
      yield;
      if (text[at] === "}") break;
      if (text[at] !== ",") throw noJson("its object has no end");
      at = skipBlanks(text, at + 1);
    }
    at++;
  } else {
    parsePiece(text.slice(0, MAX_ROW_LENGTH), "it");
    throw noJson("it is neither an array nor an object");
  }
  if (skipBlanks(text, at) < text.length) throw noJson("there is more behind its end");
  return members;
}

const ROWS = new Set(["rows", "data"]);

/** From a `[` to behind its `]`. */
function* readElements(
  text: string,
  start: number,
  limits: ListLimits,
): ListSteps<{ readonly elements: unknown[]; readonly end: number }> {
  const elements: unknown[] = [];
  let at = skipBlanks(text, start + 1);
  if (text[at] === "]") return { elements, end: at + 1 };
  for (;;) {
    const place = elements.length + 1;
    const { end, commas } = endOfValue(text, at, `row ${place}`, place);
    if (commas >= limits.maxColumns) {
      throw new ServiceError("over-limit", `Cannot use the list: it has more than ${limits.maxColumns} columns`);
    }
    elements.push(parsePiece(text.slice(at, end), `row ${place}`));
    if (elements.length > limits.maxRows) {
      throw new ServiceError("over-limit", `Cannot use the list: it has more than ${limits.maxRows} rows`);
    }
    yield;
    if (text[end] === "]") return { elements, end: end + 1 };
    if (text[end] !== ",") throw noJson(`row ${place} has no end`);
    at = end + 1;
  }
}

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

/** Where a value ends: at the comma, colon or bracket behind it that is not its own. */
function endOfValue(
  text: string,
  start: number,
  what: string,
  row?: number,
): { readonly end: number; readonly commas: number } {
  const last = Math.min(text.length, start + MAX_ROW_LENGTH + 1);
  let depth = 0;
  let commas = 0;
  let at = start;
  for (; at < last; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at, last);
    else if (code === COMMA || code === COLON) {
      if (depth === 0) break;
      if (code === COMMA) commas++;
    } else if (code === ARRAY || code === OBJECT) {
      if (++depth > MAX_DEPTH) {
        throw new ServiceError("usage", `Cannot use the list: ${what} has values more than ${MAX_DEPTH} deep`);
      }
    } else if (code === ARRAY + 2 || code === OBJECT + 2) {
      if (depth-- === 0) break;
    }
  }
  if (at < last || text.length - start <= MAX_ROW_LENGTH) return { end: Math.min(at, text.length), commas };
  if (row !== undefined) throw rowTooLong("row", row);
  throw new ServiceError("over-limit", `Cannot use the list: ${what} has more than ${MAX_ROW_LENGTH} characters`);
}

const COLON = 58;
/** Brackets; what closes is two behind. */
const ARRAY = 91;
const OBJECT = 123;

/** The closing quote. */
function endOfString(text: string, start: number, last: number): number {
  let at = start + 1;
  for (; at < last; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return at;
}

function parsePiece(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : "";
    throw new ServiceError("usage", `Cannot use the list: it is no JSON (${what}: ${reason})`, { cause });
  }
}

function skipBlanks(text: string, from: number): number {
  const last = Math.min(text.length, from + MAX_ROW_LENGTH);
  for (let at = from; at < last; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && (code < 9 || code > 13 || code === 11 || code === 12)) return at;
  }
  if (last === text.length) return last;
  throw new ServiceError("over-limit", `Cannot use the list: it has more than ${MAX_ROW_LENGTH} blanks`);
}

function noJson(reason: string): ServiceError {
  return new ServiceError("usage", `Cannot use the list: it is no JSON (${reason})`);
}
