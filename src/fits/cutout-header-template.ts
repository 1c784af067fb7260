import { FIELD_LENGTH, formatCard, formatCardText, formatCommentary, numberCardFormatter } from "./card-format.ts";
import { joinCards, type CardBytes, type CardImages } from "./card-images.ts";
import { CARD_BYTES, type Card } from "./card.ts";
import { lessInteger, parseDecimal } from "./decimal.ts";
import type { Header } from "./header.ts";
import type { Bitpix } from "./image-properties.ts";

/** What a template depends on, beside the original. */
export type TemplateOptions = {
  /** An IMAGE extension; otherwise the primary HDU. */
  readonly extension: boolean;
  /** Type of the pixels where they are not the original's stored ones: BSCALE, BZERO and BLANK go. */
  readonly bitpix?: Bitpix;
  /** Keywords that hold for the whole image only, by the survey's habits: its corners, for example. */
  readonly drop?: readonly string[];
  /** Keywords of the provenance, with spaces between, that take the place of the original's. */
  readonly replaces?: string;
};

/** What the headers of an image's cutouts have in common: it is looked at once, since a thousand cutouts are made of it. */
export type CutoutHeaderTemplate = TemplateOptions & {
  /** Before NAXIS. */
  readonly start: CardImages;
  /** After the last NAXISn. */
  readonly items: readonly TemplateItem[];
  /** There may be records of distortions, DPja. */
  readonly isDistorted: boolean;
  /** CRPIXja that were left out, though their axis has other keywords; axis from 0. */
  readonly missingReferencePixels: readonly { readonly axis: number; readonly card: (digits: string) => string }[];
  readonly hasLtv: readonly [boolean, boolean];
  /** LTMi_i where they are missing. */
  readonly ltm: CardImages;
  /** Tells what was left out. */
  readonly note: CardImages | undefined;
};

type TemplateItem = StillCards | MovingCard | { readonly kind: "record"; readonly card: Card };
type StillCards = CardBytes & { readonly kind: "still" };

