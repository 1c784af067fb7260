import { sha256 } from "@oslojs/crypto/sha2";
import { encodeBase32LowerCaseNoPadding, encodeHexLowerCase } from "@oslojs/encoding";

const SECRET_BYTES = 25;

/** 40 characters a-z 2-7 of 200 random bits: what nobody guesses, and whose digest needs neither salt nor stretching. */
export function newSecret(): string {
  return randomName(SECRET_BYTES);
}

/** As many random bytes as base32, in small letters. */
export function randomName(byteLength: number): string {
  return encodeBase32LowerCaseNoPadding(crypto.getRandomValues(new Uint8Array(byteLength)));
}

/** What `newSecret` may have made: anything else need not be looked for. */
export const SECRET = /^[a-z2-7]{40}$/;

/** SHA-256, hexadecimal. Tables keep this and never the secret; who reads them, or times a search in them, learns nothing. */
export function digestOf(text: string): string {
  return encodeHexLowerCase(sha256(new TextEncoder().encode(text)));
}
