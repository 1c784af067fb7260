import { escapeAttribute, escapeText } from "./xml.ts";

/** A VOTable of one table of results, as DALI 1.1 (section 4.4) wants it of a service. */
export type VoTable = {
  readonly results: ResultsTable;
  /** Services that take up from here: RESOURCEs of type "meta", after the results. */
  readonly services: readonly ServiceResource[];
};

export type ResultsTable = {
  readonly description?: string;
  /** Before the table; QUERY_STATUS is added in front of them. */
  readonly infos: readonly VoInfo[];
  readonly fields: readonly VoField[];
  readonly rows: Iterable<readonly VoCell[]> | AsyncIterable<readonly VoCell[]>;
  /** Asked for when the last row is out: whether there would have been more. */
  readonly overflow?: () => boolean;
};

export type VoInfo = { readonly name: string; readonly value: string; readonly text?: string };

type Description = {
  readonly name: string;
  readonly datatype: VoDatatype;
  /** `*`, `3`, `2*`; none for a scalar. */
  readonly arraysize?: string;
  readonly xtype?: string;
  readonly unit?: string;
  readonly ucd?: string;
  readonly utype?: string;
  /** XML ID. */
  readonly id?: string;
  /** XML ID of a field: of a service's input, whose values are to be taken from there. */
  readonly ref?: string;
  readonly description?: string;
  readonly values?: VoValues;
};

export type VoField = Description;
export type VoParam = Description & { readonly value: VoCell };

export type VoDatatype = "boolean" | "short" | "int" | "long" | "float" | "double" | "char" | "unicodeChar";

export type VoValues = {
  /** As they are to be written; an array's numbers lie apart by blanks. */
  readonly min?: VoCell;
  readonly max?: VoCell;
  readonly options?: readonly { readonly name?: string; readonly value: string }[];
};

/** `null` is an empty cell, which since VOTable 1.3 means null in a column of any type. NaN is a null double too. */
export type VoCell = string | number | bigint | boolean | readonly number[] | null;

/** A service descriptor (DataLink 1.1, section 4). */
export type ServiceResource = {
  /** XML ID; what service_def names. */
  readonly id?: string;
  /** `adhoc:this` describes the service that made the table. */
  readonly utype: "adhoc:service" | "adhoc:this";
  readonly description: string;
  readonly params: readonly VoParam[];
  readonly inputs: readonly VoParam[];
};

/** 1.4 and not newer: stilts 3.4 knows no 1.5. The namespace is that of 1.3 for all versions since. */
const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n';

export const VOTABLE_MEDIA_TYPE = "application/x-votable+xml";

/** Characters that are collected before they are handed on. */
const CHUNK_CHARACTERS = 32 * 1024;

/** The document in pieces: no more of it is held than one of them. */
export async function* formatVoTableChunks({ results, services }: VoTable): AsyncGenerator<string, void, undefined> {
  let text = HEAD + startOfResults(results);
  const formatCells = cellFormatters(results.fields);
  for await (const row of results.rows) {
    text += formatRow(row, formatCells);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = "";
  }
  yield text + endOfResults(results) + services.map(formatService).join("") + "</VOTABLE>\n";
}

/** The whole document, of rows that are at hand. */
export function formatVoTable({
  results,
  services,
}: VoTable & { results: { rows: Iterable<readonly VoCell[]> } }): string {
  const formatCells = cellFormatters(results.fields);
  let rows = "";
  for (const row of results.rows) rows += formatRow(row, formatCells);
  return `${HEAD}${startOfResults(results)}${rows}${endOfResults(results)}${services.map(formatService).join("")}</VOTABLE>\n`;
}

/** The document that a service answers with when it cannot answer: no table, and QUERY_STATUS says why. */
export function formatVoTableError(message: string, infos: readonly VoInfo[] = []): string {
  const status = formatInfo({ name: "QUERY_STATUS", value: "ERROR", text: message });
  return `${HEAD}<RESOURCE type="results">\n${status}${infos.map(formatInfo).join("")}</RESOURCE>\n</VOTABLE>\n`;
}

