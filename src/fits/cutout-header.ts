import { formatCard, formatCommentary, formatNumberCard } from "./card-format.ts";
import type { Card } from "./card.ts";
import { subtractFromDecimal } from "./decimal.ts";
import { movedDistortionRecords } from "./distortion-records.ts";
import type { Header } from "./header.ts";
import type { Bitpix } from "./image-properties.ts";

export type CutoutHeaderOptions = {
  /** The header of the uncompressed image: `ImageDescription.imageHeader`. */
  readonly original: Header;
  /** NAXISn of the cutout. */
  readonly shape: readonly number[];
  /** The pixel of the original, from 0, that is the cutout's first. May lie outside of it. */
  readonly window: { readonly x0: number; readonly y0: number };
  /** The same for the third axis and on; 0 where it is not given. */
  readonly planes?: readonly number[];
  /** An IMAGE extension; otherwise the primary HDU. */
  readonly extension: boolean;
  readonly extname?: string;
  /** Type of the pixels where they are not the original's stored ones: BSCALE, BZERO and BLANK go. */
  readonly bitpix?: Bitpix;
  /** Keywords that hold for the whole image only, by the survey's habits: its corners, for example. */
  readonly drop?: Iterable<string>;
  /** Written last; a keyword with a value replaces the original's. */
  readonly provenance?: readonly Card[];
};

/** Of the array and its file. INHERIT means a primary HDU that is not the cutout's; NEXTEND counts extensions (STScI). */
const STRUCTURE = new RegExp(
  "^(?:SIMPLE|XTENSION|BITPIX|NAXIS\\d*|PCOUNT|GCOUNT|GROUPS|EXTEND|BLOCKED|CHECKSUM|DATASUM|INHERIT|NEXTEND" +
    // Of all pixels, which are not all here.
    "|DATAMIN|DATAMAX" +
    // Of compression: what fpack was told, and the rest should the header not have been translated.
    "|FZ(?:ALGOR|TILE|QVALUE|QMETHD|DTHRSD|INT2F|HSCALE)" +
    "|ZIMAGE|ZSIMPLE|ZTENSION|ZBITPIX|ZNAXIS\\d*|ZPCOUNT|ZGCOUNT|ZEXTEND|ZBLOCKED|ZHECKSUM|ZDATASUM|ZCMPTYPE" +
    "|ZTILE\\d+|ZNAME\\d+|ZVAL\\d+|ZMASKCMP|ZQUANTIZ|ZDITHER0|ZBLANK|ZSCALE|ZZERO)$",
);
const WCSAXES = /^WCSAXES[A-Z]?$/;
const SCALING = /^(?:BSCALE|BZERO|BLANK)$/;
/** Distortions by tables in other HDUs (HST's), which a cutout does not carry; astropy refuses a header without them. */
const LOOKUP = /^(?:CPDIS|CQDIS|D2IMDIS)\d+[A-Z]?$/;
const LOOKUP_RECORDS = /^(?:DP|DQ|D2IM|CPERR|CQERR|D2IMERR|DVERR)\d*[A-Z]?$|^D2IMEXT$|^NPOLEXT$|^AXISCORR$/;
const REFERENCE_PIXEL = /^CRPIX(\d+)([A-Z]?)$/;
/** What makes CRPIXja matter: its default is 0, and that too moves. */
const AXIS_KEYWORD = /^(?:CTYPE|CRVAL|CDELT|CUNIT)(\d+)([A-Z]?)$|^(?:CD|PC)\d+_(\d+)([A-Z]?)$/;

/**
 * The cards of a cutout. What still holds is copied byte for byte, in the original's order. What counts pixels from
 * the corner of the array moves with it, exactly:
 *
 *   CRPIXja       less the window's first pixel, for every axis j and alternate a: SIP, TPV, TNX and ZPX count from it
 *   LTVi          less the same (IRAF: logical = LTM × physical + LTV); written where it was not there, so that physical
 *                 pixels stay those of the original; DATASEC, TRIMSEC, CCDSEC … are sections of physical pixels and stay
 *   CNPIX1, 2     plus the same: corner of the image on the digitised plate (DSS plate solution)
 *   DPja          its OFFSET records, less the same: see distortion-records.ts
 *
 * IRAF's WAT, and PV, PS, CD, PC, CDELT do not depend on the corner. DATAMIN and DATAMAX go, as do BSCALE, BZERO, BLANK
 * where `bitpix` says that the pixels are others.
 */
