/** Text between tags. What XML 1.0 cannot hold at all becomes U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, "\uFFFD").replace(/[&<>\r]/g, (character) => ENTITIES[character]);
}

/** As `escapeText`, with quotes, and with blanks that a parser would make into spaces (XML 1.0, section 3.3.3). */
export function escapeAttribute(text: string): string {
  return escapeText(text).replace(/["'\t\n]/g, (character) => ENTITIES[character]);
}

/** Everything but Char of XML 1.0, section 2.2: control characters, half surrogate pairs, U+FFFE and U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** A carriage return as it stands would be read as a line feed (XML 1.0, section 2.11). */
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\r": "&#13;",
  "\t": "&#9;",
  "\n": "&#10;",
};
