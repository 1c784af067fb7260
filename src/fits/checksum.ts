import { formatCardText, stringCardFormatter } from "./card-format.ts";
import { joinCards, type CardImages } from "./card-images.ts";
import { CARD_BYTES } from "./card.ts";
import { addSums } from "./datasum.ts";
import { headerByteLength, writeHeader } from "./header.ts";

/** What `writeHeaderWithChecksums` adds to a header. */
export const CHECKSUM_CARDS_BYTES = 2 * CARD_BYTES;

/** The bytes of a header with CHECKSUM and DATASUM as its last cards; `cards` has neither. */
export function headerWithChecksums(cards: readonly CardImages[], datasum: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(headerByteLength(cards, CHECKSUM_CARDS_BYTES));
  writeHeaderWithChecksums(cards, datasum, header);
  return header;
}

/** As `headerWithChecksums`, into the first bytes of an HDU; the header takes `byteLength` of them. */
export function writeHeaderWithChecksums(
  cards: readonly CardImages[],
  datasum: number,
  hdu: Uint8Array,
  byteLength = hdu.length,
): void {
  const { end, sum } = writeHeader([...cards, ZERO_CHECKSUM, datasumCard(String(datasum))], hdu, byteLength);
  encodeChecksum(addSums(sum, datasum), hdu, end - CHECKSUM_CARDS_BYTES + VALUE_OFFSET);
}

// No date in the comments: the same cutout is the same bytes.
const datasumCard = stringCardFormatter("DATASUM", "data unit checksum");
/** With the value that CHECKSUM has while the sum is made (appendix J). */
const ZERO_CHECKSUM = joinCards([formatCardText("CHECKSUM", "0".repeat(16), "HDU checksum")]);
/** Where the value of a string begins in its card: after "CHECKSUM= '". */
const VALUE_OFFSET = 11;

/**
 * Writes the 16 characters that stand for the complement of a sum (appendix J): a quarter of each byte four times over,
 * in digits and letters, turned by one place because the value of a card begins one byte before a whole word.
 */
export function encodeChecksum(sum: number, into: Uint8Array, start: number): void {
  for (let place = 0; place < 4; place++) {
    const byte = (~sum >>> (24 - 8 * place)) & 0xff;
    for (let quarter = 0; quarter < 4; quarter++) {
      into[start + ((4 * quarter + place + 1) & 15)] = QUARTERS[4 * byte + quarter];
    }
  }
}

/** Four characters for each byte. */
const QUARTERS = Uint8Array.from({ length: 4 * 256 }, (_, i) => quartersOf(i >> 2)[i & 3] ?? 0);

/** Four digits or letters whose codes, less "0", add up to `byte`: pairs that have others in them are moved apart. */
function quartersOf(byte: number): number[] {
  const quarter = 0x30 + (byte >> 2);
  return [
    [quarter + (byte & 3), quarter],
    [quarter, quarter],
  ].flatMap(([upper = 0, lower = 0]) => {
    let apart = 0;
    while (isPunctuation(upper + apart) || isPunctuation(lower - apart)) apart++;
    return [upper + apart, lower - apart];
  });
}

/** Between the digits and the letters of ASCII. */
function isPunctuation(code: number): boolean {
  return (code >= 0x3a && code <= 0x40) || (code >= 0x5b && code <= 0x60);
}
