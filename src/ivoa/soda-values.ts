import { ServiceError } from "../errors.ts";
import { parseInterval, type Interval } from "./dali-values.ts";
import type { Parameters } from "./parameters.ts";
import { quote } from "./_quote.ts";

/** The states of SODA 1.0, section 3.3.6. */
// prettier-ignore
export const POLARIZATIONS = ["I", "Q", "U", "V", "RR", "LL", "RL", "LR", "XX", "YY", "XY", "YX", "POLI", "POLA"] as const;
export type Polarization = (typeof POLARIZATIONS)[number];

/** Begins with a letter, and is none of the words that stand for numbers. */
const BAND_NAME = /^\s*(?!(?:inf|infinity|nan)(?:\s|$))[a-z]/i;

const FITS_MEDIA_TYPES = ["application/fits", "image/fits"] as const;
const PICTURES = /^(?:png|jpe?g|image\/(?:png|jpe?g))$/;
const MAX_RUN_ID_LENGTH = 64;

/** Wavelengths in metres; or names, which count as FILTER: scripts of the service before this one send `band=g`. */
export type BandValue =
  | { readonly kind: "wavelengths"; readonly metres: Interval }
  | { readonly kind: "names"; readonly names: readonly string[] };

export function parseBand(text: string): BandValue {
  if (BAND_NAME.test(text)) return { kind: "names", names: parseNames(text) };
  return { kind: "wavelengths", metres: parseInterval(text, "BAND", "metres") };
}

/**
 * A name in BAND stands for FILTER; beside a FILTER it might be meant as one more or as a condition more. "usage" for
 * both. Wavelengths go with FILTER: an image must meet both.
 */
export function checkBandUse(parameters: Parameters): void {
  const name = parameters.all("BAND").find((text) => parseBand(text).kind === "names");
  if (name === undefined || parameters.all("FILTER").length === 0) return;
  throw new ServiceError(
    "usage",
    `Cannot use BAND ${quote(name)} together with FILTER: all names of bands belong to FILTER, wavelengths in metres to BAND`,
  );
}

/** Words between blanks and commas. Whether a release has such bands is not known here. */
export function parseNames(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}

/** Reads one of these words, in any case. Those in `notYet` are understood, and refused. */
export function wordParser<const W extends string>(
  name: string,
  words: readonly W[],
  { notYet = [] }: { readonly notYet?: readonly string[] } = {},
): (text: string) => W {
  return (text) => {
    const given = text.trim().toLowerCase();
    const word = words.find((candidate) => candidate === given);
    if (word !== undefined) return word;
    const what = `Cannot use ${name} ${quote(text)}`;
    if (notYet.includes(given))
      throw notThereYet(`${what}: it is not there yet, and ${name} takes only ${quoteAll(words)}`);
    throw new ServiceError("usage", `${what}: it needs ${quoteAll(words)}`);
  };
}

/** Reads some of these words, between blanks and commas. */
export function wordsParser<const W extends string>(
  name: string,
  words: readonly W[],
  writing: "as written" | "in any case",
): (text: string) => W[] {
  return (text) =>
    parseNames(text).map((given) => {
      const wanted = writing === "as written" ? given : given.toLowerCase();
      const word = words.find((candidate) => candidate === wanted);
      if (word !== undefined) return word;
      throw new ServiceError("usage", `Cannot use ${name} ${quote(given)}: it needs ${words.join(", ")}`);
    });
}

/** The media type that the answer carries (DALI 1.1, section 3.4.3); its parameters are passed over. */
export function parseResponseFormat(text: string): (typeof FITS_MEDIA_TYPES)[number] {
  const given = text.split(";")[0].trim().toLowerCase();
  if (given === "fits") return "application/fits";
  const mediaType = FITS_MEDIA_TYPES.find((candidate) => candidate === given);
  if (mediaType !== undefined) return mediaType;
  const has = "this service has fits (application/fits, image/fits)";
  if (PICTURES.test(given)) throw notThereYet(`Cannot deliver ${quote(text)}: pictures are not there yet; ${has}`);
  throw new ServiceError("usage", `Cannot deliver ${quote(text)}: ${has}`);
}

export function parseColour(text: string): false {
  const given = text.trim().toLowerCase();
  if (["true", "1", "yes"].includes(given)) {
    throw notThereYet(
      `Cannot use COLOR ${quote(text)}: pictures in colour are not there yet, and COLOR takes only "false"`,
    );
  }
  if (["false", "0", "no"].includes(given)) return false;
  throw new ServiceError("usage", `Cannot use COLOR ${quote(text)}: it needs true or false`);
}

export function parseRunId(text: string): string {
  if (text.length <= MAX_RUN_ID_LENGTH) return text;
  throw new ServiceError(
    "usage",
    `Cannot use RUNID: it has ${text.length} characters, and may have ${MAX_RUN_ID_LENGTH}`,
  );
}

function quoteAll(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(" or ");
}

function notThereYet(message: string): ServiceError {
  return new ServiceError("usage", message);
}
