import { escapeAttribute, escapeText } from "./xml.ts";

/** One request that can be sent as it stands. */
export type Example = {
  /** XML ID. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Standard identifier of the resource that takes it. */
  readonly capability: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** The same as an address, for people. */
  readonly url: string;
};

/** DALI-examples: XHTML with RDFa, one `vocab` for all of them (DALI 1.1, section 2.3). */
export function formatExamples(title: string, examples: readonly Example[]): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    "<!DOCTYPE html>\n" +
    '<html xmlns="http://www.w3.org/1999/xhtml">\n' +
    `<head>\n  <meta charset="UTF-8"/>\n  <title>${escapeText(title)}</title>\n</head>\n` +
    '<body vocab="http://www.ivoa.net/rdf/examples#">\n' +
    `<h1>${escapeText(title)}</h1>\n` +
    examples.map(formatExample).join("") +
    "</body>\n</html>\n"
  );
}

function formatExample({ id, name, description, capability, parameters, url }: Example): string {
  const pairs = parameters.map(
    ([key, value]) =>
      '  <li property="generic-parameter" typeof="keyval">' +
      `<code property="key">${escapeText(key)}</code> = <code property="value">${escapeText(value)}</code></li>\n`,
  );
  return (
    `<div typeof="example" id="${escapeAttribute(id)}" resource="#${escapeAttribute(id)}">\n` +
    `<h2 property="name">${escapeText(name)}</h2>\n` +
    `<p>${escapeText(description)}</p>\n` +
    `<p>A request to <code property="capability">${escapeText(capability)}</code>:</p>\n` +
    `<ul>\n${pairs.join("")}</ul>\n` +
    `<p><a href="${escapeAttribute(url)}">${escapeText(url)}</a></p>\n` +
    "</div>\n"
  );
}
