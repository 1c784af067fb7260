import { ServiceError } from "../errors.ts";
import type { Header } from "../fits/header.ts";
import { parseIrafSurface, surfaceGradient } from "./distortion-iraf-surface.ts";
import type { IrafSurface } from "./distortion-iraf-surface.ts";
import { invertByNewton, senseAt } from "./distortion-newton.ts";
import type { Jet } from "./distortion-newton.ts";
import type { Distortion } from "./distortion.ts";
import type { CelestialAxes } from "./tpv.ts";

/** Characters of a string that fit on one card; IRAF fills each card but the last. */
const CARD_STRING_LENGTH = 68;
const MAX_CARDS = 999;
/** Degrees. */
const TOLERANCE = 1e-15;

export type IrafProjection = {
  /** Corrections in degrees: ξ' = ξ + lngcor(ξ, η), η' = η + latcor(ξ, η); null where the header has none. */
  readonly distortion: Distortion | null;
  /** ZPX: coefficients of the ZPN polynomial by index (projp0, projp1 …), 0 where not given; empty without any. */
  readonly projectionParameters: readonly number[];
};

/** What the WATj_nnn cards of an image in TNX or ZPX say (Valdes, IRAF "The TNX world coordinate system"). */
export function parseTnx(header: Header, { longitudeAxis, latitudeAxis }: CelestialAxes): IrafProjection {
  const longitude = watAttributes(header, longitudeAxis);
  const latitude = watAttributes(header, latitudeAxis);
  const lngcor = surfaceOf(longitude.get("lngcor"));
  const latcor = surfaceOf(latitude.get("latcor"));
  const projectionParameters: number[] = [];
  for (const [name, value] of [...longitude, ...latitude]) {
    const index = /^projp(\d)$/.exec(name)?.[1];
    if (index === undefined) continue;
    const number = Number(value);
    if (!Number.isFinite(number))
      throw new ServiceError("corrupt-data", `Cannot use ${name} = "${value}": it needs to be a number`);
    while (projectionParameters.length <= Number(index)) projectionParameters.push(0);
    projectionParameters[Number(index)] = number;
  }
  return { distortion: lngcor === null && latcor === null ? null : createTnx(lngcor, latcor), projectionParameters };
}

function surfaceOf(text: string | undefined): IrafSurface | null {
  return text === undefined || text.trim() === "" ? null : parseIrafSurface(text);
}

function createTnx(lngcor: IrafSurface | null, latcor: IrafSurface | null): Distortion {
  function jetAt(x: number, y: number): Jet {
    const a = lngcor === null ? [0, 0, 0] : surfaceGradient(lngcor, x, y);
    const b = latcor === null ? [0, 0, 0] : surfaceGradient(latcor, x, y);
    const [da, dax, day] = a as [number, number, number];
    const [db, dbx, dby] = b as [number, number, number];
    return [x + da, y + db, 1 + dax, day, dbx, 1 + dby];
  }
  const sense = senseAt(jetAt(0, 0));
  return {
    apply: (x, y) => {
      const jet = jetAt(x, y);
      return [jet[0], jet[1]];
    },
    invert: (x, y) => invertByNewton(jetAt, { target: [x, y], start: [x, y], tolerance: TOLERANCE, sense }),
  };
}

/** The `name=value` and `name = "value"` pairs of an axis, names in lower case. */
function watAttributes(header: Header, axis: number): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const match of watText(header, axis).matchAll(/\b([a-zA-Z]\w*)\s*=\s*(?:"([^"]*)"?|(\S+))/g)) {
    attributes.set(match[1].toLowerCase(), match[2] ?? match[3] ?? "");
  }
  return attributes;
}

/** The cards of an axis joined. Blanks at the end of a full card belong to the text, but FITS drops them: put them back. */
function watText(header: Header, axis: number): string {
  const pieces: string[] = [];
  for (let n = 1; n <= MAX_CARDS; n++) {
    const piece = header.getString(`WAT${axis}_${String(n).padStart(3, "0")}`);
    if (piece === undefined) break;
    pieces.push(piece.padEnd(CARD_STRING_LENGTH));
  }
  return pieces.join("");
}
