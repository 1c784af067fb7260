import { formatCard } from "./card-format.ts";
import type { Card } from "./card.ts";
import type { HeaderValue } from "./card-value.ts";
import { createHeader, type Header } from "./header.ts";

/** Keywords of the table that holds the tiles, and of the compression (FITS Standard 4.0, sections 10.1.1 to 10.1.3). */
const OF_THE_TABLE = new RegExp(
  "^(?:SIMPLE|XTENSION|BITPIX|NAXIS\\d*|PCOUNT|GCOUNT|EXTEND|BLOCKED|TFIELDS|THEAP|CHECKSUM|DATASUM" +
    "|(?:TTYPE|TFORM|TUNIT|TSCAL|TZERO|TNULL|TDISP|TDIM)\\d+)$",
);
const OF_THE_COMPRESSION = new RegExp(
  "^(?:ZIMAGE|ZSIMPLE|ZTENSION|ZBITPIX|ZNAXIS\\d*|ZPCOUNT|ZGCOUNT|ZEXTEND|ZBLOCKED|ZHECKSUM|ZDATASUM" +
    "|ZCMPTYPE|ZTILE\\d+|ZNAME\\d+|ZVAL\\d+|ZMASKCMP|ZQUANTIZ|ZDITHER0|ZBLANK|ZSCALE|ZZERO)$",
);

/**
 * The header that the image had before it was compressed (section 10.1.2). What says how it was compressed is gone;
 * all other cards, fpack's FZ* among them, are as they were and in their order. CHECKSUM and DATASUM are the original's.
 */
export function uncompressedHeader(header: Header): Header {
  const isPrimary = header.get("ZSIMPLE") === true;
  const cards: Card[] = [];
  function translate(from: string, to: string, fallback?: HeaderValue) {
    const card = header.find(from);
    const value = card?.value ?? fallback;
    if (value !== undefined) cards.push(formatCard(to, value, card?.comment ?? ""));
  }
  if (isPrimary) translate("ZSIMPLE", "SIMPLE");
  else translate("ZTENSION", "XTENSION", "IMAGE");
  translate("ZBITPIX", "BITPIX");
  translate("ZNAXIS", "NAXIS");
  for (let axis = 1; axis <= (header.getInteger("ZNAXIS") ?? 0); axis++) translate(`ZNAXIS${axis}`, `NAXIS${axis}`);
  translate("ZEXTEND", "EXTEND");
  translate("ZPCOUNT", "PCOUNT", isPrimary ? undefined : 0);
  translate("ZGCOUNT", "GCOUNT", isPrimary ? undefined : 1);
  translate("ZBLOCKED", "BLOCKED");

  for (const card of header.cards) {
    const { keyword } = card;
    if (OF_THE_TABLE.test(keyword) || OF_THE_COMPRESSION.test(keyword)) continue;
    if (keyword === "EXTNAME" && card.value === "COMPRESSED_IMAGE") continue; // fpack's, where the original had none
    cards.push(card);
  }
  translate("ZHECKSUM", "CHECKSUM");
  translate("ZDATASUM", "DATASUM");
  return createHeader(cards);
}
