import type { CutoutRequest } from "../cutout/open-cutout.ts";
import type { Interval } from "../ivoa/dali-values.ts";
import type { SodaParameters } from "../ivoa/soda.ts";

/** What the parameters of a synchronous request ask of `openCutout`. */
export function cutoutRequestOf(parameters: SodaParameters): CutoutRequest {
  const { id, stencil, filters, band, time, polarizations, planes, mask, checksums, missing } = parameters;
  return {
    id,
    stencil,
    bands: filters,
    wavelengthMetres: conditionOf(band),
    timeMjd: conditionOf(time),
    polarizations,
    planes,
    mask,
    checksums,
    missing,
  };
}

/** An interval that is open on both sides asks for nothing; images whose value is not known stay in. */
function conditionOf(interval: Interval | undefined) {
  if (interval === undefined || (interval.low === -Infinity && interval.high === Infinity)) return undefined;
  return { min: interval.low, max: interval.high };
}
