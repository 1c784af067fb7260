import { ServiceError } from "../errors.ts";
import { parseValueField, type HeaderValue, type ValueField } from "./card-value.ts";

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
 * The card images of a header up to `END`, or all of them where it is not there.
 *
 * Lenient where the meaning is plain: free format everywhere, D and lower-case exponents, lower-case keywords, a missing
 * closing quote, a comment without its slash. An unquoted value that is neither number nor logical becomes a string.
 */
export function parseCards(bytes: Uint8Array, text = decodeLatin1(bytes)): Card[] {
  const header = { bytes, text };
  const count = Math.floor(bytes.length / CARD_BYTES);
  const cards: Card[] = [];
  for (let first = 0; first < count; ) {
    const start = first * CARD_BYTES;
    const { keyword, fieldStart } = splitKeyword(header.text, start);
    if (keyword === "END" && fieldStart === NO_FIELD) break;
    const isContinued = fieldStart !== NO_FIELD && header.text.startsWith(CONTINUE, start + CARD_BYTES);
    const long = isContinued ? parseLongString(header.text, { first, count, fieldStart }) : null;
    const end = long?.end ?? first + 1;
    cards.push(new HeaderCard(header, { keyword, start, end: end * CARD_BYTES, fieldStart, field: long?.field }));
    first = end;
  }
  return cards;
}

/** The card of one or more images. `text`: the same, where it is known. */
export function parseCard(raw: Uint8Array, text?: string): Card {
  const [card, ...rest] = parseCards(raw, text);
  if (card === undefined || rest.length > 0 || raw.length % CARD_BYTES !== 0) {
    throw new ServiceError("internal", `Cannot parse a card of ${raw.length} bytes: one card is needed, and not END`);
  }
  return card;
}

/** One character a byte, whatever the bytes are: Latin-1 as Web standards mean it, which is Windows-1252. */
export function decodeLatin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes);
}

/** Images [start, end) of a header's bytes and text. `fieldStart`: where the value field begins, or NO_FIELD. */
type CardPlace = {
  readonly keyword: string;
  readonly start: number;
  readonly end: number;
  readonly fieldStart: number;
  /** Where it has been parsed. */
  readonly field: ValueField | undefined;
};

const NO_FIELD = -1;

/** Parses its value when it is first asked for: of a hundred cards some twenty are, and it is most of opening an image. */
class HeaderCard implements Card {
  readonly keyword: string;
  readonly hasValue: boolean;
  readonly #header: { readonly bytes: Uint8Array; readonly text: string };
  readonly #start: number;
  readonly #end: number;
  readonly #fieldStart: number;
  #field: ValueField | undefined;

  constructor(header: { bytes: Uint8Array; text: string }, { keyword, start, end, fieldStart, field }: CardPlace) {
    this.keyword = keyword;
    this.hasValue = fieldStart !== NO_FIELD;
    this.#header = header;
    this.#start = start;
    this.#end = end;
    this.#fieldStart = fieldStart;
    this.#field = field;
  }

  get value(): HeaderValue | undefined {
    return this.#parse().value;
  }
  get valueText(): string {
    return this.#parse().valueText;
  }
  get comment(): string {
    return this.#parse().comment;
  }
  get raw(): Uint8Array {
    return this.#header.bytes.subarray(this.#start, this.#end);
  }

  #parse(): ValueField {
    return (this.#field ??= this.hasValue
      ? parseValueField(this.#header.text.slice(this.#fieldStart, this.#end))
      : commentary(this.#header.text.slice(this.#start + 8, this.#end)));
  }
}

function commentary(text: string): ValueField {
  return { value: undefined, valueText: "", comment: text.trimEnd(), quoted: false };
}

const CONTINUE = "CONTINUE  ";

type LongString = {
  /** Number of the first image, and of all. */
  readonly first: number;
  readonly count: number;
  readonly fieldStart: number;
};

/**
 * A string that runs on (section 4.2.1.2): each piece but the last ends in "&"; trailing spaces count only before one.
 * `end`: number of the image after its last; null where the next image does not go on with it.
 */
function parseLongString(
  text: string,
  { first, count, fieldStart }: LongString,
): { readonly end: number; readonly field: ValueField } | null {
  const begun = parseValueField(text.slice(fieldStart, (first + 1) * CARD_BYTES));
  if (typeof begun.value !== "string" || !begun.quoted) return null;
  const pieces: string[] = [];
  const comments: string[] = [];
  let end = first + 1;
  let piece = begun.value;
  if (begun.comment !== "") comments.push(begun.comment);
  while (piece.endsWith("&") && end < count) {
    const image = text.slice(end * CARD_BYTES, (end + 1) * CARD_BYTES);
    if (!image.startsWith(CONTINUE)) break;
    const continued = parseValueField(image.slice(CONTINUE.length));
    if (!continued.quoted || typeof continued.value !== "string") break;
    pieces.push(piece.slice(0, -1));
    piece = continued.value;
    if (continued.comment !== "") comments.push(continued.comment);
    end++;
  }
  if (pieces.length === 0) return null;
  const value = [...pieces, piece].join("").trimEnd();
  return { end, field: { value, valueText: value, comment: comments.join(" "), quoted: true } };
}

/** The keyword of the image at `start`, and where its value field begins. */
function splitKeyword(text: string, start: number): { keyword: string; fieldStart: number } {
  const keyword = text
    .slice(start, start + 8)
    .trimEnd()
    .toUpperCase();
  if (keyword === "HIERARCH" && text[start + 8] === " ") {
    const equals = text.slice(start, start + CARD_BYTES).indexOf("=", 9);
    const name = text.slice(start + 9, start + equals).trim();
    if (equals === -1 || name === "") return { keyword, fieldStart: NO_FIELD };
    return { keyword: name.replace(/ +/g, " ").toUpperCase(), fieldStart: start + equals + 1 };
  }
  const hasField = text[start + 8] === "=" && text[start + 9] === " " && !COMMENTARY.has(keyword);
  return { keyword, fieldStart: hasField ? start + 10 : NO_FIELD };
}
