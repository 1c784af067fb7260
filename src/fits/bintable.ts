import { ServiceError } from "../errors.ts";
import type { Header } from "./header.ts";

/** A column of a binary table: where its field lies in a row, and what is in it (FITS Standard 4.0, section 7.3). */
export type Column = {
  /** TTYPEn, upper-case. */
  readonly name: string;
  /** Bytes from the start of the row. */
  readonly offset: number;
  readonly form: ColumnForm;
};

export type ColumnForm = {
  /** How many elements; of an array descriptor 0 or 1. */
  readonly repeat: number;
  /** L X B I J K A E D C M, or P or Q: a descriptor of 32-bit or 64-bit numbers. */
  readonly code: string;
  /** What a descriptor points to: the code of its elements; "" otherwise. */
  readonly elementCode: string;
  /** Bytes of the field in a row. */
  readonly width: number;
};

/** Bytes of one element (section 7.3.3, table 18). X counts bits and is handled apart. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  L: 1,
  B: 1,
  A: 1,
  I: 2,
  J: 4,
  E: 4,
  K: 8,
  D: 8,
  C: 8,
  M: 16,
  P: 8,
  Q: 16,
};

const FORM = /^(\d{0,15})([LXBIJKAEDCMPQ])(.*)$/;
const MAX_FIELDS = 999;

/** Parses TFORMn, for example "1PB(1234)", "D" or "16A". */
export function parseColumnForm(text: string): ColumnForm {
  const match = FORM.exec(text.trim().toUpperCase());
  const code = match?.[2] ?? "";
  const repeat = match?.[1] === "" ? 1 : Number(match?.[1]);
  const isDescriptor = code === "P" || code === "Q";
  const elementCode = isDescriptor ? (match?.[3]?.[0] ?? "") : "";
  const known = code !== "" && (!isDescriptor || (repeat <= 1 && /^[LXBIJKAEDCM]$/.test(elementCode)));
  if (!known) throw new ServiceError("corrupt-data", `Cannot use the column format "${text}": it is none of a table`);
  const width = code === "X" ? Math.ceil(repeat / 8) : repeat * (ELEMENT_BYTES[code] ?? 0);
  return { repeat, code, elementCode, width };
}

/** The columns of a binary table. "corrupt-data" where they are wider than its rows. */
export function parseColumns(header: Header): Column[] {
  const fields = header.getInteger("TFIELDS") ?? 0;
  if (fields < 0 || fields > MAX_FIELDS) {
    throw new ServiceError("corrupt-data", `Cannot use TFIELDS = ${fields}: it needs to be 0 to ${MAX_FIELDS}`);
  }
  const columns: Column[] = [];
  let offset = 0;
  for (let field = 1; field <= fields; field++) {
    const text = header.getString(`TFORM${field}`);
    if (text === undefined)
      throw new ServiceError("corrupt-data", `Cannot use column ${field}: it needs TFORM${field}`);
    const form = parseColumnForm(text);
    columns.push({ name: (header.getString(`TTYPE${field}`) ?? "").trim().toUpperCase(), offset, form });
    offset += form.width;
  }
  const rowLength = header.getInteger("NAXIS1") ?? 0;
  if (offset > rowLength) {
    throw new ServiceError(
      "corrupt-data",
      `Cannot use a table with rows of ${rowLength} bytes: its columns have ${offset}`,
    );
  }
  return columns;
}

/** Bytes in the heap, from its start. */
export type HeapRange = { readonly offset: number; readonly length: number };

/**
 * The array that a descriptor in a row points to (section 7.3.5):
 *
 *   P  int32 number of elements, int32 heap offset     8 bytes
 *   Q  int64 number of elements, int64 heap offset    16 bytes
 *
 * Numbers of P are read as unsigned, which lets it reach 4 GiB; negative ones have no meaning in the standard.
 * `rowOffset` is where the row starts in `rows`; the caller knows that all of it is there.
 */
