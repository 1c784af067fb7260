import { sha256 } from "@oslojs/crypto/sha2";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { OpenImage } from "./open-image.ts";

/** One HDU of a cutout, as far as its bytes depend on it. */
export type RecipePart = {
  readonly image: Pick<OpenImage, "source" | "hduIndex">;
  readonly plane: string;
  /** Publisher DID, which the header tells; undefined for a file that no survey has on record. */
  readonly did: string | undefined;
  readonly window: PixelWindow;
};

/** What else the bytes follow from. */
export type RecipeFacts = {
  /** What was asked for, as `formatStencil` writes it. */
  readonly place: string | undefined;
  readonly isMasked: boolean;
  readonly checksums: string;
  readonly missing: readonly string[];
  readonly software: string;
  readonly day: string;
};

/** SHA-256 of a text in UTF-8, as base64url (RFC 4648, section 5). */
export type Digest = (text: string) => string;

const TEXT = new TextEncoder();

/** What may stand in an ETag (RFC 9110, section 8.8.3) as it is: of it the tags of most cutouts are made. */
const PLAIN = /^[\w.+:@-]{1,120}$/;

/**
 * A strong ETag: all that the bytes follow from, in full where that is short,
 *
 *   "Vq4MBWRKWYZ0Qm3b_4873_4950_256_256@CIRCLE_36.309_-10.187_0.008"
 *
 * with a digest for each image (its file's name is nobody's business), which is kept; else a digest of it. One digest
 * a request would take longer than all the rest of this.
 */
export function recipeTag(parts: readonly RecipePart[], facts: RecipeFacts, digest: Digest = digestHere): string {
  let text = "";
  for (const part of parts) {
    const { x0, y0, width, height } = part.window;
    text += `${text === "" ? "" : ":"}${imageTag(part, facts, digest)}_${x0}_${y0}_${width}_${height}`;
  }
  if (facts.place !== undefined) text += `@${facts.place.replaceAll(" ", "_")}`;
  if (facts.isMasked) text += "@masked";
  if (facts.checksums !== "when-cheap") text += `@${facts.checksums}`;
  if (facts.missing.length > 0) text += JSON.stringify(facts.missing);
  return `"${PLAIN.test(text) ? text : digest(text).slice(0, 24)}"`;
}

type ImageTag = Pick<RecipePart, "plane" | "did"> & Pick<RecipeFacts, "software" | "day"> & { readonly tag: string };
const TAGS = new WeakMap<RecipePart["image"], ImageTag>();

/** 16 letters, of 96 bits, for all that does not change from one cutout of an image to the next on one day. */
function imageTag({ image, plane, did }: RecipePart, { software, day }: RecipeFacts, digest: Digest): string {
  const known = TAGS.get(image);
  if (known !== undefined && known.day === day && known.software === software) {
    if (known.did === did && known.plane === plane) return known.tag;
  }
  const { key, version } = image.source;
  const tag = digest(JSON.stringify([software, day, key, version, image.hduIndex, plane, did])).slice(0, 16);
  TAGS.set(image, { software, day, did, plane, tag });
  return tag;
}

/** Not crypto.subtle: its turn through the thread pool takes longer than the sum. */
function digestHere(text: string): string {
  const letters = btoa(String.fromCharCode(...sha256(TEXT.encode(text))));
  return letters.replaceAll("+", "-").replaceAll("/", "_");
}