export function cutoutHeader(options: CutoutHeaderOptions): Card[] {
  const { original, shape, window, planes = [], extension, extname, bitpix, provenance = [] } = options;
  const origin = [window.x0, window.y0, ...planes];
  const dropped = new Set(options.drop);
  for (const card of provenance) if (card.hasValue) dropped.add(card.keyword);
  if (extname !== undefined) dropped.add("EXTNAME");
  const { axesCards, copied, lookups, distorted } = copyableOf(original);
  const distortion = distorted ? movedDistortionRecords(original.cards, origin) : NO_DISTORTION;

  const outputBitpix = bitpix ?? original.getInteger("BITPIX") ?? 8;
  if (outputBitpix < 0) dropped.add("BLANK"); // only integers may have it (section 4.4.2.5)

  const cards = structure({ shape, extension, bitpix: outputBitpix });
  if (extname !== undefined) cards.push(formatCard("EXTNAME", extname));
  // WCSAXES has to stand before all other keywords of coordinates (section 8.2), which not all files heed.
  for (const card of axesCards) if (!dropped.has(card.keyword)) cards.push(card);
  for (const { card, axis, sign } of copied) {
    if (dropped.has(card.keyword)) continue;
    if (bitpix !== undefined && SCALING.test(card.keyword)) continue;
    cards.push(distortion.replaced.get(card) ?? (sign === 0 ? card : shifted(card, sign * (origin[axis] ?? 0))));
  }
  if (lookups.length === 0) cards.push(...distortion.added);
  if (origin.some((first) => first !== 0)) {
    cards.push(...missingReferencePixels(original, origin), ...missingLogicalTransform(original, window));
  }
  if (lookups.length > 0) {
    cards.push(...formatCommentary("HISTORY", `Left out with the tables they need: distortions ${lookups.join(" ")}`));
  }
  return [...cards, ...provenance];
}

/** What every cutout of an image copies: looked at once, since a thousand cutouts are made of one header. */
type Copyable = {
  /** WCSAXESa. */
  readonly axesCards: readonly Card[];
  /** The value of a card with a sign counts pixels of an axis, from 0, and moves down, or up where it is -1. */
  readonly copied: readonly { readonly card: Card; readonly axis: number; readonly sign: -1 | 0 | 1 }[];
  /** Keywords of distortions that are left out. */
  readonly lookups: readonly string[];
  /** There may be records of distortions, DPja. */
  readonly distorted: boolean;
  /** CRPIXja that were left out, though their axis has other keywords; axis from 0. */
  readonly missingReferencePixels: readonly { readonly name: string; readonly axis: number }[];
};

const COPYABLE = new WeakMap<Header, Copyable>();
const NO_DISTORTION: ReturnType<typeof movedDistortionRecords> = { replaced: new Map(), added: [] };

function copyableOf(header: Header): Copyable {
  const known = COPYABLE.get(header);
  if (known !== undefined) return known;
  const lookups = header.cards.filter(isLookup).map((card) => card.keyword);
  const kept = trimBlankEnd(header.cards).filter(({ keyword }) => {
    if (WCSAXES.test(keyword) || STRUCTURE.test(keyword)) return false;
    return lookups.length === 0 || (!LOOKUP.test(keyword) && !LOOKUP_RECORDS.test(keyword));
  });
  const copyable: Copyable = {
    axesCards: header.cards.filter((card) => WCSAXES.test(card.keyword)),
    copied: kept.map((card) => ({ card, ...motionOf(card.keyword) })),
    lookups,
    distorted: header.cards.some(({ keyword }) => keyword.startsWith("DP")),
    missingReferencePixels: findMissingReferencePixels(header),
  };
  COPYABLE.set(header, copyable);
  return copyable;
}