/** A card whose value counts pixels of an axis, from 0. */
type MovingCard = {
  readonly kind: "moving";
  readonly axis: number;
  /** What it is in a cutout from the first pixel on. */
  readonly unmoved: CardBytes;
  readonly moved: (pixels: number) => CardImages;
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
/** The axis, from 1; of CNPIX, which grows with the corner, apart. */
const COUNTS_PIXELS = /^LTV([12])$|^CRPIX(\d{1,3})[A-Z]?$|^CNPIX([12])$/;
/** What makes CRPIXja matter: its default is 0, and that too moves. */
const AXIS_KEYWORD = /^(?:CTYPE|CRVAL|CDELT|CUNIT)(\d{1,3})([A-Z]?)$|^(?:CD|PC)\d+_(\d{1,3})([A-Z]?)$/;

const TEMPLATES = new WeakMap<Header, CutoutHeaderTemplate[]>();
/** Of one header: alone or with others, by shape or whole, with a mask or without. */
const MOST_TEMPLATES = 4;
/** Of 10 000 cards. Larger ones, which no archive has, are not kept: they would take more memory than all else of an image. */
const MOST_BYTES = 10_000 * CARD_BYTES;

/** Made once for a header and these circumstances: a template is kept as long as its header. */
export function cutoutHeaderTemplate(original: Header, key: TemplateOptions): CutoutHeaderTemplate {
  const { extension, bitpix, drop, replaces } = key;
  let templates = TEMPLATES.get(original);
  if (templates === undefined) TEMPLATES.set(original, (templates = []));
  for (const known of templates) {
    if (known.extension !== extension || known.bitpix !== bitpix) continue;
    if (known.drop === drop && known.replaces === replaces) return known;
  }
  const template = makeTemplate(original, key);
  if (byteLengthOf(template) > MOST_BYTES) return template;
  if (templates.length === MOST_TEMPLATES) templates.shift();
  templates.push(template);
  return template;
}

function byteLengthOf({ items }: CutoutHeaderTemplate): number {
  return items.reduce((sum, item) => sum + (item.kind === "still" ? item.raw.length : CARD_BYTES), 0);
}

function makeTemplate(original: Header, key: TemplateOptions): CutoutHeaderTemplate {
  const { extension, bitpix, drop, replaces } = key;
  const dropped = new Set([...(drop ?? []), ...(replaces?.match(/\S+/g) ?? [])]);
  const outputBitpix = bitpix ?? original.getInteger("BITPIX") ?? 8;
  if (outputBitpix < 0) dropped.add("BLANK"); // only integers may have it (section 4.4.2.5)
  const lookups = original.cards.filter(isLookup).map((card) => card.keyword);
  const isKept = ({ keyword }: Card) => {
    if (dropped.has(keyword) || WCSAXES.test(keyword) || STRUCTURE.test(keyword)) return false;
    if (bitpix !== undefined && SCALING.test(keyword)) return false;
    return lookups.length === 0 || (!LOOKUP.test(keyword) && !LOOKUP_RECORDS.test(keyword));
  };
  // WCSAXES has to stand before all other keywords of coordinates (section 8.2), which not all files heed.
  const axesCards = original.cards.filter(({ keyword }) => WCSAXES.test(keyword) && !dropped.has(keyword));
  const copied = trimBlankEnd(original.cards).filter(isKept);
  const isDistorted = lookups.length === 0 && original.cards.some(isRecord);
  const note = `Left out with the tables they need: distortions ${lookups.join(" ")}`;
  return {
    ...{ extension, bitpix, drop, replaces }, // without what else it carries
    start: joinCards([
      extension ? XTENSION : SIMPLE,
      formatCardText("BITPIX", outputBitpix, "bits of a pixel, negative for floating point"),
    ]),
    items: itemsOf([...(extension ? EXTENSION_END : PRIMARY_END), ...axesCards, ...copied], isDistorted),
    isDistorted,
    missingReferencePixels: findMissingReferencePixels(original),
    hasLtv: [original.has("LTV1"), original.has("LTV2")],
    ltm: joinCards(["LTM1_1", "LTM2_2"].filter((name) => !original.has(name)).map((name) => formatCardText(name, ONE))),
    note: lookups.length === 0 ? undefined : joinCards(formatCommentary("HISTORY", note)),
  };
}

const SIMPLE = formatCardText("SIMPLE", true, "conforms to FITS");
const XTENSION = formatCardText("XTENSION", "IMAGE", "image extension");
const PRIMARY_END = [formatCard("EXTEND", true)];
const EXTENSION_END = [formatCard("PCOUNT", 0), formatCard("GCOUNT", 1)];
const ONE = { float: 1 };

/** Runs of cards that stay what they are, and those between that may not. */
function itemsOf(cards: readonly Card[], isDistorted: boolean): TemplateItem[] {
  const items: TemplateItem[] = [];
  let still: Card[] = [];
  const endRun = () => {
    if (still.length > 0) items.push({ kind: "still", ...joinCards(still) });
    still = [];
  };
  for (const card of cards) {
    const moving = movingCardOf(card);
    if (moving === null && !(isDistorted && isRecord(card))) {
      still.push(card);
      continue;
    }
    endRun();
    items.push(moving ?? { kind: "record", card });
  }
  endRun();
  return items;
}

/** null where the value of the card does not move, or is no number. */
function movingCardOf(card: Card): MovingCard | null {
  const { axis, sign } = motionOf(card.keyword);
  if (sign === 0) return null; // without a look at the value, which nobody may have parsed
  const { keyword, value, valueText, comment } = card;
  if (typeof value !== "number" && typeof value !== "bigint") return null;
  const decimal = parseDecimal(valueText);
  const isInteger = !/[.EeDd]/.test(valueText);
  const format = numberCardFormatter(keyword, comment);
  return {
    kind: "moving",
    axis,
    unmoved: joinCards([card]),
    moved(pixels) {
      const text = decimal === undefined ? "" : lessInteger(decimal, sign * pixels);
      const digits = isInteger ? text.slice(0, -2) : text; // without ".0"
      const fitting = digits.slice(0, FIELD_LENGTH); // of more decimals than a card has room for, the first
      if (fitting !== "" && (fitting === digits || fitting.includes("."))) return format(fitting);
      return formatCardText(keyword, { float: Number(value) - sign * pixels }, comment);
    },
  };
}

function isRecord({ keyword }: Card): boolean {
  return keyword.startsWith("DP");
}

function motionOf(keyword: string): { axis: number; sign: -1 | 0 | 1 } {
  const match = COUNTS_PIXELS.exec(keyword);
  if (match === null) return { axis: 0, sign: 0 };
  const axis = match[1] ?? match[2];
  return axis === undefined ? { axis: Number(match[3]) - 1, sign: -1 } : { axis: Number(axis) - 1, sign: 1 };
}

/** CRPIXja that were left out: their default is 0. */
function findMissingReferencePixels(header: Header): CutoutHeaderTemplate["missingReferencePixels"] {
  const missing = new Map<string, number>();
  for (const { keyword } of header.cards) {
    const match = AXIS_KEYWORD.exec(keyword);
    if (match === null) continue;
    const axis = match[1] ?? match[3];
    const name = `CRPIX${axis}${match[2] ?? match[4] ?? ""}`;
    if (!header.has(name)) missing.set(name, Number(axis) - 1);
  }
  return [...missing].map(([name, axis]) => ({ axis, card: numberCardFormatter(name) }));
}

function isLookup(card: Card): boolean {
  return LOOKUP.test(card.keyword) && typeof card.value === "string" && /^LOOKUP/i.test(card.value);
}

/** Without the blank cards that reserve space before END. */
function trimBlankEnd(cards: readonly Card[]): readonly Card[] {
  let end = cards.length;
  while (end > 0 && cards[end - 1]?.keyword === "" && cards[end - 1]?.comment === "") end--;
  return cards.slice(0, end);
}
