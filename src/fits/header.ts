import { ServiceError } from "../errors.ts";
import { BLOCK_BYTES, paddedLength, type ByteReader } from "./byte-reader.ts";
import { cardsByteLength, writeCards, type CardImages } from "./card-images.ts";
import { CARD_BYTES, decodeLatin1, parseCards, type Card } from "./card.ts";
import type { HeaderValue } from "./card-value.ts";
import { addSums, foldSum } from "./datasum.ts";

/**
 * The cards of one header and the values of its keywords. Of a keyword that occurs more than once the first card with
 * a value field counts, as for CFITSIO and astropy. Look-ups ignore case; "HIERARCH " before a keyword may be left out.
 */
export type Header = {
  /** All cards but END in file order, with COMMENT, HISTORY and blank ones. */
  readonly cards: readonly Card[];
  has(keyword: string): boolean;
  find(keyword: string): Card | undefined;
  /** undefined where there is no such card, or one with an empty value field. */
  get(keyword: string): HeaderValue | undefined;
  /** A real or integer; undefined as for `get`. Throws "corrupt-data" where the value is of another type, as do the next. */
  getNumber(keyword: string): number | undefined;
  /** A safe integer; a real without fraction ("2.0") counts as one. */
  getInteger(keyword: string): number | undefined;
  getString(keyword: string): string | undefined;
  getBoolean(keyword: string): boolean | undefined;
};

/** Where a larger header ends in an error: 200 000 cards, some hundred times what archives have. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024;
// The first read takes most headers whole; then twice as much each time, so that a long one is few requests.
const FIRST_READ_BYTES = 4 * BLOCK_BYTES;
const MAX_READ_BYTES = 256 * BLOCK_BYTES;

/** A header of these cards. */
export function createHeader(cards: readonly Card[]): Header {
  const byKeyword = new Map<string, Card>();
  for (const card of cards) {
    if (card.hasValue && !byKeyword.has(card.keyword)) byKeyword.set(card.keyword, card);
  }

  function find(keyword: string): Card | undefined {
    return byKeyword.get(keyword) ?? byKeyword.get(keyword.toUpperCase().replace(/^HIERARCH +/, ""));
  }
  function getNumber(keyword: string): number | undefined {
    const value = find(keyword)?.value;
    if (value === undefined || typeof value === "number") return value;
    if (typeof value === "bigint") return Number(value);
    throw wrongType(keyword, value, "a number");
  }
  return {
    cards,
    has: (keyword) => find(keyword) !== undefined,
    find,
    get: (keyword) => find(keyword)?.value,
    getNumber,
    getInteger(keyword) {
      const value = find(keyword)?.value;
      if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined;
      throw wrongType(keyword, value, "an integer below 2^53");
    },
    getString(keyword) {
      const value = find(keyword)?.value;
      if (value === undefined || typeof value === "string") return value;
      throw wrongType(keyword, value, "a string");
    },
    getBoolean(keyword) {
      const value = find(keyword)?.value;
      if (value === undefined || typeof value === "boolean") return value;
      throw wrongType(keyword, value, "T or F");
    },
  };
}

/** The header in these bytes, up to END; without END it is incomplete, and "corrupt-data". */
export function parseHeader(bytes: Uint8Array): Header {
  const end = findEnd(bytes);
  if (end === -1) {
    throw new ServiceError("corrupt-data", `Cannot parse a header of ${bytes.length} bytes: it needs an END card`);
  }
  return createHeader(parseCards(bytes.subarray(0, end)));
}

export type HeaderRead = {
  readonly header: Header;
  /** From the first card to the end of the block with END. */
  readonly byteLength: number;
};

/**
 * Reads the header that starts at byte `start`. Reads at most four blocks, or twice the header, and never past the end
 * of the file. "corrupt-data" where the file ends before END, "over-limit" past MAX_HEADER_BYTES.
 */
