import { parseCircle, parseInterval, parsePolygon, parsePos } from "./dali-values.ts";
import {
  parseBand,
  parseColour,
  parseNames,
  parseResponseFormat,
  parseRunId,
  POLARIZATIONS,
  wordParser,
  wordsParser,
} from "./soda-values.ts";

/** One parameter of /sync and /async: what descriptors, documentation and the parser know of it. */
export type SodaParameter<T = unknown> = {
  readonly name: string;
  /** Whose it is: of SODA 1.0 (section 3.3), of DALI 1.1 (section 3.4), or our own. */
  readonly origin: "SODA" | "DALI" | "recorte";
  /** Other names that scripts send for it; their values count as its own. */
  readonly synonyms: readonly string[];
  /** One line, without a full stop. */
  readonly description: string;
  readonly ucd: string;
  /** As VOUnits writes it; empty: none. */
  readonly unit: string;
  /** Of VOTable. */
  readonly datatype: "char" | "double" | "boolean";
  /** Empty: a single value. */
  readonly arraysize: string;
  /** Of DALI 1.1, section 3.3; empty: none. */
  readonly xtype: string;
  /**
   * What several values mean. "one": they are refused. "joined": all of them together are one filter. "combined": each
   * makes results of its own, with each value of the others (POS, CIRCLE and POLYGON being one parameter here).
   */
  readonly sync: "one" | "joined";
  readonly async: "one" | "joined" | "combined";
  /** The values it takes, the default first where it has one. Empty: any that can be read; FILTER's depend on the release. */
  readonly words: readonly SodaWord[];
  /** A value that is good by itself. */
  readonly example: string;
  /** One value. Throws "usage". */
  readonly parse: (text: string) => T;
};

export type SodaWord = { readonly value: string; readonly description: string };

const TEXT = { unit: "", datatype: "char", arraysize: "*", xtype: "", synonyms: [], words: [] } as const;
const INTERVAL = { datatype: "double", arraysize: "2", xtype: "interval", synonyms: [], words: [] } as const;

const MASK_WORDS = [
  { value: "none", description: "the whole rectangle of pixels round the shape" },
  { value: "outside", description: "pixels whose centre lies outside the shape have no value" },
] as const;
const PLANE_WORDS = [
  { value: "image", description: "the image itself" },
  { value: "mask", description: "flags of each pixel" },
  { value: "weight", description: "inverse variance, or what the survey has of this kind" },
] as const;
const MOSAIC_WORDS = [{ value: "none", description: "each image at its own pixels, as an HDU of its own" }] as const;
const CHECKSUM_WORDS = [
  { value: "when-cheap", description: "CHECKSUM and DATASUM in small files; large ones begin at once" },
  { value: "always", description: "in all files; large ones begin later" },
] as const;
const MISSING_WORDS = [
  { value: "report", description: "what is there is delivered, and the header names what is not" },
  { value: "fail", description: "the request fails" },
] as const;
const DISPOSITION_WORDS = [
  { value: "attachment", description: "a browser saves the file" },
  { value: "inline", description: "a browser shows it" },
] as const;
const FORMAT_WORDS = [
  { value: "application/fits", description: "FITS; fits for short" },
  { value: "image/fits", description: "the same file under its other name" },
] as const;

