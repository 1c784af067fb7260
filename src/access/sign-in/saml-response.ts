import { parseDomFromString } from "@node-saml/node-saml/lib/xml.js";
import { decodeBase64IgnorePadding, encodeBase64 } from "@oslojs/encoding";
import { checkMarkup } from "./saml-markup.ts";
import { checkSignatures } from "./saml-signature.ts";

const PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
const SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";
const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

/** SHA-1 is not among them; what canonicalization leaves out is nothing that we read. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  CanonicalizationMethod: ["http://www.w3.org/2001/10/xml-exc-c14n#"],
  SignatureMethod: [
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
  ],
  DigestMethod: ["http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512"],
  Transform: [`${SIGNATURE}enveloped-signature`, "http://www.w3.org/2001/10/xml-exc-c14n#"],
};

/** What a Response and a Signature consist of: anything else is a place to hide something. */
const RESPONSE_CHILDREN = [
  [ASSERTION, "Issuer"],
  [SIGNATURE, "Signature"],
  [PROTOCOL, "Status"],
  [ASSERTION, "Assertion"],
];
const SIGNATURE_CHILDREN = ["SignedInfo", "SignatureValue", "KeyInfo"];

export type ExpectedResponse = {
  readonly issuer: string;
  readonly destination: string;
  readonly requestId: string;
  readonly signed: "assertion" | "response" | "both";
  /** Of the provider, as PEM. */
  readonly certificates: readonly string[];
};

/**
 * Checks the form of a Response, before its signatures: it has one Assertion, each Signature is a child of what it
 * signs, and there is nothing else in it that could be taken for them (Somorovsky et al. 2012, "On Breaking SAML",
 * list eight ways of wrapping). Returns it encoded as it was read, so that nobody reads it otherwise.
 * Throws an Error for the log.
 */
export async function checkResponse(text: string, expected: ExpectedResponse): Promise<string> {
  const bytes = decodeBase64IgnorePadding(text.replace(/\s/g, ""));
  const xml = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  // Entities and notations come in a DOCTYPE; comments and CDATA split texts, which is nothing that providers do.
  if (/<!|<\?(?!xml\s)/.test(xml)) throw new Error("The response has a DOCTYPE, comment, CDATA or instruction");
  checkMarkup(xml);
  const { documentElement: response } = await parseDomFromString(xml);
  if (!is(response, PROTOCOL, "Response")) throw new Error(`The document is a ${response.nodeName}, no Response`);
  checkTree(response);
  checkChildren(response, expected);
  await checkSignatures(response, expected.certificates);
  return encodeBase64(bytes);
}

/** Of the whole document: elements by the name of an Assertion, signatures, ids. */
function checkTree(response: Element): void {
  const ids = new Set<string>();
  let assertions = 0;
  for (const element of [response, ...elementsBelow(response)]) {
    for (const name of ["ID", "Id", "id", "xml:id"]) {
      const id = element.getAttribute(name);
      if (id === null || id === "") continue;
      if (ids.has(id)) throw new Error(`Two elements have the ID ${id}`);
      ids.add(id);
    }
    // By its local name: whoever looks for an Assertion without its namespace finds the same one.
    if (element.localName === "Assertion" && (++assertions > 1 || element.parentNode !== response)) {
      throw new Error("There is an Assertion beside or inside another");
    }
    if (element.localName === "Response" && element !== response) throw new Error("There is a Response inside");
    if (element.localName === "Signature") checkSignature(element, response);
  }
  if (assertions === 0) throw new Error(`There is no Assertion: ${describeStatus(response)}`);
}

function checkSignature(signature: Element, response: Element): void {
  const parent = signature.parentNode as Element;
  const isPlaced = parent === response || (parent.localName === "Assertion" && parent.parentNode === response);
  if (!is(signature, SIGNATURE, "Signature") || !isPlaced) throw new Error("A Signature is where none belongs");
  if (childrenOf(parent).filter((child) => child.localName === "Signature").length > 1) {
    throw new Error("There are two Signatures of one element");
  }
  const parts = childrenOf(signature);
  const isPlain = SIGNATURE_CHILDREN.every((name, i) => parts[i] === undefined || is(parts[i], SIGNATURE, name));
  if (!isPlain || parts.length < 2 || parts.length > 3) throw new Error("A Signature has other parts than it needs");
  const references = [...elementsBelow(signature)].filter(({ localName }) => localName === "Reference");
  if (references.length !== 1 || references[0].getAttribute("URI") !== `#${parent.getAttribute("ID")}`) {
    throw new Error("A Signature is not of the element that it is in");
  }
  for (const element of elementsBelow(signature)) {
    const known = ALGORITHMS[element.localName];
    if (known !== undefined && !known.includes(element.getAttribute("Algorithm") ?? "")) {
      throw new Error(`A Signature is made by ${element.getAttribute("Algorithm")}`);
    }
  }
}

/** SAML 2.0 Core, section 3.2.2, and Bindings, section 3.5.5.2. */
function checkChildren(response: Element, { issuer, destination, requestId, signed }: ExpectedResponse): void {
  const children = childrenOf(response);
  const stranger = children.find((child) => !RESPONSE_CHILDREN.some(([space, name]) => is(child, space, name)));
  if (stranger !== undefined) throw new Error(`The response has a ${stranger.nodeName}`);
  if (response.getAttribute("Version") !== "2.0") throw new Error("The response is not of SAML 2.0");
  const status = describeStatus(response);
  if (status !== SUCCESS) throw new Error(`The response says ${status}`);
  if (response.getAttribute("InResponseTo") !== requestId) throw new Error("It answers another request");
  const given = response.getAttribute("Destination");
  const isAddressed = given !== null && given !== "";
  if (isAddressed ? given !== destination : signed !== "assertion") {
    throw new Error(`The response is for ${isAddressed ? given : "nobody"}`);
  }
  const issuers = children.filter((child) => child.localName === "Issuer");
  if (issuers.length > 1 || issuers.some((element) => element.textContent?.trim() !== issuer)) {
    throw new Error(`The response is from ${issuers.map((element) => element.textContent).join(", ")}`);
  }
}

/** The outer status code, with what is inside it where it is no success. */
function describeStatus(response: Element): string {
  const statuses = childrenOf(response).filter((child) => is(child, PROTOCOL, "Status"));
  const codes = statuses.flatMap(childrenOf).filter((child) => is(child, PROTOCOL, "StatusCode"));
  if (statuses.length !== 1 || codes.length !== 1) return "no status";
  const code = codes[0].getAttribute("Value") ?? "no status";
  const rest = statuses[0].textContent?.trim().slice(0, 200) ?? "";
  const inner = childrenOf(codes[0]).map((child) => child.getAttribute("Value"));
  return code === SUCCESS ? code : [code, ...inner, rest].filter(Boolean).join(" ");
}

function is(element: Element, namespace: string, localName: string): boolean {
  return element.namespaceURI === namespace && element.localName === localName;
}

function childrenOf(element: Element): Element[] {
  const children: Element[] = [];
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === 1) children.push(node as Element);
  }
  return children;
}

function* elementsBelow(element: Element): Generator<Element> {
  for (const child of childrenOf(element)) {
    yield child;
    yield* elementsBelow(child);
  }
}
