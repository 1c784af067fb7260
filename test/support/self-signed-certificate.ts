import { createSign, generateKeyPairSync } from "node:crypto";

export type KeyAndCertificate = { readonly privateKey: string; readonly certificate: string };

/** A new RSA key with a certificate of its own (X.509 version 1, RFC 5280 section 4.1), both as PEM. */
export function makeKeyAndCertificate(commonName: string): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const algorithm = sequence(Buffer.from("06092a864886f70d01010b", "hex"), Buffer.from("0500", "hex")); // sha256WithRSA
  const attribute = sequence(Buffer.from("0603550403", "hex"), element(0x0c, Buffer.from(commonName))); // commonName
  const name = sequence(element(0x31, attribute));
  const validity = sequence(utcTime("200101000000Z"), utcTime("491231235959Z"));
  const subjectKey = publicKey.export({ type: "spki", format: "der" });
  const body = sequence(element(0x02, Buffer.from([1])), algorithm, name, validity, name, subjectKey);
  const signature = createSign("sha256").update(body).sign(privateKey);
  const certificate = sequence(body, algorithm, element(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

const sequence = (...parts: readonly Buffer[]) => element(0x30, Buffer.concat(parts));
const utcTime = (text: string) => element(0x17, Buffer.from(text));

/** Tag, length, value (DER, X.690 section 10.1). */
function element(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const lengthBytes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), value]);
}
