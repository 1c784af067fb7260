import { sha256 } from "@oslojs/crypto/sha2";

/** One HDU of a cutout, as far as its bytes depend on it. */
export type RecipePart = {
  readonly key: string;
  readonly version: string;
  readonly hduIndex: number;
  readonly plane: string;
  /** Publisher DID, which the header tells; undefined for a file that no survey has on record. */
  readonly did: string | undefined;
  readonly window: { readonly x0: number; readonly y0: number; readonly width: number; readonly height: number };
};

/** SHA-256 of a text in UTF-8, as base64url (RFC 4648, section 5). */
export type Digest = (text: string) => string;

const TEXT = new TextEncoder();

/**
 * A strong ETag (RFC 9110, section 8.8.3): a digest of all that the bytes follow from. `circumstances` are what the
 * header tells beside the parts.
 */
export function recipeTag(parts: readonly RecipePart[], circumstances: unknown, digest: Digest = digestHere): string {
  const text = JSON.stringify([
    circumstances,
    parts.map((p) => [p.key, p.version, p.hduIndex, p.plane, p.did, p.window]),
  ]);
  return `"${digest(text).slice(0, 24)}"`;
}

/** Not crypto.subtle: its turn through the thread pool takes longer than the sum. */
function digestHere(text: string): string {
  const letters = btoa(String.fromCharCode(...sha256(TEXT.encode(text))));
  return letters.replaceAll("+", "-").replaceAll("/", "_");
}
