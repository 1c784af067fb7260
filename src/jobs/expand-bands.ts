import { ServiceError } from "../errors.ts";
import { parseBand, parseNames } from "../ivoa/soda-values.ts";
import { findBand, type Release } from "../surveys/release.ts";

/** What a job says of bands: names (`gri` may be three), and intervals of wavelength. Both empty: all bands at once. */
export type BandChoice = { readonly filters: readonly string[]; readonly intervals: readonly string[] };

type Entry = readonly [name: string, value: string];

export function readBandChoice(entries: readonly Entry[]): BandChoice {
  const filters: string[] = [];
  const intervals: string[] = [];
  for (const [name, value] of entries) {
    if (name === "FILTER") filters.push(...parseNames(value));
    if (name !== "BAND") continue;
    const band = parseBand(value);
    if (band.kind === "names") filters.push(...band.names);
    else intervals.push(value);
  }
  return { filters, intervals };
}

/** One combination for each band that is named, times one for each interval; "usage" for a band the release has not. */
export function expandBands({ filters, intervals }: BandChoice, release: Release): Entry[][] {
  const names = [...new Set(filters.flatMap((word) => bandsOf(word, release)))];
  const byName = names.length === 0 ? [[]] : names.map((name): Entry[] => [["FILTER", name]]);
  const byInterval = intervals.length === 0 ? [[]] : intervals.map((text): Entry[] => [["BAND", text]]);
  return byName.flatMap((name) => byInterval.map((interval) => [...name, ...interval]));
}

/** A band, or one for each letter. */
function bandsOf(word: string, release: Release): string[] {
  if (findBand(release, word) !== null) return [word];
  const letters = word.length > 40 ? [] : [...word];
  if (letters.length > 0 && letters.every((letter) => findBand(release, letter) !== null)) return letters;
  const known = release.bands.map(({ name }) => name).join(", ");
  const shown = word.length > 40 ? `${word.slice(0, 40)}…` : word;
  throw new ServiceError(
    "usage",
    `Cannot use band ${JSON.stringify(shown)}: release "${release.id}" has ${known} for FILTER; BAND takes wavelengths in metres, or such a name`,
  );
}
