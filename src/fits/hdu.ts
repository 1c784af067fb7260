import { ServiceError } from "../errors.ts";
import { paddedLength, type ByteReader } from "./byte-reader.ts";
import { CARD_BYTES } from "./card.ts";
import { readHeaderThatBegins, type Header } from "./header.ts";

/** "groups": random groups (FITS Standard 4.0, section 6); "other": a conforming extension that is not of the standard. */
export type HduKind = "image" | "bintable" | "table" | "groups" | "other";

export type Hdu = {
  /** Counted from 0, the primary HDU. */
  readonly index: number;
  /** EXTNAME, or "". */
  readonly name: string;
  /** EXTVER and EXTLEVEL, or 1. */
  readonly version: number;
  readonly level: number;
  readonly kind: HduKind;
  readonly header: Header;
  /** Bytes from the start of the file. */
  readonly headerStart: number;
  readonly dataStart: number;
  /** Without padding: 0 where the HDU is only a header. */
  readonly dataLength: number;
  /** Where the next HDU begins. Lies past the end of a file whose last block is not padded. */
  readonly end: number;
};

/** Where a longer chain ends in an error. */
export const MAX_HDUS = 10_000;

const BITPIX = new Set([8, 16, 32, 64, -32, -64]);
const MAX_NAXIS = 999;

/**
 * The HDUs of a file, read one by one as they are asked for; data are skipped. Ends at the end of the file or at the
 * first block after an HDU that does not begin with XTENSION (special records, section 3.5, or what is no FITS at all).
 * "corrupt-data" for a header that contradicts itself or the length of the file.
 */
export async function* readHdus(reader: ByteReader, signal?: AbortSignal): AsyncGenerator<Hdu, void, undefined> {
  let headerStart = 0;
  for (let index = 0; ; index++) {
    if (signal?.aborted) {
      throw new ServiceError("canceled", `Stopped listing ${reader.key}`, { cause: signal.reason });
    }
    if (index > 0 && reader.byteLength - headerStart < CARD_BYTES) return;
    if (index >= MAX_HDUS) {
      throw new ServiceError("over-limit", `Cannot list ${reader.key}: it has more than ${MAX_HDUS} HDUs`);
    }
    const keyword = index === 0 ? "SIMPLE  " : "XTENSION";
    const place = { start: headerStart, keyword };
    const read = reader.byteLength < CARD_BYTES ? null : await readHeaderThatBegins(reader, place, signal);
    if (read === null) {
      if (index > 0) return;
      throw new ServiceError("corrupt-data", `Cannot read ${reader.key} as FITS: it needs SIMPLE in its first bytes`);
    }
    const hdu = describeHdu({ index, headerStart, header: read.header, headerLength: read.byteLength, reader });
    yield hdu;
    headerStart = hdu.end;
  }
}

/** Which HDU: by position from 0, or by EXTNAME (any case) and, if given, EXTVER. */
export type HduSelector = { readonly index: number } | { readonly name: string; readonly version?: number };

/** The first HDU that the selector names; reads no further than it. "not-found" where there is none. */
export async function findHdu(reader: ByteReader, selector: HduSelector, signal?: AbortSignal): Promise<Hdu> {
  for await (const hdu of readHdus(reader, signal)) {
    if ("index" in selector) {
      if (hdu.index === selector.index) return hdu;
    } else if (
      hdu.name.toUpperCase() === selector.name.trim().toUpperCase() &&
      (selector.version === undefined || hdu.version === selector.version)
    ) {
      return hdu;
    }
  }
  const wanted = "index" in selector ? `number ${selector.index}` : `"${selector.name}"`;
  throw new ServiceError("not-found", `Cannot find HDU ${wanted} in ${reader.key}`);
}

type HduPlace = {
  readonly index: number;
  readonly headerStart: number;
  readonly header: Header;
  readonly headerLength: number;
  readonly reader: ByteReader;
};

