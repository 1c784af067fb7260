import { XMLParser } from "fast-xml-parser";
import { ServiceError } from "../errors.ts";
import { nameColumns, type ListLimits, type ListSteps, type ListTable } from "./list-table.ts";
import { readBinaryRows } from "./read-votable-binary.ts";
import { readTableDataRows } from "./read-votable-tabledata.ts";
import { unescapeXml } from "./unescape-xml.ts";
import type { VotableField } from "./votable-field.ts";

/** What is before the data holds descriptions at most. */
const MAX_HEAD_CHARACTERS = 512 * 1024;
/** Without descriptions; the parser's time grows faster than these. A thousand fields with their values take fewer. */
const MAX_MARKUP_CHARACTERS = 256 * 1024;
const MAX_HEAD_TAGS = 5000;
const MAX_HEAD_ATTRIBUTES = 10_000;

/**
 * The first table of a VOTable (1.0 to 1.5) that has data, as TABLEDATA, BINARY or BINARY2. What comes after its data is
 * not looked at. "unsupported" for data in FITS or Parquet, and for data that lie elsewhere: nothing is fetched.
 */
export function* readVotable(text: string, limits: ListLimits): ListSteps<ListTable> {
  const data = findData(text);
  yield;
  const fields = readFields(parseHead(text, data), data);
  const columns = nameColumns(fields, limits);
  if (columns.length === 0) throw wrong("its table has no FIELD");
  yield;
  const rows =
    data.kind === "TABLEDATA"
      ? yield* readTableDataRows(text, data.isEmpty ? text.length : data.bodyStart, fields, limits)
      : yield* readBinaryRows(yield* readStream(text, data), fields, { nullFlags: data.kind === "BINARY2", limits });
  return { columns, rows, rowsAre: "row" };
}

type DataPlace = {
  readonly kind: "TABLEDATA" | "BINARY" | "BINARY2";
  /** Of its start tag: of TABLEDATA, or of STREAM in the others. */
  readonly tagStart: number;
  readonly bodyStart: number;
  /** `<TABLEDATA/>` */
  readonly isEmpty: boolean;
};

/** Finds the first serialisation, outside comments and CDATA. */
function findData(whole: string): DataPlace {
  const text = whole.slice(0, MAX_HEAD_CHARACTERS + 10_000);
  const pattern = /<!--|<!\[CDATA\[|<(?:[\w.-]{1,40}:)?(TABLEDATA|BINARY2?|FITS|PARQUET|STREAM)(?=[\s/>])/g;
  let kind: "BINARY" | "BINARY2" | null = null;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const [start, element] = found;
    if (found.index > MAX_HEAD_CHARACTERS) break;
    if (element === undefined) {
      const end = text.indexOf(start === "<!--" ? "-->" : "]]>", pattern.lastIndex);
      if (end === -1) throw wrong("a comment or CDATA section has no end");
      pattern.lastIndex = end;
      continue;
    }
    const tagEnd = text.indexOf(">", pattern.lastIndex);
    if (tagEnd === -1) throw wrong(`its ${element} has no end`);
    const place = { tagStart: found.index, bodyStart: tagEnd + 1, isEmpty: text[tagEnd - 1] === "/" };
    if (element === "TABLEDATA") return { kind: element, ...place };
    if (element === "STREAM" && kind !== null) return { kind, ...place };
    if (element === "FITS" || element === "PARQUET") {
      throw new ServiceError(
        "unsupported",
        `Cannot use the list: the VOTable's data are ${element}; TABLEDATA, BINARY and BINARY2 can be read`,
      );
    }
    if (element === "BINARY" || element === "BINARY2") kind = element;
  }
  if (whole.length <= MAX_HEAD_CHARACTERS) throw wrong("the VOTable has no table with data");
  throw new ServiceError(
    "over-limit",
    `Cannot use the list: its VOTable has no data in its first ${MAX_HEAD_CHARACTERS} characters`,
  );
}

type Element = Readonly<Record<string, unknown>>;

/** Everything before the data, and the data's start tag. Names have no prefix, attributes begin with `@`. */
function parseHead(text: string, { bodyStart }: DataPlace): Element {
  const head = text.slice(0, bodyStart).replace(DESCRIPTION, "");
  checkHead(head);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false, // those that a document defines are never expanded
    isArray: (name) => REPEATED.has(name),
  });
  try {
    return elementOf(parser.parse(head));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : "";
    throw new ServiceError("usage", `Cannot use the list: its XML cannot be read (${reason})`, { cause });
  }
}

const DESCRIPTION = /<DESCRIPTION>[^<]{0,10000}<\/DESCRIPTION>/g;

function checkHead(head: string): void {
  let tags = 0;
  let attributes = 0;
  for (let at = 0; at < head.length; at++) {
    const letter = head[at];
    if (letter === "<") tags++;
    else if (letter === "=") attributes++;
  }
  const isShort = head.length <= MAX_MARKUP_CHARACTERS;
  if (isShort && tags <= MAX_HEAD_TAGS && attributes <= MAX_HEAD_ATTRIBUTES) return;
  throw new ServiceError(
    "over-limit",
    `Cannot use the list: before its data the VOTable has more than ${MAX_HEAD_TAGS} tags, ${MAX_HEAD_ATTRIBUTES} attributes, or ${MAX_MARKUP_CHARACTERS} characters beside descriptions`,
  );
}

