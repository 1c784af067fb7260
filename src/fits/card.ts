import { ServiceError } from "../errors.ts";
import { parseValueField, type HeaderValue } from "./card-value.ts";

/** Bytes of one card image (FITS Standard 4.0, section 3.3.1). */
export const CARD_BYTES = 80;

/** A header record, as it was read or as it will be written. A long string and its CONTINUE images are one card. */
export type Card = {
  /** Upper-case; "" for blank. A HIERARCH card has the words after HIERARCH, with single spaces: "ESO DET NAME". */
  readonly keyword: string;
  /** Whether it has a value field at all; COMMENT, HISTORY, blank and END have none. */
  readonly hasValue: boolean;
  /** undefined: no value field, or an empty one ("undefined value", section 4.1.2.3). */
  readonly value: HeaderValue | undefined;
  /** A number or other unquoted value exactly as written; the same text as `value` for strings. */
  readonly valueText: string;
  /** Without the slash; for a card without value, everything from column 9 on. Trailing spaces are dropped. */
  readonly comment: string;
  /** The card image(s), 80 bytes each. What is copied from here is byte-identical. */
  readonly raw: Uint8Array;
};

const LATIN1 = new TextDecoder("latin1");
const COMMENTARY = new Set(["", "COMMENT", "HISTORY", "CONTINUE", "END"]);

/**
 * Parses the card images of a header up to `END`, or all of them where it is not there.
 *
 * Lenient where the meaning is plain: free format everywhere, D and lower-case exponents, lower-case keywords, a missing
 * closing quote, a comment without its slash. An unquoted value that is neither number nor logical becomes a string.
 */
export function parseCards(bytes: Uint8Array): Card[] {
  const text = decodeLatin1(bytes);
  const count = Math.floor(bytes.length / CARD_BYTES);
  const cards: Card[] = [];
  let next = 0;
  while (next < count) {
    const first = next++;
    const image = text.slice(first * CARD_BYTES, next * CARD_BYTES);
    const { keyword, field } = splitKeyword(image);
    if (keyword === "END" && field === undefined) break;
    if (field === undefined) {
      const raw = bytes.subarray(first * CARD_BYTES, next * CARD_BYTES);
      cards.push({ keyword, hasValue: false, value: undefined, valueText: "", comment: image.slice(8).trimEnd(), raw });
      continue;
    }
    const parsed = parseValueField(field);
    let { value, valueText, comment } = parsed;
    if (typeof value === "string" && parsed.quoted && value.endsWith("&")) {
      // Long strings (section 4.2.1.2): each piece but the last ends in "&"; trailing spaces count only before one.
      const pieces: string[] = [];
      const comments: string[] = comment === "" ? [] : [comment];
      let piece = value;
      while (piece.endsWith("&") && next < count) {
        const following = text.slice(next * CARD_BYTES, (next + 1) * CARD_BYTES);
        if (!following.startsWith("CONTINUE  ")) break;
        const continued = parseValueField(following.slice(10));
        if (!continued.quoted || typeof continued.value !== "string") break;
        pieces.push(piece.slice(0, -1));
        piece = continued.value;
        if (continued.comment !== "") comments.push(continued.comment);
        next++;
      }
      pieces.push(piece);
      value = valueText = pieces.join("").trimEnd();
      comment = comments.join(" ");
    }
    const raw = bytes.subarray(first * CARD_BYTES, next * CARD_BYTES);
    cards.push({ keyword, hasValue: true, value, valueText, comment, raw });
  }
  return cards;
}

/** The card of one or more images. */
export function parseCard(raw: Uint8Array): Card {
  const [card, ...rest] = parseCards(raw);
  if (card === undefined || rest.length > 0 || raw.length % CARD_BYTES !== 0) {
    throw new ServiceError("internal", `Cannot parse a card of ${raw.length} bytes: one card is needed, and not END`);
  }
  return card;
}

/** One character a byte, whatever the bytes are: Latin-1 as Web standards mean it, which is Windows-1252. */
export function decodeLatin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes);
}

/** The keyword, and the text of the value field if there is one. */
function splitKeyword(image: string): { keyword: string; field: string | undefined } {
  const keyword = image.slice(0, 8).trimEnd().toUpperCase();
  if (keyword === "HIERARCH" && image[8] === " ") {
    const equals = image.indexOf("=", 9);
    const name = image.slice(9, equals).trim();
    if (equals === -1 || name === "") return { keyword, field: undefined };
    return { keyword: name.replace(/ +/g, " ").toUpperCase(), field: image.slice(equals + 1) };
  }
  if (image.slice(8, 10) !== "= " || COMMENTARY.has(keyword)) return { keyword, field: undefined };
  return { keyword, field: image.slice(10) };
}
