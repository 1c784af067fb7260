const BLOCK = 2880;
const CARD = 80;

/** A copy of a FITS file with other values in the header of one HDU; null makes a card a comment. Keywords must be there. */
export function editHeader(file: Uint8Array, hdu: number, values: Readonly<Record<string, string | null>>): Uint8Array {
  const bytes = file.slice();
  const start = headerStart(bytes, hdu);
  for (const [keyword, value] of Object.entries(values)) {
    const at = findCard(bytes, start, keyword);
    if (value === null) bytes.set(encode("COMMENT "), at);
    else
      bytes.set(encode(`${keyword.padEnd(8)}= ${value.startsWith("'") ? value : value.padStart(20)}`.padEnd(CARD)), at);
  }
  return bytes;
}

/** A copy whose cards of these keywords are others: `{ DATE: "ZTILE3  = …" }`. */
export function replaceCards(file: Uint8Array, hdu: number, cards: Readonly<Record<string, string>>): Uint8Array {
  const bytes = file.slice();
  const start = headerStart(bytes, hdu);
  for (const [keyword, card] of Object.entries(cards)) {
    bytes.set(encode(card.padEnd(CARD).slice(0, CARD)), findCard(bytes, start, keyword));
  }
  return bytes;
}

/** A FITS file of these cards and END, without data. */
export function headerOnly(cards: readonly string[]): Uint8Array {
  const length = Math.ceil(((cards.length + 1) * CARD) / BLOCK) * BLOCK;
  return encode(
    [...cards, "END"]
      .map((card) => card.padEnd(CARD))
      .join("")
      .padEnd(length),
  );
}

function headerStart(bytes: Uint8Array, hdu: number): number {
  for (let at = 0, met = -1; at < bytes.length; at += BLOCK) {
    if (["SIMPLE  ", "XTENSION"].includes(textAt(bytes, at, 8)) && ++met === hdu) return at;
  }
  throw new Error(`There is no HDU ${hdu}`);
}

function findCard(bytes: Uint8Array, start: number, keyword: string): number {
  for (let at = start; at < bytes.length; at += CARD) {
    if (textAt(bytes, at, 8) === keyword.padEnd(8)) return at;
    if (textAt(bytes, at, 8) === "END     ") break;
  }
  throw new Error(`There is no ${keyword}`);
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function encode(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