const REPEATED = new Set(["VOTABLE", "DEFINITIONS", "COOSYS", "RESOURCE", "TABLE", "FIELD", "DATA", "VALUES"]);

function readFields(head: Element, { kind }: DataPlace): VotableField[] {
  const tables = childrenOf(head, "VOTABLE").flatMap(tablesOf);
  const table = tables.find((candidate) => childrenOf(candidate, "DATA").length > 0);
  if (table === undefined) throw wrong(`it is no VOTable: its ${kind} is in no TABLE of a RESOURCE`);
  const frames = new Map(childrenOf(head, "VOTABLE").flatMap(framesOf));
  return childrenOf(table, "FIELD").map((field) => {
    const attribute = (name: string) => attributeOf(field, name);
    const values = childrenOf(field, "VALUES").map((element) => attributeOf(element, "null"));
    return {
      name: attribute("name") ?? attribute("ID") ?? "",
      unit: attribute("unit"),
      ucd: attribute("ucd"),
      frame: frames.get(attribute("ref") ?? ""),
      datatype: attribute("datatype") ?? "char",
      arraysize: attribute("arraysize") ?? "",
      nullText: values.find((value) => value !== undefined),
    };
  });
}

/** Of a VOTABLE or RESOURCE, in the order of the document but for tables beside nested resources. */
function tablesOf(element: Element): Element[] {
  return [...childrenOf(element, "TABLE"), ...childrenOf(element, "RESOURCE").flatMap(tablesOf)];
}

/** Every COOSYS by its ID. */
function framesOf(element: Element): [id: string, frame: string][] {
  const own = childrenOf(element, "COOSYS").map((system): [string, string] => {
    const words = [attributeOf(system, "system") ?? "", attributeOf(system, "equinox") ?? ""];
    return [attributeOf(system, "ID") ?? "", words.join(" ").trim()];
  });
  const inner = [...childrenOf(element, "DEFINITIONS"), ...childrenOf(element, "RESOURCE")];
  return [...own, ...inner.flatMap(framesOf)];
}

/** The bytes of a STREAM. */
function* readStream(text: string, { tagStart, bodyStart, isEmpty }: DataPlace): ListSteps<Uint8Array> {
  const tag = text.slice(tagStart, bodyStart);
  if (/\shref\s*=/.test(tag) || isEmpty) {
    throw new ServiceError("unsupported", "Cannot use the list: its data lie elsewhere, and nothing is fetched");
  }
  const encoding = /\sencoding\s*=\s*["']([^"']*)["']/.exec(tag)?.[1];
  if (encoding !== "base64") {
    const shown = JSON.stringify((encoding ?? "none").slice(0, 40));
    throw new ServiceError("unsupported", `Cannot use the list: its data are in encoding ${shown}, and not in base64`);
  }
  const end = text.indexOf("</", bodyStart);
  if (end === -1) throw wrong("its STREAM has no end");
  return yield* decodeBase64(text, bodyStart, end);
}

const LETTERS_OF_A_STEP = 64 * 1024;

/** Base64 with blanks in it (RFC 4648, section 4). */
function* decodeBase64(text: string, start: number, end: number): ListSteps<Uint8Array> {
  const bytes = new Uint8Array(Math.ceil(((end - start) * 3) / 4));
  let length = 0;
  let rest = "";
  for (let at = start; at < end; at += LETTERS_OF_A_STEP) {
    const isLast = at + LETTERS_OF_A_STEP >= end;
    const letters = rest + text.slice(at, Math.min(end, at + LETTERS_OF_A_STEP)).replace(/[ \t\n\f\r]+/g, "");
    const whole = isLast ? letters.length : letters.length - (letters.length % 4);
    rest = letters.slice(whole);
    const decoded = decodePiece(letters.slice(0, whole));
    // Only the end has fewer bytes than letters say.
    if (!isLast && decoded.length !== (whole / 4) * 3) throw wrong("its STREAM is no base64");
    for (let i = 0; i < decoded.length; i++) bytes[length++] = decoded.charCodeAt(i);
    yield;
  }
  return bytes.subarray(0, length);
}

function decodePiece(letters: string): string {
  try {
    return atob(letters);
  } catch (cause) {
    throw new ServiceError("usage", "Cannot use the list: its STREAM is no base64", { cause });
  }
}

function attributeOf(element: Element, name: string): string | undefined {
  const value = element[`@${name}`];
  return typeof value === "string" ? unescapeXml(value) : undefined;
}

/** Child elements of a name; elements that hold nothing are "" to the parser. */
function childrenOf(element: Element, name: string): Element[] {
  const value = Object.hasOwn(element, name) ? element[name] : [];
  return Array.isArray(value) ? value.map(elementOf) : [];
}

function elementOf(value: unknown): Element {
  return typeof value === "object" && value !== null ? (value as Element) : {};
}

function wrong(reason: string): ServiceError {
  return new ServiceError("usage", `Cannot use the list: ${reason}`);
}