export async function readHeader(reader: ByteReader, start: number, signal?: AbortSignal): Promise<HeaderRead> {
  const read = await readHeaderThatBegins(reader, { start, keyword: "" }, signal);
  if (read === null) throw new ServiceError("internal", "Cannot read a header: every card begins with nothing");
  return read;
}

/** As `readHeader`; null, after one read, where the first card has another keyword than this. */
export async function readHeaderThatBegins(
  reader: ByteReader,
  { start, keyword }: { start: number; keyword: string },
  signal?: AbortSignal,
): Promise<HeaderRead | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let chunkLength = FIRST_READ_BYTES;
  for (;;) {
    const available = Math.min(reader.byteLength - start, MAX_HEADER_BYTES) - length;
    if (available < CARD_BYTES) {
      const atLimit = length > MAX_HEADER_BYTES - CARD_BYTES;
      const need = atLimit ? `an END card in its first ${MAX_HEADER_BYTES} bytes` : "an END card before the file's end";
      const message = `Cannot read the header at byte ${start} of ${reader.key}: it needs ${need}`;
      throw new ServiceError(atLimit ? "over-limit" : "corrupt-data", message);
    }
    // Whole cards: a file that ends in part of one ends before it.
    const wanted = Math.floor(Math.min(available, chunkLength) / CARD_BYTES) * CARD_BYTES;
    const range = { start: start + length, length: wanted };
    const chunk = await reader.read(range, signal === undefined ? {} : { signal });
    if (length === 0 && !decodeLatin1(chunk.subarray(0, 8)).startsWith(keyword)) return null;
    const end = findEnd(chunk);
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
    if (end !== -1) {
      const cards = parseCards(concatenate(chunks, length + end));
      const byteLength = Math.ceil((length + end + CARD_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
      return { header: createHeader(cards), byteLength };
    }
    length += chunk.length;
    chunkLength = Math.min(Math.max(length, FIRST_READ_BYTES), MAX_READ_BYTES);
  }
}

/** Whole blocks that these cards, `moreBytes` of others and END take. */
export function headerByteLength(cards: readonly CardImages[], moreBytes = 0): number {
  return paddedLength(cardsByteLength(cards) + moreBytes + CARD_BYTES);
}

/** The bytes of a header: its cards, END, and spaces up to whole blocks. */
export function formatHeader(cards: readonly CardImages[]): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(headerByteLength(cards));
  writeHeader(cards, header, header.length);
  return header;
}

/** As `formatHeader`, into the first `byteLength` bytes of an HDU. Returns their sum, and where END is. */
export function writeHeader(
  cards: readonly CardImages[],
  hdu: Uint8Array,
  byteLength: number,
): { end: number; sum: number } {
  const sum = writeCards(cards, hdu);
  const end = cardsByteLength(cards);
  hdu.fill(0x20, end, byteLength);
  hdu[end] = 0x45; // "END"
  hdu[end + 1] = 0x4e;
  hdu[end + 2] = 0x44;
  const words = (byteLength - end) / 4;
  return { end, sum: addSums(sum, foldSum(words * 0x20202020 + END_LESS_SPACES)) };
}

const END_LESS_SPACES = 0x454e4420 - 0x20202020;

/** Offset of the END card; -1 where there is none. */
function findEnd(bytes: Uint8Array): number {
  for (let at = 0; at + CARD_BYTES <= bytes.length; at += CARD_BYTES) {
    if (bytes[at] !== 0x45 || bytes[at + 1] !== 0x4e || bytes[at + 2] !== 0x44) continue; // "END"
    if (bytes.subarray(at + 3, at + 8).every((byte) => byte === 0x20)) return at;
  }
  return -1;
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1 && chunks[0] !== undefined) return chunks[0].slice(); // not to keep what was read too much
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function wrongType(keyword: string, value: HeaderValue, need: string): ServiceError {
  const shown = typeof value === "object" ? `(${value.real}, ${value.imaginary})` : String(value);
  return new ServiceError("corrupt-data", `Cannot use ${keyword} = "${shown}": it needs to be ${need}`);
}