function structure({
  shape,
  extension,
  bitpix,
}: {
  shape: readonly number[];
  extension: boolean;
  bitpix: number;
}): Card[] {
  return [
    extension ? XTENSION : SIMPLE,
    formatCard("BITPIX", bitpix, "bits of a pixel, negative for floating point"),
    formatCard("NAXIS", shape.length, "number of axes"),
    ...shape.map((length, axis) => formatCard(`NAXIS${axis + 1}`, length)),
    ...(extension ? EXTENSION_END : PRIMARY_END),
  ];
}

const SIMPLE = formatCard("SIMPLE", true, "conforms to FITS");
const XTENSION = formatCard("XTENSION", "IMAGE", "image extension");
const PRIMARY_END = [formatCard("EXTEND", true)];
const EXTENSION_END = [formatCard("PCOUNT", 0), formatCard("GCOUNT", 1)];

function motionOf(keyword: string): { axis: number; sign: -1 | 0 | 1 } {
  const axis = /^LTV([12])$/.exec(keyword)?.[1] ?? REFERENCE_PIXEL.exec(keyword)?.[1];
  if (axis !== undefined) return { axis: Number(axis) - 1, sign: 1 };
  const plateAxis = /^CNPIX([12])$/.exec(keyword)?.[1];
  return plateAxis === undefined ? { axis: 0, sign: 0 } : { axis: Number(plateAxis) - 1, sign: -1 };
}

/** The card with its value less `pixels`; as it was where that is 0 or its value no number. */
function shifted(card: Card, pixels: number): Card {
  if (pixels === 0 || (typeof card.value !== "number" && typeof card.value !== "bigint")) return card;
  const text = subtractFromDecimal(card.valueText, pixels);
  if (text === undefined) return formatCard(card.keyword, { float: Number(card.value) - pixels }, card.comment);
  const isInteger = !/[.EeDd]/.test(card.valueText);
  return formatNumberCard(card.keyword, isInteger ? text.replace(/\.0$/, "") : text, card.comment);
}

/** CRPIXja that were left out: their default is 0. */
function missingReferencePixels(original: Header, origin: readonly number[]): Card[] {
  return copyableOf(original)
    .missingReferencePixels.filter(({ axis }) => (origin[axis] ?? 0) !== 0)
    .map(({ name, axis }) => formatCard(name, { float: -(origin[axis] ?? 0) }));
}

function findMissingReferencePixels(header: Header): { name: string; axis: number }[] {
  const missing = new Map<string, number>();
  for (const { keyword } of header.cards) {
    const match = AXIS_KEYWORD.exec(keyword);
    const axis = match?.[1] ?? match?.[3];
    const alternate = match?.[2] ?? match?.[4] ?? "";
    const name = `CRPIX${axis}${alternate}`;
    if (axis !== undefined && !header.has(name)) missing.set(name, Number(axis) - 1);
  }
  return [...missing].map(([name, axis]) => ({ name, axis }));
}

function missingLogicalTransform(original: Header, { x0, y0 }: { x0: number; y0: number }): Card[] {
  const cards: Card[] = [];
  if (!original.has("LTV1")) cards.push(formatCard("LTV1", { float: x0 === 0 ? 0 : -x0 }));
  if (!original.has("LTV2")) cards.push(formatCard("LTV2", { float: y0 === 0 ? 0 : -y0 }));
  if (!original.has("LTM1_1")) cards.push(LTM1_1);
  if (!original.has("LTM2_2")) cards.push(LTM2_2);
  return cards;
}

const LTM1_1 = formatCard("LTM1_1", { float: 1 });
const LTM2_2 = formatCard("LTM2_2", { float: 1 });

function isLookup(card: Card): boolean {
  return LOOKUP.test(card.keyword) && typeof card.value === "string" && /^LOOKUP/i.test(card.value);
}

/** Without the blank cards that reserve space before END. */
function trimBlankEnd(cards: readonly Card[]): readonly Card[] {
  let end = cards.length;
  while (end > 0 && cards[end - 1]?.keyword === "" && cards[end - 1]?.comment === "") end--;
  return cards.slice(0, end);
}
