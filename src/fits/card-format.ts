import { ServiceError } from "../errors.ts";
import { CARD_BYTES, parseCard, type Card } from "./card.ts";
import type { HeaderValue } from "./card-value.ts";

/** A number to be written as a real even where it is whole: "100.0". */
export type RealValue = { readonly float: number };

const KEYWORD = /^[A-Z0-9_-]{1,8}$/;
const HIERARCH_KEYWORD = /^[A-Z0-9_-]+(?: [A-Z0-9_-]+)+$|^[A-Z0-9_-]{9,}$/;
/** Columns 11 to 80. */
export const FIELD_LENGTH = 70;
/** What a quoted piece of a long string holds: two quotes and the "&" take three columns of the field. */
const PIECE_LENGTH = FIELD_LENGTH - 3;

/**
 * A card with a value, in fixed format (FITS Standard 4.0, section 4.2): numbers end in column 30 unless they are
 * longer, strings start in column 11 and have at least 8 characters; longer ones run on in CONTINUE images. Numbers are
 * the shortest text that reads back as the same double. A comment that does not fit is cut off; characters that a
 * header may not hold become "?". Keywords of several words or more than 8 characters are written as HIERARCH.
 */
export function formatCard(keyword: string, value: HeaderValue | RealValue | undefined, comment = ""): Card {
  return cardOf(formatCardText(keyword, value, comment));
}

/** As `formatCard`, as text: 80 characters of printable ASCII, or as many times over as the value is long. */
export function formatCardText(keyword: string, value: HeaderValue | RealValue | undefined, comment = ""): string {
  if (typeof value === "string") return stringCardFormatter(keyword, comment)(value);
  const start = formatKeyword(keyword);
  const text = formatNumberOrLogical(value);
  if (start.length + text.length > CARD_BYTES) throw new ServiceError("internal", `Cannot format ${keyword}: too long`);
  return withComment(start + text, toPrintable(comment));
}

/** `formatCardText` for strings of one keyword: all else is formatted once. */
export function stringCardFormatter(keyword: string, comment = ""): (value: string) => string {
  const start = formatKeyword(keyword);
  const note = toPrintable(comment);
  const room = CARD_BYTES - start.length - 2;
  return (value) => {
    const quoted = toPrintable(value).replaceAll("'", "''");
    if (quoted.length <= room) return withComment(`${start}'${quoted.padEnd(8)}'`, note);

    let images = "";
    let rest = quoted;
    for (let pieceLength = room - 1, prefix = start; ; pieceLength = PIECE_LENGTH, prefix = "CONTINUE  ") {
      if (images !== "" && rest.length <= PIECE_LENGTH + 1) return images + withComment(`${prefix}'${rest}'`, note);
      const length = splitBefore(rest, pieceLength);
      images += `${prefix}'${rest.slice(0, length)}&'`.padEnd(CARD_BYTES);
      rest = rest.slice(length);
    }
  };
}

/** Cards of one keyword, whose numbers come digit for digit, `FIELD_LENGTH` at most: all else is formatted once. */
export function numberCardFormatter(keyword: string, comment = ""): (digits: string) => string {
  const start = formatKeyword(keyword);
  const end = (comment === "" ? "" : ` / ${toPrintable(comment)}`).padEnd(CARD_BYTES);
  return (digits) => {
    if (digits.length > CARD_BYTES - start.length)
      throw new ServiceError("internal", `Cannot format ${keyword}: too long`);
    return (start + digits.padStart(20) + end).slice(0, CARD_BYTES);
  };
}

/** COMMENT, HISTORY or blank cards with this text, cut into lines of 72 characters at spaces where there are any. */
export function formatCommentary(keyword: "COMMENT" | "HISTORY" | "", text: string): Card[] {
  const cards: Card[] = [];
  for (let rest = toPrintable(text).trimEnd(); ; ) {
    if (rest.length <= 72) return [...cards, cardOf((keyword.padEnd(8) + rest).padEnd(CARD_BYTES))];
    const space = rest.lastIndexOf(" ", 72);
    const length = space > 0 ? space : 72;
    cards.push(cardOf((keyword.padEnd(8) + rest.slice(0, length)).padEnd(CARD_BYTES)));
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

const IS_PRINTABLE = /^[ -~]*$/;

function toPrintable(text: string): string {
  return IS_PRINTABLE.test(text) ? text : text.replace(/[^ -~]/gu, "?");
}

function cardOf(text: string): Card {
  const raw = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) raw[i] = text.charCodeAt(i); // `Uint8Array.from` takes 2 µs a card
  return parseCard(raw, text);
}
