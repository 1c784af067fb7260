import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect } from "vitest";

type Attributes = Readonly<Record<string, string>>;

/** A VOTable as a client sees it: every element that matters here, by its attributes. */
export type ReadVoTable = {
  readonly version: string;
  /** INFOs of the results: before the table, and after it. */
  readonly infos: readonly ReadInfo[];
  readonly laterInfos: readonly ReadInfo[];
  readonly fields: readonly Attributes[];
  readonly rows: readonly Readonly<Record<string, string>>[];
  readonly services: readonly ReadService[];
};
export type ReadInfo = { readonly name: string; readonly value: string; readonly text: string };
export type ReadService = {
  readonly attributes: Attributes;
  readonly params: Readonly<Record<string, string>>;
  readonly inputs: readonly ReadParam[];
};
export type ReadParam = {
  readonly attributes: Attributes;
  readonly min: string | undefined;
  readonly max: string | undefined;
  readonly options: readonly string[];
};

/** An element of the parser that keeps order: one tag with its children, and its attributes under ":@". */
type Element = Readonly<Record<string, unknown>>;

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
});

export function readVoTable(text: string): ReadVoTable {
  expect(XMLValidator.validate(text)).toBe(true);
  const [root] = elements(PARSER.parse(text) as Element[], "VOTABLE");
  const resources = elements(childrenOf(root, "VOTABLE"), "RESOURCE");
  const results = resources.filter((resource) => attributesOf(resource)["type"] === "results");
  expect(results).toHaveLength(1);
  const content = childrenOf(results[0], "RESOURCE");
  const tableAt = content.findIndex((element) => "TABLE" in element);
  const table = tableAt < 0 ? [] : childrenOf(content[tableAt], "TABLE");
  const fields = elements(table, "FIELD").map(attributesOf);
  const names = fields.map((field) => field["name"] ?? "");
  const data = elements(table, "DATA").flatMap((element) => childrenOf(element, "DATA"));
  const rows = data.flatMap((element) => elements(childrenOf(element, "TABLEDATA"), "TR"));
  return {
    version: attributesOf(root)["version"] ?? "",
    infos: infosOf(tableAt < 0 ? content : content.slice(0, tableAt)),
    laterInfos: infosOf(tableAt < 0 ? [] : content.slice(tableAt + 1)),
    fields,
    rows: rows.map((row) => {
      const cells = elements(childrenOf(row, "TR"), "TD").map((cell) => textOf(childrenOf(cell, "TD")));
      expect(cells).toHaveLength(names.length);
      return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""]));
    }),
    services: resources.filter((resource) => attributesOf(resource)["type"] === "meta").map(readService),
  };
}

function readService(resource: Element): ReadService {
  const content = childrenOf(resource, "RESOURCE");
  const groups = elements(content, "GROUP").flatMap((group) => childrenOf(group, "GROUP"));
  const params = elements(content, "PARAM").map((param): [string, string] => {
    const { name, value } = attributesOf(param);
    return [name ?? "", value ?? ""];
  });
  const inputs = elements(groups, "PARAM").map((param): ReadParam => {
    const values = elements(childrenOf(param, "PARAM"), "VALUES").flatMap((element) => childrenOf(element, "VALUES"));
    const bound = (tag: string) => elements(values, tag).map((element) => attributesOf(element)["value"])[0];
    const options = elements(values, "OPTION").map((option) => attributesOf(option)["value"] ?? "");
    return { attributes: attributesOf(param), min: bound("MIN"), max: bound("MAX"), options };
  });
  return { attributes: attributesOf(resource), params: Object.fromEntries(params), inputs };
}

function infosOf(content: readonly Element[]): ReadInfo[] {
  return elements(content, "INFO").map((info) => {
    const { name, value } = attributesOf(info);
    return { name: name ?? "", value: value ?? "", text: textOf(childrenOf(info, "INFO")) };
  });
}

function elements(content: readonly Element[], tag: string): Element[] {
  return content.filter((element) => tag in element);
}

function childrenOf(element: Element | undefined, tag: string): readonly Element[] {
  return (element?.[tag] ?? []) as readonly Element[];
}

function attributesOf(element: Element | undefined): Attributes {
  return (element?.[":@"] ?? {}) as Attributes;
}

function textOf(content: readonly Element[]): string {
  return content.map((element) => (element["#text"] as string | undefined) ?? "").join("");
}
