import type { Bounds, SodaFacts } from "../ivoa/soda-descriptor.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { Band, Release } from "../surveys/release.ts";

/** What can be cut from one image. */
export function sodaFactsOfImage(dataset: Dataset): SodaFacts {
  const { center, fieldOfViewDegrees, region, band, planes, polarizations } = dataset;
  const { wavelengthMinMetres, wavelengthMaxMetres, timeMinMjd, timeMaxMjd } = dataset;
  return {
    circle: { center, radiusDegrees: fieldOfViewDegrees / 2 },
    region,
    ...boundsOf("wavelengthMetres", wavelengthMinMetres, wavelengthMaxMetres),
    ...boundsOf("timeMjd", timeMinMjd, timeMaxMjd),
    polarizations: polarizations ?? ["I"],
    filters: band === null ? [] : [band],
    planes: Object.keys(planes),
  };
}

/** What can be cut from the images of some releases, as far as releases tell. */
export function sodaFactsOfReleases(releases: readonly Release[]): SodaFacts {
  const bands = releases.flatMap((release) => release.bands);
  return {
    ...boundsOf(
      "wavelengthMetres",
      leastOf(bands, ({ wavelengthMinMetres }) => wavelengthMinMetres),
      leastOf(bands, ({ wavelengthMaxMetres }) => -wavelengthMaxMetres, -1),
    ),
    filters: [...new Set(bands.map(({ name }) => name))],
    planes: [...new Set(releases.flatMap(({ planes }) => planes))],
  };
}

function boundsOf<N extends "wavelengthMetres" | "timeMjd">(name: N, min: number | null, max: number | null) {
  return (min === null || max === null ? {} : { [name]: { min, max } }) as Partial<Record<N, Bounds>>;
}

function leastOf(bands: readonly Band[], of: (band: Band) => number, sign = 1): number | null {
  return bands.length === 0 ? null : sign * Math.min(...bands.map(of));
}
