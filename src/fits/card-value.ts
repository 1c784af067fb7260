export type ComplexValue = { readonly real: number; readonly imaginary: number };

/** An integer is a bigint only where a number could not hold it exactly. */
export type HeaderValue = string | number | bigint | boolean | ComplexValue;

export type ValueField = {
  readonly value: HeaderValue | undefined;
  readonly valueText: string;
  readonly comment: string;
  /** The value was a string in quotes. */
  readonly quoted: boolean;
};

const INTEGER = /^[+-]?\d+$/;
const REAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[EeDd][+-]?\d+)?$/;
const COMPLEX = /^\(([^(),]*),([^(),]*)\)/;

/** Parses what follows the value indicator: value, slash, comment (FITS Standard 4.0, sections 4.1.2 and 4.2). */
export function parseValueField(field: string): ValueField {
  const text = field.trim();
  if (text.startsWith("'")) return parseQuoted(text);

  const complex = text.startsWith("(") ? COMPLEX.exec(text) : null;
  if (complex !== null) {
    const real = parseNumber((complex[1] ?? "").trim());
    const imaginary = parseNumber((complex[2] ?? "").trim());
    if (real !== undefined && imaginary !== undefined) {
      const value = { real: Number(real), imaginary: Number(imaginary) };
      return { value, valueText: complex[0], comment: commentOf(text.slice(complex[0].length)), quoted: false };
    }
  }

  const slash = text.indexOf("/");
  const whole = slash === -1 ? text : text.slice(0, slash).trimEnd();
  if (whole === "") return { value: undefined, valueText: "", comment: commentOf(text), quoted: false };

  // A number or logical ends at the first space, as for CFITSIO: old files leave out the slash ("16 bits per pixel").
  const space = whole.indexOf(" ");
  const word = space === -1 ? whole : whole.slice(0, space);
  const value = word === "T" ? true : word === "F" ? false : parseNumber(word);
  if (value !== undefined) {
    return { value, valueText: word, comment: commentOf(text.slice(word.length)), quoted: false };
  }
  return { value: whole, valueText: whole, comment: commentOf(text.slice(whole.length)), quoted: false };
}

/** An integer or real number of a header; undefined for any other text, and for one too large for a double. */
export function parseNumber(text: string): number | bigint | undefined {
  if (INTEGER.test(text)) {
    const number = Number(text);
    if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
    return BigInt(text.startsWith("+") ? text.slice(1) : text);
  }
  if (!REAL.test(text)) return undefined;
  const number = Number(text.replace(/[Dd]/, "E"));
  return Number.isFinite(number) ? number : undefined;
}

/** Two quotes stand for one; trailing spaces mean nothing, leading ones do (section 4.2.1.1). */
function parseQuoted(text: string): ValueField {
  let end = text.indexOf("'", 1);
  while (end !== -1 && text[end + 1] === "'") end = text.indexOf("'", end + 2);
  const inner = end === -1 ? text.slice(1) : text.slice(1, end);
  const value = inner.replaceAll("''", "'").trimEnd();
  return { value, valueText: value, comment: end === -1 ? "" : commentOf(text.slice(end + 1)), quoted: true };
}

function commentOf(rest: string): string {
  const text = rest.trim();
  return text.startsWith("/") ? text.slice(1).trim() : text;
}
