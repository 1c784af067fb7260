/** What a document may have at most. Answers of federations: some 300 elements, 10 deep, 6 namespaces in scope. */
const MOST = {
  /** Of elements in each other. */
  depth: 30,
  /** Elements and attributes, of the whole. */
  nodes: 2500,
  /** Of one element. */
  attributes: 20,
  /** Declarations in scope, of an element and those around it: parsers copy them. */
  namespaces: 30,
};

/** Of all the letters in names that XML has, those that SAML uses. */
const NAME = String.raw`[A-Za-z_][\w.-]{0,99}(?::[A-Za-z_][\w.-]{0,99})?`;
const DECLARATION = /<\?xml [^<>?]{1,100}\?>/y;
const TEXT = /[^<&]*/y;
const REFERENCE = /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});/y;
const SPACE = /\s*/y;
const OPENING = new RegExp(`<(${NAME})`, "y");
const CLOSING = new RegExp(String.raw`</(${NAME})\s*>`, "y");
const ATTRIBUTE = new RegExp(String.raw`\s+(${NAME})\s*=\s*(?:"[^"<]*"|'[^'<]*')`, "y");
const END = /\s*(\/?)>/y;

/**
 * Looks once over a document, before a parser does: it has to be elements with attributes and texts and nothing else,
 * well-formed, and no more of them than an answer has. What is damaged costs parsers a second and more. Throws an Error
 * for the log at the first thing that is not in order.
 */
export function checkMarkup(xml: string): void {
  let at = 0;
  let nodes = 0;
  const open: { readonly name: string; readonly namespaces: number }[] = [];

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const found = pattern.exec(xml);
    if (found !== null) at = pattern.lastIndex;
    return found;
  }
  function refuse(what: string): never {
    throw new Error(`The response ${what}, at character ${at}`);
  }

  function takeElement(): void {
    const name = take(OPENING)?.[1] ?? refuse("has markup that is none, or not for us");
    let namespaces = open.at(-1)?.namespaces ?? 0;
    const attributes = new Set<string>();
    for (let found = take(ATTRIBUTE); found !== null; found = take(ATTRIBUTE)) {
      if (attributes.has(found[1])) refuse("has an attribute twice");
      attributes.add(found[1]);
      if (/^xmlns(?::|$)/.test(found[1])) namespaces++;
    }
    nodes += 1 + attributes.size;
    if (attributes.size > MOST.attributes || namespaces > MOST.namespaces) refuse("is too large");
    const end = take(END) ?? refuse("has an element that does not end");
    if (end[1] === "") open.push({ name, namespaces });
    if (nodes > MOST.nodes || open.length > MOST.depth) refuse("is too large");
  }

  take(DECLARATION);
  take(SPACE);
  takeElement();
  while (open.length > 0) {
    take(TEXT);
    if (xml[at] === "&") {
      if (take(REFERENCE) === null) refuse("has a reference to what is not there");
    } else if (xml[at + 1] !== "/") takeElement();
    else if (take(CLOSING)?.[1] !== open.pop()?.name) refuse("has an element that ends in another");
  }
  take(SPACE);
  if (at < xml.length) refuse("goes on after its end");
}
