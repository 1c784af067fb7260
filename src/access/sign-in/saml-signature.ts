import { decodeBase64IgnorePadding } from "@oslojs/encoding";
import { canonicalize } from "./canonical-xml.ts";
import { publicKeyOf } from "./certificate-key.ts";

const SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";

/** By the name in a Signature (RFC 9231, sections 2.3.2, 2.3.4 and 2.3.10). */
const METHODS: Readonly<
  Record<string, { readonly name: string; readonly hash: string; readonly saltLength?: number }>
> = {
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
  "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1": { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 },
};

/** Of a SignedInfo with one Reference there are some ten. */
const MOST_ELEMENTS = 30;
/** Of RSA with 8192 bits, base64, in lines. */
const MOST_VALUE_LENGTH = 1500;

/**
 * Whether keys of the provider have made the Signatures of a document whose form has been checked. It does not tell what
 * they are of: the library does, after this, by work that nobody else shall be able to give it. Throws an Error for the log.
 */
export async function checkSignatures(response: Element, certificates: readonly string[]): Promise<void> {
  const signatures = response.getElementsByTagNameNS(SIGNATURE, "Signature");
  if (signatures.length === 0) throw new Error("Invalid signature: there is none");
  for (let i = 0; i < signatures.length; i++) {
    if (!(await isByOneOf(signatures[i], certificates))) {
      throw new Error("Invalid signature: it is by a key that is not the provider's");
    }
  }
}

async function isByOneOf(signature: Element, certificates: readonly string[]): Promise<boolean> {
  const signedInfo = only(signature, "SignedInfo");
  if (signedInfo.getElementsByTagName("*").length > MOST_ELEMENTS) throw new Error("A Signature is too large");
  const method = METHODS[only(signedInfo, "SignatureMethod").getAttribute("Algorithm") ?? ""];
  if (method === undefined) throw new Error("A Signature is made by a method that is not known");
  if (only(signedInfo, "CanonicalizationMethod").getElementsByTagName("*").length > 0) {
    throw new Error("A Signature has namespaces beside those of its names");
  }
  const value = (only(signature, "SignatureValue").textContent ?? "").replace(/\s/g, "");
  if (value.length > MOST_VALUE_LENGTH) throw new Error("A Signature is too large");
  const given = Uint8Array.from(decodeBase64IgnorePadding(value));
  const signed = new TextEncoder().encode(canonicalize(signedInfo));
  for (const certificate of certificates) {
    const key = await crypto.subtle.importKey("spki", publicKeyOf(certificate), method, false, ["verify"]);
    if (await crypto.subtle.verify(method, key, given, signed)) return true;
  }
  return false;
}

function only(parent: Element, localName: string): Element {
  const found = parent.getElementsByTagNameNS(SIGNATURE, localName);
  if (found.length !== 1) throw new Error(`A Signature has ${found.length} ${localName}, and one is needed`);
  return found[0];
}
