import type { LimitName } from "../access/limits/limit-values.ts";
import type { CutoutRequest } from "../cutout/open-cutout.ts";
import { formatStencil } from "../cutout/provenance.ts";
import { ServiceError } from "../errors.ts";
import type { Parameters } from "../ivoa/parameters.ts";
import { scaledStencil } from "../sky/scaled-stencil.ts";
import { raSpanDegrees } from "../sky/sky-range.ts";
import type { Stencil } from "../sky/stencil.ts";
import { centerOfStencil } from "../surveys/stencil-center.ts";
import { storedParametersOf } from "./sync-record.ts";

/** What one request that is too large was, and who can tell whether another would be. */
export type TooLarge = {
  readonly request: CutoutRequest;
  readonly given: Parameters;
  /** Address of the service. */
  readonly publicUrl: string;
  /** Plans the request with another shape and gives it up again. */
  readonly plan: (stencil: Stencil) => Promise<Planned>;
  /** A shape that holds the image, for a request without one; null where there is none. */
  readonly shapeOfImage: () => Promise<Stencil | null>;
  readonly limits: { readonly searchMilliseconds: number };
};

export type Planned = "fits" | "too large" | "empty";

/**
 * The refusal with ways out of it: how large a shape of this kind is answered now, and the same request as a job. Where no
 * shape at all would do, and it is no limit of synchronous cutouts that refused, neither would a job.
 */
export async function withWaysOut(refusal: ServiceError, tooLarge: TooLarge): Promise<ServiceError> {
  // The search may meet a damaged file, or the end of the time.
  const largest = await describeLargest(tooLarge).catch(() => null);
  const isOfSync = OF_SYNC.has(refusal.limit ?? "");
  const asJob = isOfSync || largest !== null ? describeJob(tooLarge) : null;
  const lines = [refusal.message, largest, asJob].filter((line) => line !== null);
  return new ServiceError(refusal.code, lines.join("\n"), { cause: refusal, limit: refusal.limit });
}

const OF_SYNC: ReadonlySet<string> = new Set(["syncPixels", "syncSeconds"] satisfies LimitName[]);

/** The request as a job, ready to be sent. */
export function describeJob({ given, publicUrl }: Pick<TooLarge, "given" | "publicUrl">): string {
  const query = new URLSearchParams(
    storedParametersOf(given).filter(([name]) => name !== "PHASE") as [string, string][],
  );
  query.append("PHASE", "RUN");
  const text = query.toString();
  if (text.length > MAX_QUERY) return `As a job: POST the same parameters, and PHASE=RUN, to ${publicUrl}/async`;
  return `As a job: POST ${publicUrl}/async?${text}`;
}

/** Longer addresses are cut off by proxies. */
const MAX_QUERY = 4000;

async function describeLargest(tooLarge: TooLarge): Promise<string | null> {
  const { stencil } = tooLarge.request;
  const shape = stencil ?? (await tooLarge.shapeOfImage());
  const found = shape === null ? null : await findLargest(shape, tooLarge);
  if (found === null) return null;
  if (found.stencil.shape !== "circle") {
    const pos = formatStencil(found.stencil);
    const size = `${found.factor} of its width and height`;
    return `Largest of this kind about the same centre that fits now: ${pos.length > MAX_POS ? size : `POS=${pos} (${size})`}`;
  }
  const { center, radiusDegrees } = found.stencil;
  if (stencil !== undefined) return `Largest radius about this centre that fits now: ${radiusDegrees} degrees`;
  const circle = `CIRCLE ${center.raDegrees} ${center.decDegrees} ${radiusDegrees}`;
  return `Largest circle about the middle of the image that fits now: POS=${circle} (degrees)`;
}

/** Nobody wants to read more vertices. */
const MAX_POS = 1000;

/** Shapes down to this part of the one asked for are tried, so many of them. */
const SMALLEST = 1e-4;
const TRIES = 11;

/** By halving, on a scale of ratios; what is found has been planned as it is told. null where nothing fits. */
async function findLargest(
  shape: Stencil,
  { plan, limits }: TooLarge,
): Promise<{ readonly stencil: Stencil; readonly factor: number } | null> {
  const began = performance.now();
  const smallest = roundedShape(shape, SMALLEST);
  const planned = await plan(smallest.stencil);
  if (planned === "too large") return null;
  let found = planned === "fits" ? smallest : null;
  let [low, high] = [SMALLEST, 1];
  for (let i = 0; i < TRIES && performance.now() - began < limits.searchMilliseconds; i++) {
    const middle = Math.sqrt(low * high);
    const candidate = roundedShape(shape, middle);
    const planned = await plan(candidate.stencil);
    if (planned === "fits") found = candidate;
    if (planned === "too large") high = middle;
    else low = middle;
  }
  return found;
}

/** The radius, or else the coordinates, in few digits: a client types what it reads. */
function roundedShape(shape: Stencil, factor: number): { readonly stencil: Stencil; readonly factor: number } {
  if (shape.shape !== "circle") {
    const rounded = floorTo3Digits(factor);
    return { stencil: roundedCoordinates(scaledStencil(shape, centerOfStencil(shape), rounded)), factor: rounded };
  }
  const radiusDegrees = floorTo3Digits(shape.radiusDegrees * factor);
  return { stencil: { ...shape, radiusDegrees }, factor };
}

/** To a thousandth of the shape's extent in each coordinate, at most 12 places: what is read back is what was planned. */
function roundedCoordinates(shape: Stencil): Stencil {
  switch (shape.shape) {
    case "circle":
      return shape;
    case "range": {
      const { raMinDegrees, raMaxDegrees, decMinDegrees, decMaxDegrees } = shape;
      const ra = rounderFor(raSpanDegrees(shape));
      const dec = rounderFor(decMaxDegrees - decMinDegrees);
      return {
        shape: "range",
        raMinDegrees: ra(raMinDegrees),
        raMaxDegrees: ra(raMaxDegrees),
        decMinDegrees: dec(decMinDegrees),
        decMaxDegrees: dec(decMaxDegrees),
      };
    }
    case "polygon": {
      const decs = shape.vertices.map(({ decDegrees }) => decDegrees);
      const round = rounderFor(Math.max(...decs) - Math.min(...decs));
      const vertices = shape.vertices.map(({ raDegrees, decDegrees }) => ({
        raDegrees: round(raDegrees) % 360,
        decDegrees: round(decDegrees),
      }));
      return { shape: "polygon", vertices };
    }
    default:
      return shape satisfies never;
  }
}

/** `extent` in degrees. */
function rounderFor(extent: number): (degrees: number) => number {
  const places = extent > 0 ? Math.min(12, Math.max(0, 3 - Math.floor(Math.log10(extent)))) : 12;
  return (degrees) => Number(degrees.toFixed(places));
}

function floorTo3Digits(value: number): number {
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.floor(value / step) * step).toPrecision(3));
}
