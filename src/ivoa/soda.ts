import { ServiceError } from "../errors.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Interval } from "./dali-values.ts";
import type { Parameters } from "./parameters.ts";
import { SHAPE_PARAMETERS, SODA_PARAMETERS, type SodaParameter } from "./soda-parameters.ts";
import { checkBandUse, type Polarization } from "./soda-values.ts";

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
  /** Empty: all. */
  readonly polarizations: readonly Polarization[];
  /** Band names; empty: all. */
  readonly filters: readonly string[];
  readonly planes: readonly SodaPlane[];
  /** What becomes of pixels whose centre lies outside the shape. */
  readonly mask: "none" | "outside";
  readonly mosaic: "none";
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
const IMAGE_ALONE: readonly SodaPlane[] = ["image"];

/**
 * Reads the parameters of one synchronous cutout (SODA 1.0, section 3), all of them, by `SODA_PARAMETERS`. Several values
 * where one cutout can have one are refused with "multi-valued", never dropped. Unknown parameters are ignored, as DALI
 * 1.1 (section 3.1) allows.
 */
export function parseSodaParameters(parameters: Parameters): SodaParameters {
  const { BAND, TIME, POL, FILTER, PLANE, MASK, MOSAIC, COLOR } = SODA_PARAMETERS;
  const { RESPONSEFORMAT, DISPOSITION, CHECKSUMS, MISSING, RUNID } = SODA_PARAMETERS;

  const bands = readAll(parameters, BAND);
  if (bands.length > 0) checkBandUse(parameters);
  const wavelengths = bands.filter((band) => band.kind === "wavelengths");
  if (wavelengths.length > 1) throw multiValued("BAND", wavelengths.length);
  const names = bands.map((band) => (band.kind === "names" ? band.names : []));
  const planes = distinct(readAll(parameters, PLANE));
  const mask = readOne(parameters, MASK) ?? "none";
  const stencil = readStencil(parameters);
  readOne(parameters, COLOR);
  const read = {
    stencil,
    band: wavelengths[0]?.metres,
    filters: distinct([...readAll(parameters, FILTER), ...names]),
    time: readOne(parameters, TIME),
    polarizations: distinct(readAll(parameters, POL)),
    planes: planes.length === 0 ? IMAGE_ALONE : PLANES.filter((plane) => planes.includes(plane)),
    mask,
    mosaic: readOne(parameters, MOSAIC) ?? "none",
    mediaType: readOne(parameters, RESPONSEFORMAT) ?? "application/fits",
    disposition: readOne(parameters, DISPOSITION) ?? "attachment",
    checksums: readOne(parameters, CHECKSUMS) ?? "when-cheap",
    missing: readOne(parameters, MISSING) ?? "report",
    runId: readOne(parameters, RUNID),
    id: readId(parameters),
  } as const;
  if (mask === "outside" && stencil === undefined) {
    throw new ServiceError("usage", "Cannot use MASK outside: it needs a shape, POS, CIRCLE or POLYGON");
  }
  return read;
}

function readId(parameters: Parameters): string {
  const id = readOne(parameters, SODA_PARAMETERS.ID);
  if (id !== undefined) return id;
  throw new ServiceError("usage", "Cannot cut: ID is missing; it needs a release or the identifier of one image");
}

function readStencil(parameters: Parameters): Stencil | undefined {
  let stencil: Stencil | undefined;
  let count = 0;
  for (const name of SHAPE_PARAMETERS) {
    const stencils = readAll<Stencil>(parameters, SODA_PARAMETERS[name]);
    count += stencils.length;
    stencil ??= stencils[0];
  }
  if (count > 1) throw multiValued("POS, CIRCLE and POLYGON", count);
  return stencil;
}

function readOne<T>(parameters: Parameters, parameter: SodaParameter<T>): T | undefined {
  const values = readAll(parameters, parameter);
  if (values.length > 1) throw multiValued(parameter.name, values.length);
  return values[0];
}

function readAll<T>(parameters: Parameters, { name, synonyms, parse }: SodaParameter<T>): readonly T[] {
  let texts = parameters.all(name);
  for (const synonym of synonyms) {
    const more = parameters.all(synonym);
    if (more.length > 0) texts = [...texts, ...more];
  }
  return texts.length === 0 ? NONE : texts.map((text) => parse(text));
}

/** All words of all lists, each once, in their order. */
function distinct<T>(lists: readonly (readonly T[])[]): readonly T[] {
  return lists.length === 0 ? NONE : [...new Set(lists.flat())];
}

/** Most of the parameters are not given. */
const NONE: readonly never[] = [];

function multiValued(name: string, values: number): ServiceError {
  return new ServiceError(
    "multi-valued",
    `Cannot cut: ${name} ${name.includes(" ") ? "together have" : "has"} ${values} values, and a synchronous cutout takes one`,
  );
}