function startOfResults({ description, infos, fields }: ResultsTable): string {
  return (
    '<RESOURCE type="results">\n' +
    formatDescription(description) +
    formatInfo({ name: "QUERY_STATUS", value: "OK" }) +
    infos.map(formatInfo).join("") +
    "<TABLE>\n" +
    fields.map((field) => formatElement("FIELD", attributesOf(field), childrenOf(field))).join("") +
    "<DATA>\n<TABLEDATA>\n"
  );
}

/** OVERFLOW comes after the table: only then is it known (DALI 1.1, section 4.4.1). */
function endOfResults({ overflow }: ResultsTable): string {
  const status = overflow?.() === true ? formatInfo({ name: "QUERY_STATUS", value: "OVERFLOW" }) : "";
  return `</TABLEDATA>\n</DATA>\n</TABLE>\n${status}</RESOURCE>\n`;
}

function formatService({ id, utype, description, params, inputs }: ServiceResource): string {
  const group = inputs.length === 0 ? "" : `<GROUP name="inputParams">\n${inputs.map(formatParam).join("")}</GROUP>\n`;
  const content = formatDescription(description) + params.map(formatParam).join("") + group;
  return formatElement(
    "RESOURCE",
    [
      ["type", "meta"],
      ["utype", utype],
      ["ID", id],
    ],
    content,
  );
}

function formatParam(param: VoParam): string {
  return formatElement("PARAM", [...attributesOf(param), ["value", formatCell(param.value)]], childrenOf(param));
}

type Attribute = readonly [name: string, value: string | undefined];

function attributesOf({ name, id, datatype, arraysize, xtype, unit, ucd, utype, ref }: Description): Attribute[] {
  return [
    ["name", name],
    ["ID", id],
    ["datatype", datatype],
    ["arraysize", arraysize],
    ["xtype", xtype],
    ["unit", unit],
    ["ucd", ucd],
    ["utype", utype],
    ["ref", ref],
  ];
}

function childrenOf({ description, values }: Description): string {
  return formatDescription(description) + formatValues(values);
}

function formatDescription(text: string | undefined): string {
  return text === undefined ? "" : `<DESCRIPTION>${escapeText(text)}</DESCRIPTION>\n`;
}

function formatValues(values: VoValues | undefined): string {
  if (values === undefined) return "";
  const { min, max, options = [] } = values;
  const bound = (tag: string, value: VoCell | undefined) =>
    value === undefined ? "" : formatElement(tag, [["value", formatCell(value)]], "");
  const content =
    bound("MIN", min) +
    bound("MAX", max) +
    options
      .map(({ name, value }) =>
        formatElement(
          "OPTION",
          [
            ["name", name],
            ["value", value],
          ],
          "",
        ),
      )
      .join("");
  return content === "" ? "" : `<VALUES>\n${content}</VALUES>\n`;
}

function formatInfo({ name, value, text }: VoInfo): string {
  const start = `<INFO name="${escapeAttribute(name)}" value="${escapeAttribute(value)}"`;
  return text === undefined ? `${start}/>\n` : `${start}>${escapeText(text)}</INFO>\n`;
}

function formatElement(tag: string, attributes: readonly Attribute[], content: string): string {
  const start = attributes
    .map(([name, value]) => (value === undefined ? "" : ` ${name}="${escapeAttribute(value)}"`))
    .join("");
  return content === "" ? `<${tag}${start}/>\n` : `<${tag}${start}>\n${content}</${tag}>\n`;
}

function formatRow(row: readonly VoCell[], formatCells: readonly ((cell: VoCell) => string)[]): string {
  let text = "<TR>";
  for (let i = 0; i < formatCells.length; i++) text += `<TD>${formatCells[i](row[i] ?? null)}</TD>`;
  return text + "</TR>\n";
}

/** Text needs escaping, numbers do not. */
function cellFormatters(fields: readonly VoField[]): ((cell: VoCell) => string)[] {
  return fields.map(({ datatype }) =>
    datatype === "char" || datatype === "unicodeChar" ? (cell) => escapeText(formatCell(cell)) : formatCell,
  );
}

function formatCell(cell: VoCell): string {
  switch (typeof cell) {
    case "number":
      return formatNumber(cell);
    case "string":
      return cell;
    case "object":
      return cell === null ? "" : cell.map(formatNumber).join(" ");
    default:
      return String(cell); // true, false, or an integer
  }
}

/** VOTable writes infinities its own way (VOTable 1.4, section 6). */
function formatNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
