import { ServiceError } from "../errors.ts";
import { checkRows, MAX_CELL_LENGTH, rowTooLong, type ListLimits, type ListRow, type ListSteps } from "./list-table.ts";
import type { VotableField } from "./votable-field.ts";

/** Bytes of one element (VOTable 1.5, section 2.1). */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  ...{ boolean: 1, unsignedByte: 1, char: 1 },
  ...{ short: 2, unicodeChar: 2, int: 4, float: 4 },
  ...{ long: 8, double: 8, floatComplex: 8, doubleComplex: 16 },
};

type BinaryField = VotableField & {
  /** null: each value says it, in four bytes before it. */
  readonly elements: number | null;
  readonly isSingle: boolean;
};

/**
 * The rows of BINARY and BINARY2 (VOTable 1.5, sections 5.3 and 5.4). Big-endian, field after field, without padding.
 *
 *   BINARY2   one bit for each field, the first in the highest bit, 1 where it has no value; then the fields
 *   field     int32 count where the array size is variable; then the elements; bits are packed, eight to a byte
 */
export function* readBinaryRows(
  bytes: Uint8Array,
  fields: readonly VotableField[],
  { nullFlags, limits }: { nullFlags: boolean; limits: ListLimits },
): ListSteps<ListRow[]> {
  const layout = fields.map(layOut);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flagBytes = nullFlags ? Math.ceil(fields.length / 8) : 0;
  const rows: ListRow[] = [];
  for (let at = 0; at < bytes.length; ) {
    const flags = at;
    at += flagBytes;
    const cells: string[] = [];
    for (const [index, field] of layout.entries()) {
      const { elements, start } = countElements(view, at, field);
      at = start + byteLength(field, elements);
      if (at > bytes.length) throw cutOff(rows.length + 1, field);
      if (at - start > MAX_VALUE_BYTES) throw rowTooLong("row", rows.length + 1);
      if (at - start > VALUE_BYTES_OF_A_STEP) yield;
      const isNull = nullFlags && ((bytes[flags + (index >> 3)] >> (7 - (index & 7))) & 1) === 1;
      const cell = isNull ? "" : formatValue(view, start, elements, field);
      cells.push(cell === field.nullText || cell === "NaN" ? "" : cell);
    }
    rows.push({ place: rows.length + 1, cells });
    checkRows(rows.length, rows.length * fields.length, limits);
    yield;
  }
  return rows;
}

/** Of one field: numbers become up to four times as long as text. */
const MAX_VALUE_BYTES = MAX_CELL_LENGTH / 4;
const VALUE_BYTES_OF_A_STEP = 1024;

function layOut(field: VotableField): BinaryField {
  const { datatype, arraysize, name } = field;
  if (datatype !== "bit" && !Object.hasOwn(ELEMENT_BYTES, datatype)) {
    throw new ServiceError("usage", `Cannot use the list: field ${quote(name)} has datatype ${quote(datatype)}`);
  }
  if (arraysize === "" || arraysize === "1") return { ...field, elements: 1, isSingle: true };
  const sizes = /^(\d{1,9}(?:x\d{1,9}){0,9}x?)?(\*?)$/.exec(arraysize.trim());
  if (sizes === null) {
    throw new ServiceError("usage", `Cannot use the list: field ${quote(name)} has arraysize ${quote(arraysize)}`);
  }
  if (sizes[2] === "*") return { ...field, elements: null, isSingle: false };
  const elements = sizes[1].split("x").reduce((product, size) => product * Number(size), 1);
  // Fields without bytes would make rows without end.
  if (!(elements > 0)) {
    throw new ServiceError("usage", `Cannot use the list: field ${quote(name)} has arraysize ${quote(arraysize)}`);
  }
  return { ...field, elements, isSingle: false };
}

function countElements(view: DataView, at: number, field: BinaryField): { elements: number; start: number } {
  if (field.elements !== null) return { elements: field.elements, start: at };
  if (at + 4 > view.byteLength) throw new ServiceError("usage", endsInside(field));
  const elements = view.getInt32(at);
  if (elements < 0) {
    throw new ServiceError(
      "usage",
      `Cannot use the list: a value of field ${quote(field.name)} has ${elements} elements`,
    );
  }
  return { elements, start: at + 4 };
}

function byteLength({ datatype }: BinaryField, elements: number): number {
  return datatype === "bit" ? Math.ceil(elements / 8) : elements * ELEMENT_BYTES[datatype];
}

const UTF8 = new TextDecoder("utf-8");
const UTF16 = new TextDecoder("utf-16be");

/** As TABLEDATA would have it. Texts end at their first NUL. */
function formatValue(view: DataView, start: number, elements: number, field: BinaryField): string {
  const { datatype } = field;
  if (datatype === "char" || datatype === "unicodeChar") {
    const length = byteLength(field, elements);
    const bytes = new Uint8Array(view.buffer, view.byteOffset + start, length);
    const text = (datatype === "char" ? UTF8 : UTF16).decode(bytes);
    const end = text.indexOf("\0");
    return (end === -1 ? text : text.slice(0, end)).trim();
  }
  if (datatype === "bit") return formatBits(view, start, elements, field);
  if (field.isSingle) return formatElement(view, start, datatype);
  const step = ELEMENT_BYTES[datatype];
  const values: string[] = [];
  for (let i = 0; i < elements; i++) values.push(formatElement(view, start + i * step, datatype));
  return values.join(" ");
}

/** A single bit is set wherever in its byte writers put it. */
function formatBits(view: DataView, start: number, elements: number, { isSingle }: BinaryField): string {
  if (isSingle) return view.getUint8(start) === 0 ? "0" : "1";
  const bytes: string[] = [];
  for (let i = 0; i < elements; i += 8)
    bytes.push(
      view
        .getUint8(start + i / 8)
        .toString(2)
        .padStart(8, "0"),
    );
  return bytes.join("").slice(0, elements);
}

function formatElement(view: DataView, at: number, datatype: string): string {
  switch (datatype) {
    case "boolean":
      return formatBoolean(view.getUint8(at));
    case "unsignedByte":
      return String(view.getUint8(at));
    case "short":
      return String(view.getInt16(at));
    case "int":
      return String(view.getInt32(at));
    case "long":
      return String(view.getBigInt64(at));
    case "float":
      return formatFloat(view.getFloat32(at));
    case "double":
      return String(view.getFloat64(at));
    case "floatComplex":
      return `${formatFloat(view.getFloat32(at))} ${formatFloat(view.getFloat32(at + 4))}`;
    default:
      return `${view.getFloat64(at)} ${view.getFloat64(at + 8)}`;
  }
}

/** "T", "t" or "1", and "F", "f" or "0" (VOTable 1.5, section 6). */
function formatBoolean(byte: number): string {
  const letter = String.fromCharCode(byte);
  if ("Tt1".includes(letter)) return "true";
  return "Ff0".includes(letter) ? "false" : "";
}

/** The fewest digits that are the same 32-bit number. */
function formatFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

function cutOff(row: number, field: BinaryField): ServiceError {
  return new ServiceError("usage", `${endsInside(field)} of row ${row}`);
}

function endsInside({ name }: BinaryField): string {
  return `Cannot use the list: its data end inside field ${quote(name)}`;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
