import { decodeBase64IgnorePadding } from "@oslojs/encoding";

const PEM = /-----BEGIN CERTIFICATE-----([^-]*)-----END/;
/** Context tag [0], of the version, which is left out where it is 1. */
const VERSION = 0xa0;
/** In a certificate's body after the version: serial number, algorithm, issuer, validity, subject. */
const BEFORE_KEY = 5;

/** The SubjectPublicKeyInfo of a certificate, PEM or its base64 alone, as DER (RFC 5280, section 4.1). */
export function publicKeyOf(certificate: string): Uint8Array<ArrayBuffer> {
  const [, base64 = certificate] = PEM.exec(certificate) ?? [];
  const der = Uint8Array.from(decodeBase64IgnorePadding(base64.replace(/\s/g, "")));
  const body = readValue(der, readValue(der, 0).start);
  let at = body.start;
  if (der[at] === VERSION) at = readValue(der, at).end;
  for (let i = 0; i < BEFORE_KEY; i++) at = readValue(der, at).end;
  const { end } = readValue(der, at);
  if (end > body.end) throw new Error("The certificate is damaged");
  return der.slice(at, end);
}

/** Where what a tag stands before begins and ends: tag, length (of a byte, or 0x80 + its own length and big-endian), value. */
function readValue(der: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  let start = at + 2;
  let length = der[at + 1] ?? NaN;
  if (length > 0x80) {
    const bytes = der.subarray(start, start + length - 0x80);
    start += bytes.length;
    length = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  }
  const end = start + length;
  if (!(end <= der.length)) throw new Error("The certificate is damaged");
  return { start, end };
}