function describeHdu({ index, headerStart, header, headerLength, reader }: HduPlace): Hdu {
  try {
    const kind = kindOf(header, index);
    const dataStart = headerStart + headerLength;
    const dataLength = dataLengthOf(header, kind, index);
    if (dataLength > Math.max(0, reader.byteLength - dataStart)) {
      const message = `its data need ${dataLength} bytes at ${dataStart}, and the file has ${reader.byteLength}`;
      throw new ServiceError("corrupt-data", message);
    }
    const name = header.get("EXTNAME");
    return {
      index,
      name: typeof name === "string" ? name.trim() : "",
      version: integerOr1(header, "EXTVER"),
      level: integerOr1(header, "EXTLEVEL"),
      kind,
      header,
      headerStart,
      dataStart,
      dataLength,
      end: dataStart + paddedLength(dataLength),
    };
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    throw new ServiceError(cause.code, `Cannot read HDU ${index} of ${reader.key}: ${cause.message}`, { cause });
  }
}

function kindOf(header: Header, index: number): HduKind {
  if (index === 0) return header.get("GROUPS") === true && header.get("NAXIS1") === 0 ? "groups" : "image";
  switch (header.getString("XTENSION")) {
    case "IMAGE":
    case "IUEIMAGE": // registered name of the 1990s for the same thing
      return "image";
    case "BINTABLE":
    case "A3DTABLE": // the same
      return "bintable";
    case "TABLE":
      return "table";
    default:
      return "other";
  }
}

/** The size of the data by the standard's sections 4.4.1 and 6.1.1, in bytes. */
function dataLengthOf(header: Header, kind: HduKind, index: number): number {
  const bitpix = header.getInteger("BITPIX");
  if (bitpix === undefined || !BITPIX.has(bitpix)) {
    throw corrupt(`BITPIX is ${bitpix ?? "not there"}, it needs to be 8, 16, 32, 64, -32 or -64`);
  }
  const shape = shapeOf(header, "NAXIS");
  const elements = product(kind === "groups" ? shape.slice(1) : shape);
  const countsHold = index > 0 || kind === "groups";
  const parameters = countsHold ? countOf(header, "PCOUNT", 0) : 0;
  const groups = countsHold ? countOf(header, "GCOUNT", 1) : 1;
  if (shape.length === 0) return 0;
  const length = (Math.abs(bitpix) / 8) * groups * (parameters + elements);
  if (!Number.isSafeInteger(length)) throw corrupt(`its axes make ${length} bytes of data`);
  return length;
}

/** The values of NAXISn (or ZNAXISn), n from 1 to NAXIS. */
export function shapeOf(header: Header, prefix: "NAXIS" | "ZNAXIS"): number[] {
  const axes = header.getInteger(prefix);
  if (axes === undefined || axes < 0 || axes > MAX_NAXIS) {
    throw corrupt(`${prefix} is ${axes ?? "not there"}, it needs to be 0 to ${MAX_NAXIS}`);
  }
  const shape: number[] = [];
  for (let axis = 1; axis <= axes; axis++) {
    const length = header.getInteger(`${prefix}${axis}`);
    if (length === undefined || length < 0) {
      throw corrupt(`${prefix}${axis} is ${length ?? "not there"}, it needs to be 0 or more`);
    }
    shape.push(length);
  }
  return shape;
}

/** 0 where any factor is 0, 1 for none; may be beyond the safe integers. */
export function product(factors: readonly number[]): number {
  return factors.includes(0) ? 0 : factors.reduce((result, factor) => result * factor, 1);
}

function countOf(header: Header, keyword: string, fallback: number): number {
  const count = header.getInteger(keyword) ?? fallback;
  if (count < 0) throw corrupt(`${keyword} is ${count}, it needs to be 0 or more`);
  return count;
}

function integerOr1(header: Header, keyword: string): number {
  const value = header.get(keyword);
  return typeof value === "number" && Number.isInteger(value) ? value : 1;
}

function corrupt(message: string): ServiceError {
  return new ServiceError("corrupt-data", message);
}