export function readArrayDescriptor(row: DescriptorRow, column: Column): HeapRange {
  const found = findArray(row, column);
  if (found !== null) return found;
  const { count, offset } = readDescriptor(row, column);
  throw new ServiceError(
    "corrupt-data",
    `Cannot use a descriptor of ${column.name} with ${count} elements at ${offset}: the heap has ${row.heapLength} bytes`,
  );
}

export type DescriptorRow = { readonly rows: DataView; readonly rowOffset: number; readonly heapLength: number };

/** The same, with null for an array that does not lie in the heap: a million of them are looked at in no time. */
export function findArray(row: DescriptorRow, column: Column): HeapRange | null {
  const { elementCode, repeat } = column.form;
  if (repeat === 0) return { offset: 0, length: 0 };
  const { count, offset } = readDescriptor(row, column);
  const length = elementCode === "X" ? Math.ceil(count / 8) : count * (ELEMENT_BYTES[elementCode] ?? 0);
  if (length === 0) return { offset: 0, length: 0 };
  const { heapLength } = row;
  return count > 0 && offset >= 0 && offset <= heapLength && length <= heapLength - offset ? { offset, length } : null;
}

function readDescriptor({ rows, rowOffset }: DescriptorRow, { form, offset }: Column) {
  const at = rowOffset + offset;
  if (form.code === "P") return { count: rows.getUint32(at), offset: rows.getUint32(at + 4) };
  return { count: Number(rows.getBigInt64(at)), offset: Number(rows.getBigInt64(at + 8)) };
}

/**
 * The arrays of many rows, `rows` being nothing else, into `offsets` and `lengths`: a length of 0 where there is none, and
 * where it does not lie in the heap.
 */
export function findArrays(
  { rows, rowLength, heapLength }: { rows: DataView; rowLength: number; heapLength: number },
  column: Column,
  { offsets, lengths }: { offsets: Float64Array; lengths: Float64Array },
): void {
  const { code, elementCode, repeat } = column.form;
  const isPlain = code === "P" && elementCode !== "X" && repeat > 0;
  const elementBytes = ELEMENT_BYTES[elementCode] ?? 0;
  for (let i = 0; i < offsets.length; i++) {
    if (isPlain) {
      const at = i * rowLength + column.offset;
      const length = rows.getUint32(at) * elementBytes;
      const offset = rows.getUint32(at + 4);
      const isInHeap = offset <= heapLength && length <= heapLength - offset;
      offsets[i] = isInHeap ? offset : 0;
      lengths[i] = isInHeap ? length : 0;
    } else {
      const range = findArray({ rows, rowOffset: i * rowLength, heapLength }, column);
      offsets[i] = range?.offset ?? 0;
      lengths[i] = range?.length ?? 0;
    }
  }
}

/** Whether `readNumber` reads fields of this column. */
export function hasNumbers({ form }: Column): boolean {
  return Object.hasOwn(NUMBER_READERS, form.code);
}

const NUMBER_READERS: Readonly<Record<string, (rows: DataView, at: number) => number>> = {
  B: (rows, at) => rows.getUint8(at),
  I: (rows, at) => rows.getInt16(at),
  J: (rows, at) => rows.getInt32(at),
  K: (rows, at) => Number(rows.getBigInt64(at)),
  E: (rows, at) => rows.getFloat32(at),
  D: (rows, at) => rows.getFloat64(at),
};

/** The first number of a field that is no descriptor. */
export function readNumber(rows: DataView, rowOffset: number, column: Column): number {
  return numberReaderOf(column)(rows, rowOffset + column.offset);
}

/** The same of many rows, `rows` being nothing else. */
export function readNumbers(rows: DataView, rowLength: number, column: Column, into: Float64Array): void {
  const read = numberReaderOf(column);
  for (let i = 0; i < into.length; i++) into[i] = read(rows, i * rowLength + column.offset);
}

function numberReaderOf({ form, name }: Column): (rows: DataView, at: number) => number {
  const read = Object.hasOwn(NUMBER_READERS, form.code) ? NUMBER_READERS[form.code] : undefined;
  if (read === undefined) throw new ServiceError("corrupt-data", `Cannot use column ${name}: its format is no number`);
  return read;
}
