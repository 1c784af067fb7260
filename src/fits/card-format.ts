import { ServiceError } from "../errors.ts";
import { CARD_BYTES, parseCard, type Card } from "./card.ts";
import { parseNumber, type HeaderValue } from "./card-value.ts";

/** A number to be written as a real even where it is whole: "100.0". */
export type RealValue = { readonly float: number };

const KEYWORD = /^[A-Z0-9_-]{1,8}$/;
const HIERARCH_KEYWORD = /^[A-Z0-9_-]+(?: [A-Z0-9_-]+)+$|^[A-Z0-9_-]{9,}$/;
/** Columns 11 to 80. */
const FIELD_LENGTH = 70;
/** What a quoted piece of a long string holds: two quotes and the "&" take three columns of the field. */
const PIECE_LENGTH = FIELD_LENGTH - 3;

/**
 * A card with a value, in fixed format (FITS Standard 4.0, section 4.2): numbers end in column 30 unless they are
 * longer, strings start in column 11 and have at least 8 characters; longer ones run on in CONTINUE images. Numbers are
 * the shortest text that reads back as the same double. A comment that does not fit is cut off; characters that a
 * header may not hold become "?". Keywords of several words or more than 8 characters are written as HIERARCH.
 */
export function formatCard(keyword: string, value: HeaderValue | RealValue | undefined, comment = ""): Card {
  const start = formatKeyword(keyword);
  const note = toPrintable(comment);
  if (typeof value !== "string") {
    const text = formatNumberOrLogical(value);
    if (start.length + text.length > CARD_BYTES)
      throw new ServiceError("internal", `Cannot format ${keyword}: too long`);
    return cardOf([withComment(start + text, note)]);
  }
  const quoted = toPrintable(value).replaceAll("'", "''");
  const room = CARD_BYTES - start.length - 2;
  if (quoted.length <= room) return cardOf([withComment(`${start}'${quoted.padEnd(8)}'`, note)]);

  const images: string[] = [];
  let rest = quoted;
  for (let pieceLength = room - 1, prefix = start; ; pieceLength = PIECE_LENGTH, prefix = "CONTINUE  ") {
    if (images.length > 0 && rest.length <= PIECE_LENGTH + 1) {
      return cardOf([...images, withComment(`${prefix}'${rest}'`, note)]);
    }
    const length = splitBefore(rest, pieceLength);
    images.push(`${prefix}'${rest.slice(0, length)}&'`.padEnd(CARD_BYTES));
    rest = rest.slice(length);
  }
}

/** A card with this number as its value, digit for digit. */
export function formatNumberCard(keyword: string, digits: string, comment = ""): Card {
  if (parseNumber(digits) === undefined) throw new ServiceError("internal", `Cannot format "${digits}" as a number`);
  return cardOf([withComment(formatKeyword(keyword) + digits.padStart(20), toPrintable(comment))]);
}

/** COMMENT, HISTORY or blank cards with this text, cut into lines of 72 characters at spaces where there are any. */
export function formatCommentary(keyword: "COMMENT" | "HISTORY" | "", text: string): Card[] {
  const cards: Card[] = [];
  for (let rest = toPrintable(text).trimEnd(); ; ) {
    if (rest.length <= 72) return [...cards, cardOf([(keyword.padEnd(8) + rest).padEnd(CARD_BYTES)])];
    const space = rest.lastIndexOf(" ", 72);
    const length = space > 0 ? space : 72;
    cards.push(cardOf([(keyword.padEnd(8) + rest.slice(0, length)).padEnd(CARD_BYTES)]));
    rest = rest.slice(length).trimStart();
  }
}

/** The shortest text with a decimal point that reads back as this double. */
export function formatReal(value: number): string {
  if (!Number.isFinite(value)) throw new ServiceError("internal", `Cannot format ${value}: FITS has no such number`);
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", exponent] = String(value).split("e");
  const real = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  return exponent === undefined ? real : `${real}E${exponent}`;
}

function formatKeyword(keyword: string): string {
  if (KEYWORD.test(keyword)) return `${keyword.padEnd(8)}= `;
  const words = keyword.replace(/^HIERARCH /, "");
  if (!HIERARCH_KEYWORD.test(words) || words.length > 40) {
    throw new ServiceError("internal", `Cannot format keyword "${keyword}": it needs letters A-Z, digits, - and _`);
  }
  return `HIERARCH ${words} = `;
}

function formatNumberOrLogical(value: Exclude<HeaderValue, string> | RealValue | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "boolean") return (value ? "T" : "F").padStart(20);
  if (typeof value === "bigint") return String(value).padStart(20);
  if (typeof value === "number") {
    return (Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : formatReal(value)).padStart(20);
  }
  if ("float" in value) return formatReal(value.float).padStart(20);
  return `(${formatReal(value.real)}, ${formatReal(value.imaginary)})`;
}

/** A place at or before `length` that is not between the two quotes of a doubled one. */
function splitBefore(quoted: string, length: number): number {
  let quotes = 0;
  while (quoted[length - 1 - quotes] === "'") quotes++;
  return quotes % 2 === 1 ? length - 1 : length;
}

function withComment(start: string, comment: string): string {
  // Comments line up in column 33 where the value leaves room.
  const image = comment === "" ? start : `${start.padEnd(30)} / ${comment}`;
  return image.slice(0, CARD_BYTES).padEnd(CARD_BYTES);
}

function toPrintable(text: string): string {
  return text.replace(/[^ -~]/gu, "?");
}

function cardOf(images: readonly string[]): Card {
  const raw = takeBytes(images.length * CARD_BYTES);
  let at = 0;
  for (const image of images) {
    for (let i = 0; i < CARD_BYTES; i++) raw[at++] = image.charCodeAt(i); // printable ASCII
  }
  const keyword = images[0]?.slice(0, 8).trimEnd() ?? "";
  return HAS_NO_VALUE.test(keyword) ? parseCard(raw) : valueCard(keyword, raw);
}

/** Cards of one cutout lie side by side: memory of its own for each takes longer than formatting it. */
const SLAB_BYTES = 100 * CARD_BYTES;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

function takeBytes(byteLength: number): Uint8Array {
  if (byteLength > SLAB_BYTES) return new Uint8Array(byteLength);
  if (byteLength > SLAB_BYTES - slabUsed) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  slabUsed += byteLength;
  return slab.subarray(slabUsed - byteLength, slabUsed);
}

/** Or has another keyword than its first eight columns. */
const HAS_NO_VALUE = /^(?:HIERARCH|COMMENT|HISTORY|CONTINUE|END|)$/;

/** A card that is read back only where somebody asks for its value: most formatted cards are only written. */
function valueCard(keyword: string, raw: Uint8Array): Card {
  let parsed: Card | undefined;
  const read = () => (parsed ??= parseCard(raw));
  return {
    keyword,
    hasValue: true,
    get value() {
      return read().value;
    },
    get valueText() {
      return read().valueText;
    },
    get comment() {
      return read().comment;
    },
    raw,
  };
}
