import { ServiceError } from "../errors.ts";
import type { Stencil } from "../sky/stencil.ts";
import { parseInterval, parsePos } from "./dali-values.ts";
import type { Parameters } from "./parameters.ts";
import { textParam, type Bounds } from "./soda-descriptor.ts";
import { parseNames, parseRunId, POLARIZATIONS, wordsParser } from "./soda-values.ts";
import type { ServiceResource, VoParam } from "./votable.ts";
import { quote } from "./_quote.ts";

export const SIA_STANDARD_ID = "ivo://ivoa.net/std/SIA#query-2.0";

/** One parameter of SIA 2.0's {query} (section 2.1): of several values any may hold, of several parameters all must. */
type SiaParameter<T = unknown> = {
  readonly name: string;
  readonly description: string;
  readonly ucd: string;
  readonly unit?: string;
  readonly kind: "text" | "interval" | "integer";
  readonly words?: readonly string[];
  /** One value. Throws "usage". */
  readonly parse: (text: string) => T;
};

const verbatim = (text: string): string => text;

const CONDITIONS = {
  stencils: parameter({
    name: "POS",
    description: "Images that meet CIRCLE ra dec radius, RANGE ra1 ra2 dec1 dec2 or POLYGON ra1 dec1 …; ICRS degrees",
    ucd: "pos.outline;obs",
    kind: "text",
    parse: parsePos,
  }),
  wavelengthMetres: interval("BAND", "Wavelengths in vacuum that the passband overlaps", "em.wl;stat.interval", "m"),
  timeMjd: interval("TIME", "Times, MJD in UTC, that the exposures overlap", "time.interval;obs.exposure", "d"),
  polarizations: parameter({
    name: "POL",
    description: "Polarization states",
    ucd: "meta.code;phys.polarization",
    kind: "text",
    words: POLARIZATIONS,
    parse: wordsParser("POL", POLARIZATIONS, "as written"),
  }),
  fieldOfViewDegrees: interval("FOV", "Diameters of the field of view", "phys.angSize;instr.fov", "deg"),
  resolutionArcsec: interval("SPATRES", "Full widths of the point spread function", "pos.angResolution", "arcsec"),
  resolvingPower: interval("SPECRP", "Spectral resolving powers", "spect.resolution"),
  exposureSeconds: interval("EXPTIME", "Exposure times", "time.duration;obs.exposure", "s"),
  timeResolutionSeconds: interval("TIMERES", "Resolutions in time", "time.resolution", "s"),
  dids: string("ID", "Publisher DIDs of images", "meta.ref.ivoid"),
  collections: string("COLLECTION", "Names of collections, as obs_collection has them", "meta.id"),
  facilities: string("FACILITY", "Names of telescopes, as facility_name has them", "meta.id;instr.tel"),
  instruments: string("INSTRUMENT", "Names of instruments, as instrument_name has them", "meta.id;instr"),
  productTypes: parameter({
    name: "DPTYPE",
    description: "Kinds of data",
    ucd: "meta.code.class",
    kind: "text",
    words: ["image", "cube"],
    parse: parseProductType,
  }),
  calibLevels: parameter({
    name: "CALIB",
    description: "Levels of calibration: 0 raw to 4 the outcome of analysis",
    ucd: "meta.code;obs.calib",
    kind: "integer",
    parse: (text) => parseInteger(text, "CALIB"),
  }),
  targets: string("TARGET", "Names of targets, as target_name has them", "meta.id;src"),
  formats: string("FORMAT", "Media types, as access_format has them", "meta.code.mime"),
  filters: parameter({
    name: "FILTER",
    description: "Bands by the survey's own names, also several in one word: g, gri, g,r,i",
    ucd: "meta.id;instr.filter",
    kind: "text",
    parse: parseNames,
  }),
} as const;

export type SiaParameters = {
  readonly stencils: readonly Stencil[];
  readonly wavelengthMetres: readonly Bounds[];
  /** MJD, UTC */
  readonly timeMjd: readonly Bounds[];
  readonly polarizations: readonly string[];
  readonly fieldOfViewDegrees: readonly Bounds[];
  readonly resolutionArcsec: readonly Bounds[];
  readonly resolvingPower: readonly Bounds[];
  readonly exposureSeconds: readonly Bounds[];
  readonly timeResolutionSeconds: readonly Bounds[];
  readonly dids: readonly string[];
  readonly collections: readonly string[];
  readonly facilities: readonly string[];
  readonly instruments: readonly string[];
  readonly productTypes: readonly string[];
  readonly calibLevels: readonly number[];
  readonly targets: readonly string[];
  readonly formats: readonly string[];
  /** As given; whether they are one band or several, releases know. */
  readonly filters: readonly string[];
  /** Rows that are wanted at most; undefined: as many as the service likes. */
  readonly maxRecords: number | undefined;
  readonly runId: string | undefined;
};

