import { ServiceError } from "../errors.ts";

/** The five that every document has (XML 1.0, section 4.6). */
const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const REFERENCE = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));|&/gi;

/** Replaces character references and the five entities; "usage" for any other: a document's own are not expanded. */
export function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (whole: string, decimal?: string, hex?: string, name?: string) => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : null;
    if (code !== null && code <= 0x10ffff) return String.fromCodePoint(code);
    if (name !== undefined && Object.hasOwn(ENTITIES, name)) return ENTITIES[name];
    throw new ServiceError("usage", `Cannot use the list: its XML has ${JSON.stringify(whole)}, which is not known`);
  });
}
