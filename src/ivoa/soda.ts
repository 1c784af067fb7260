import { ServiceError } from "../errors.ts";
import type { Stencil } from "../sky/stencil.ts";
import { parseCircle, parseInterval, parsePolygon, parsePos, type Interval } from "./dali-values.ts";
import type { Parameters } from "./parameters.ts";

/** One request of SODA's sync resource, read and checked; whether the ID exists is not known yet. */
export type SodaParameters = {
  /** A release (`des_dr2`) or a publisher DID, as it came. */
  readonly id: string;
  /** undefined: the whole of every image. */
  readonly stencil: Stencil | undefined;
  /** Wavelengths in metres. */
  readonly band: Interval | undefined;
  /** MJD, UTC. */
  readonly time: Interval | undefined;
  /** Band names; empty: all. */
  readonly filters: readonly string[];
  readonly planes: readonly SodaPlane[];
  /** The media type that was asked for, which the answer carries. */
  readonly mediaType: string;
  /** Shown in a browser, or saved by it. */
  readonly disposition: "inline" | "attachment";
  /** Checksums in large files too, which then begin later. */
  readonly checksums: "when-cheap" | "always";
  /** What is to happen where the file of an image is not there. */
  readonly missing: "report" | "fail";
  readonly runId: string | undefined;
};

export type SodaPlane = "image" | "mask" | "weight";
const PLANES: readonly SodaPlane[] = ["image", "mask", "weight"];

const FITS_MEDIA_TYPES = ["application/fits", "image/fits"];
const MAX_RUN_ID_LENGTH = 64;

/**
 * Reads the parameters of one synchronous cutout (SODA 1.0, section 3). Several values where one cutout can have one
 * are refused with "multi-valued", never dropped. Unknown parameters are ignored, as DALI 1.1 (section 3.1) allows.
 */
export function parseSodaParameters(parameters: Parameters): SodaParameters {
  const id = one(parameters, "ID");
  if (id === undefined) {
    throw new ServiceError("usage", "Cannot cut: ID is missing; it needs a release or the identifier of one image");
  }
  const { band, filters } = parseBand(parameters);
  const runId = parameters.single("RUNID");
  if (runId !== undefined && runId.length > MAX_RUN_ID_LENGTH) {
    throw new ServiceError(
      "usage",
      `Cannot use RUNID: it has ${runId.length} characters, and may have ${MAX_RUN_ID_LENGTH}`,
    );
  }
  const time = one(parameters, "TIME");
  return {
    id,
    stencil: parseStencil(parameters),
    band,
    filters,
    time: time === undefined ? undefined : parseInterval(time, "TIME", "days (MJD)"),
    planes: parsePlanes(parameters),
    mediaType: parseResponseFormat(parameters),
    disposition: parseWord(parameters, "DISPOSITION", ["attachment", "inline"]),
    checksums: parseWord(parameters, "CHECKSUMS", ["when-cheap", "always"]),
    missing: parseWord(parameters, "MISSING", ["report", "fail"]),
    runId,
  };
}

/** POS, CIRCLE and POLYGON are one parameter in three spellings. */
function parseStencil(parameters: Parameters): Stencil | undefined {
  const stencils = [
    ...parameters.all("POS").map((text) => parsePos(text)),
    ...parameters.all("CIRCLE").map((text) => parseCircle(text)),
    ...parameters.all("POLYGON").map((text) => parsePolygon(text)),
  ];
  if (stencils.length > 1) throw multiValued("POS, CIRCLE and POLYGON", stencils.length);
  return stencils[0];
}

/**
 * BAND in metres, and FILTER by name. Scripts of the service before this one send `band=g`: a BAND that begins with a
 * letter and is no infinity is taken as FILTER.
 */
function parseBand(parameters: Parameters): { band: Interval | undefined; filters: string[] } {
  const filters = parameters.all("FILTER");
  const intervals: string[] = [];
  for (const value of parameters.all("BAND")) {
    const isName = /^[a-z]/i.test(value.trim()) && !/^inf/i.test(value.trim());
    (isName ? filters : intervals).push(value);
  }
  if (intervals.length > 1) throw multiValued("BAND", intervals.length);
  const band = intervals.length === 0 ? undefined : parseInterval(intervals[0], "BAND", "metres");
  return { band, filters: [...new Set(filters.flatMap((text) => text.trim().split(/[\s,]+/)))] };
}

function parsePlanes(parameters: Parameters): SodaPlane[] {
  const names = parameters.all("PLANE").flatMap((text) =>
    text
      .trim()
      .toLowerCase()
      .split(/[\s,]+/),
  );
  if (names.length === 0) return ["image"];
  for (const name of names) {
    if (!(PLANES as readonly string[]).includes(name)) {
      throw new ServiceError("usage", `Cannot use PLANE "${name}": it needs ${PLANES.join(", ")}`);
    }
  }
  return PLANES.filter((plane) => names.includes(plane));
}

/** RESPONSEFORMAT, or FORMAT of the service before this one (DALI 1.1, section 3.4.3). */
function parseResponseFormat(parameters: Parameters): string {
  const format = parameters.single("RESPONSEFORMAT") ?? parameters.single("FORMAT") ?? "fits";
  const mediaType = format.split(";")[0].trim().toLowerCase();
  if (mediaType === "fits") return "application/fits";
  if (FITS_MEDIA_TYPES.includes(mediaType)) return mediaType;
  throw new ServiceError(
    "usage",
    `Cannot deliver ${JSON.stringify(format)}: this service has fits (application/fits, image/fits)`,
  );
}

/** One of these words, in any case; the first where the parameter is not given. */
function parseWord<const W extends string>(parameters: Parameters, name: string, words: readonly [W, ...W[]]): W {
  const value = parameters.single(name)?.trim().toLowerCase();
  if (value === undefined) return words[0];
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  throw new ServiceError("usage", `Cannot use ${name} ${JSON.stringify(value)}: it needs ${words.join(" or ")}`);
}

function one(parameters: Parameters, name: string): string | undefined {
  const values = parameters.all(name);
  if (values.length > 1) throw multiValued(name, values.length);
  return values[0]?.trim();
}

function multiValued(name: string, values: number): ServiceError {
  return new ServiceError(
    "multi-valued",
    `Cannot cut: ${name} has ${values} values, and a synchronous cutout takes one`,
  );
}
