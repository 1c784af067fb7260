const XMLNS = "http://www.w3.org/2000/xmlns/";
const ELEMENT = 1;
const TEXT = 3;

/**
 * The bytes that a signature is of, as a text: Exclusive XML Canonicalization 1.0 of an element without comments and
 * instructions, and without an InclusiveNamespaces list. In one pass.
 */
export function canonicalize(element: Element, rendered: ReadonlyMap<string, string> = NO_NAMESPACES): string {
  const attributes = Array.from(element.attributes).filter(({ namespaceURI }) => namespaceURI !== XMLNS);
  // Those that its own names need (section 3, "visibly utilizes"), where what is around it has not said so already.
  const used = new Map([[element.prefix ?? "", element.namespaceURI ?? ""]]);
  for (const { prefix, namespaceURI } of attributes) {
    if (prefix !== null && prefix !== undefined && prefix !== "xml") used.set(prefix, namespaceURI ?? "");
  }
  const added = [...used].filter(([prefix, uri]) => (rendered.get(prefix) ?? "") !== uri).sort(byFirst);
  const namespaces = added.map(([prefix, uri]) => ` xmlns${prefix === "" ? "" : `:${prefix}`}="${escapeValue(uri)}"`);
  const values = attributes
    .map(({ name, value, localName, namespaceURI }) => {
      return [`${namespaceURI ?? ""}\u0000${localName}`, ` ${name}="${escapeValue(value)}"`] as const;
    })
    .sort(byFirst)
    .map(([, text]) => text);
  const inside = added.length === 0 ? rendered : new Map([...rendered, ...added]);
  let content = "";
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === ELEMENT) content += canonicalize(node as Element, inside);
    else if (node.nodeType === TEXT) content += escapeText(node.nodeValue ?? "");
  }
  const { tagName } = element;
  return `<${tagName}${namespaces.join("")}${values.join("")}>${content}</${tagName}>`;
}

const NO_NAMESPACES: ReadonlyMap<string, string> = new Map();

/** Canonical XML 1.0, section 2.3. */
function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ESCAPES[character]);
}

function escapeValue(text: string): string {
  return text.replace(/[&<"\t\n\r]/g, (character) => ESCAPES[character]);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;",
}; // prettier-ignore

function byFirst([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
