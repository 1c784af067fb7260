import { sha256 } from "@oslojs/crypto/sha2";
import { constantTimeEqual } from "@oslojs/crypto/subtle";
import { encodeBase32LowerCaseNoPadding, encodeHexLowerCase } from "@oslojs/encoding";

const SECRET_BYTES = 25;
const ID_BYTES = 10;

/** 40 characters a-z 2-7 of 200 random bits: what nobody guesses, and whose digest needs neither salt nor stretching. */
export function newSecret(): string {
  return randomName(SECRET_BYTES);
}

/** 16 characters of 80 random bits: what is never given to anything else, and is no secret. */
export function newId(): string {
  return randomName(ID_BYTES);
}

/** As many random bytes as base32, in small letters. */
export function randomName(byteLength: number): string {
  return encodeBase32LowerCaseNoPadding(crypto.getRandomValues(new Uint8Array(byteLength)));
}

/** What `newSecret` may have made: anything else need not be looked for. */
export const SECRET = /^[a-z2-7]{40}$/;

/** In a time that tells nothing of `known`: digests are compared. */
export function isSameSecret(given: string, known: string): boolean {
  return constantTimeEqual(sha256(encode(given)), sha256(encode(known)));
}

/** SHA-256, hexadecimal. Tables keep this and never the secret; who reads them, or times a search in them, learns nothing. */
export function digestOf(text: string): string {
  return encodeHexLowerCase(sha256(encode(text)));
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