/** All that is read, in the order in which it is told. Names, UCDs and units of SODA's own: SODA 1.0, section 3.3. */
export const SODA_PARAMETERS = {
  ID: parameter({
    ...TEXT,
    name: "ID",
    origin: "SODA",
    description: "A release, whose images are found by position, or the publisher DID of one image",
    ucd: "meta.ref.url;meta.curation",
    sync: "one",
    async: "combined",
    example: "des_dr2",
    parse: (text) => text.trim(),
  }),
  POS: parameter({
    ...TEXT,
    name: "POS",
    origin: "SODA",
    description:
      "The shape to cut: CIRCLE ra dec radius, RANGE ra1 ra2 dec1 dec2 or POLYGON ra1 dec1 ra2 dec2 ra3 dec3 …; ICRS degrees",
    ucd: "pos.outline;obs",
    sync: "one",
    async: "combined",
    example: "CIRCLE 36.309 -10.187 0.008",
    parse: parsePos,
  }),
  CIRCLE: parameter({
    name: "CIRCLE",
    origin: "SODA",
    synonyms: [],
    words: [],
    description: "The shape to cut: ra, dec and radius of a circle; ICRS",
    ucd: "pos.outline;obs",
    unit: "deg",
    datatype: "double",
    arraysize: "3",
    xtype: "circle",
    sync: "one",
    async: "combined",
    example: "36.309 -10.187 0.008",
    parse: parseCircle,
  }),
  POLYGON: parameter({
    name: "POLYGON",
    origin: "SODA",
    synonyms: [],
    words: [],
    description: "The shape to cut: ra and dec of each vertex, at least three, in either order; ICRS",
    ucd: "pos.outline;obs",
    unit: "deg",
    datatype: "double",
    arraysize: "*",
    xtype: "polygon",
    sync: "one",
    async: "combined",
    example: "36.30 -10.19 36.32 -10.19 36.31 -10.17",
    parse: parsePolygon,
  }),
  BAND: parameter({
    ...INTERVAL,
    name: "BAND",
    origin: "SODA",
    description:
      "Wavelengths in vacuum, ends included, -Inf and +Inf for open ends: images whose passband overlaps, and which meet " +
      "FILTER too where both are given; without FILTER also names of bands, as FILTER takes them",
    ucd: "em.wl;stat.interval",
    unit: "m",
    sync: "one",
    async: "combined",
    example: "4e-7 5.5e-7",
    parse: parseBand,
  }),
  TIME: parameter({
    ...INTERVAL,
    name: "TIME",
    origin: "SODA",
    description: "MJD in UTC, ends included, -Inf and +Inf for open ends: images whose exposures overlap",
    ucd: "time.interval;obs.exposure",
    unit: "d",
    sync: "one",
    async: "combined",
    example: "56500 58500",
    parse: (text) => parseInterval(text, "TIME", "days (MJD)"),
  }),
  POL: parameter({
    ...TEXT,
    name: "POL",
    origin: "SODA",
    description: "Polarization states; an image that records none counts as total intensity, I",
    ucd: "meta.code;phys.polarization",
    sync: "joined",
    async: "joined",
    words: POLARIZATIONS.map((value) => ({ value, description: "" })),
    example: "I",
    parse: wordsParser("POL", POLARIZATIONS, "as written"),
  }),
  FILTER: parameter({
    ...TEXT,
    name: "FILTER",
    origin: "recorte",
    description: "Bands by the survey's own names, as it writes them, also several in one word: g, gri, g,r,i",
    ucd: "meta.id;instr.filter",
    sync: "joined",
    async: "combined",
    example: "g",
    parse: parseNames,
  }),
  PLANE: parameter({
    ...TEXT,
    name: "PLANE",
    origin: "recorte",
    description: "What the pixels hold; each plane becomes an HDU",
    ucd: "meta.code",
    sync: "joined",
    async: "joined",
    words: PLANE_WORDS,
    example: "image",
    parse: wordsParser("PLANE", valuesOf(PLANE_WORDS), "in any case"),
  }),
  MASK: parameter({
    ...TEXT,
    name: "MASK",
    origin: "recorte",
    description: "Whether the pixels of the rectangle that lie outside the shape are kept",
    ucd: "meta.code",
    sync: "one",
    async: "one",
    words: MASK_WORDS,
    example: "outside",
    parse: wordParser("MASK", valuesOf(MASK_WORDS)),
  }),
  MOSAIC: parameter({
    ...TEXT,
    name: "MOSAIC",
    origin: "recorte",
    description: "What is made of several images of one band",
    ucd: "meta.code",
    sync: "one",
    async: "one",
    words: MOSAIC_WORDS,
    example: "none",
    parse: wordParser("MOSAIC", valuesOf(MOSAIC_WORDS), { notYet: ["auto"] }),
  }),
  RESPONSEFORMAT: parameter({
    ...TEXT,
    name: "RESPONSEFORMAT",
    origin: "DALI",
    synonyms: ["FORMAT"],
    description: "Media type of the file, or its short name",
    ucd: "meta.code.mime",
    sync: "one",
    async: "one",
    words: FORMAT_WORDS,
    example: "application/fits",
    parse: parseResponseFormat,
  }),
  COLOR: parameter({
    name: "COLOR",
    origin: "recorte",
    synonyms: [],
    words: [],
    description: "Whether one picture in colour is made of the bands",
    ucd: "meta.code",
    unit: "",
    datatype: "boolean",
    arraysize: "",
    xtype: "",
    sync: "one",
    async: "one",
    example: "false",
    parse: parseColour,
  }),
  CHECKSUMS: parameter({
    ...TEXT,
    name: "CHECKSUMS",
    origin: "recorte",
    description: "Which files carry checksums",
    ucd: "meta.code",
    sync: "one",
    async: "one",
    words: CHECKSUM_WORDS,
    example: "always",
    parse: wordParser("CHECKSUMS", valuesOf(CHECKSUM_WORDS)),
  }),
  MISSING: parameter({
    ...TEXT,
    name: "MISSING",
    origin: "recorte",
    description: "What happens where the file of an image on record is not there",
    ucd: "meta.code",
    sync: "one",
    async: "one",
    words: MISSING_WORDS,
    example: "fail",
    parse: wordParser("MISSING", valuesOf(MISSING_WORDS)),
  }),
  DISPOSITION: parameter({
    ...TEXT,
    name: "DISPOSITION",
    origin: "recorte",
    description: "What a browser does with the file",
    ucd: "meta.code",
    sync: "one",
    async: "one",
    words: DISPOSITION_WORDS,
    example: "inline",
    parse: wordParser("DISPOSITION", valuesOf(DISPOSITION_WORDS)),
  }),
  RUNID: parameter({
    ...TEXT,
    name: "RUNID",
    origin: "DALI",
    description: "The client's own name of the request, at most 64 characters; kept in the log and the history",
    ucd: "meta.id",
    sync: "one",
    async: "one",
    example: "night-12",
    parse: parseRunId,
  }),
} as const;

export type SodaParameterName = keyof typeof SODA_PARAMETERS;

/** POS, CIRCLE and POLYGON are one parameter in three spellings. */
export const SHAPE_PARAMETERS = ["POS", "CIRCLE", "POLYGON"] as const satisfies readonly SodaParameterName[];

/** What scripts of the service before this one send, and /sync passes over. RGB_BANDS goes with COLOR=true. */
export const IGNORED_PARAMETERS = ["RGB_BANDS", "ENGINE", "PERSIST", "PHASE"] as const;

function parameter<T>(parameter: SodaParameter<T>): SodaParameter<T> {
  return parameter;
}

function valuesOf<const W extends string>(words: readonly { readonly value: W }[]): W[] {
  return words.map(({ value }) => value);
}