/** Reads a query. An empty list asks for nothing. `maxValues`: of one parameter; "over-limit" beyond. */
export function parseSiaParameters(parameters: Parameters, limits: { readonly maxValues: number }): SiaParameters {
  const all = <T>({ name, parse }: SiaParameter<T>): T[] => {
    const texts = parameters.all(name);
    if (texts.length <= limits.maxValues) return texts.map((text) => parse(text));
    throw new ServiceError(
      "over-limit",
      `Cannot search: ${name} has ${texts.length} values, and may have ${limits.maxValues}`,
    );
  };
  const maxRecords = parameters.single("MAXREC");
  const runId = parameters.single("RUNID");
  return {
    stencils: all(CONDITIONS.stencils),
    wavelengthMetres: all(CONDITIONS.wavelengthMetres),
    timeMjd: all(CONDITIONS.timeMjd),
    polarizations: all(CONDITIONS.polarizations).flat(),
    fieldOfViewDegrees: all(CONDITIONS.fieldOfViewDegrees),
    resolutionArcsec: all(CONDITIONS.resolutionArcsec),
    resolvingPower: all(CONDITIONS.resolvingPower),
    exposureSeconds: all(CONDITIONS.exposureSeconds),
    timeResolutionSeconds: all(CONDITIONS.timeResolutionSeconds),
    dids: all(CONDITIONS.dids),
    collections: all(CONDITIONS.collections),
    facilities: all(CONDITIONS.facilities),
    instruments: all(CONDITIONS.instruments),
    productTypes: all(CONDITIONS.productTypes),
    calibLevels: all(CONDITIONS.calibLevels),
    targets: all(CONDITIONS.targets),
    formats: all(CONDITIONS.formats),
    filters: all(CONDITIONS.filters).flat(),
    maxRecords: maxRecords === undefined ? undefined : parseCount(maxRecords, "MAXREC"),
    runId: runId === undefined ? undefined : parseRunId(runId),
  };
}

/** How to ask {query}, in its own answers. `words`: values that the data have, by parameter. */
export function describeSiaService(
  accessUrl: string,
  words: Readonly<Record<string, readonly string[]>>,
  limits: { readonly maxRecords: number },
): ServiceResource {
  const conditions = Object.values<SiaParameter>(CONDITIONS).map((condition) =>
    describeCondition(condition, words[condition.name] ?? condition.words ?? []),
  );
  return {
    utype: "adhoc:this",
    description: "Images by position, wavelength, time and what else is known of them",
    params: [textParam("accessURL", accessUrl, "meta.ref.url"), textParam("standardID", SIA_STANDARD_ID)],
    inputs: [
      ...conditions,
      {
        name: "MAXREC",
        datatype: "int",
        ucd: "meta.number",
        description: "Rows that are wanted at most; 0 for none, to see what there would be",
        values: { min: 0, max: limits.maxRecords },
        value: "",
      },
      { ...textParam("RESPONSEFORMAT", "", "meta.code.mime"), values: { options: [{ value: "votable" }] } },
    ],
  };
}

function describeCondition({ name, description, ucd, unit, kind }: SiaParameter, words: readonly string[]): VoParam {
  const common = { name, ucd, description, value: "", ...(unit === undefined ? {} : { unit }) };
  if (kind === "integer") return { ...common, datatype: "int" };
  if (kind === "interval") return { ...common, datatype: "double", arraysize: "2", xtype: "interval" };
  const values = words.length === 0 ? {} : { values: { options: words.map((value) => ({ value })) } };
  return { ...common, datatype: "char", arraysize: "*", ...values };
}

function parameter<T>(parameter: SiaParameter<T>): SiaParameter<T> {
  return parameter;
}

/** Compared letter by letter with what the column has. */
function string(name: string, description: string, ucd: string): SiaParameter<string> {
  return { name, description, ucd, kind: "text", parse: verbatim };
}

function interval(name: string, description: string, ucd: string, unit?: string): SiaParameter<Bounds> {
  const parse = (text: string) => parseBounds(text, name, unit ?? "no unit");
  return { name, description, ucd, kind: "interval", parse, ...(unit === undefined ? {} : { unit }) };
}

/** As SODA has them, and one number, which stands for an interval of its own (SIA 2.0, section 2.1.2). */
function parseBounds(text: string, name: string, unit: string): Bounds {
  const isScalar = /^\s*\S+\s*$/.test(text);
  const { low, high } = parseInterval(isScalar ? `${text} ${text}` : text, name, unit);
  return { min: low, max: high };
}

function parseProductType(text: string): string {
  if (text === "image" || text === "cube") return text;
  throw new ServiceError("usage", `Cannot use DPTYPE ${quote(text)}: it needs image or cube`);
}

function parseInteger(text: string, name: string): number {
  if (/^\s*[+-]?\d{1,9}\s*$/.test(text)) return Number(text);
  throw new ServiceError("usage", `Cannot use ${name} ${quote(text)}: it needs an integer`);
}

function parseCount(text: string, name: string): number {
  const count = parseInteger(text, name);
  if (count >= 0) return count;
  throw new ServiceError("usage", `Cannot use ${name} ${quote(text)}: it needs 0 or more`);
}
