/** Ends included; a passband is where the throughput is at least half of its maximum. Metres, in vacuum. */
export type Band = {
  /** As the survey writes it, case-sensitive: DES has `Y`, LSST `y`. */
  readonly name: string;
  readonly wavelengthMinMetres: number;
  readonly wavelengthMaxMetres: number;
};

/** What an HDU holds. */
export type Plane = "image" | "mask" | "weight" | "variance";

/** One public state of a survey's data. Everything a client may ask about it without looking at an image. */
export type Release = {
  /** What SODA's ID names: `des_dr2`. */
  readonly id: string;
  readonly title: string;
  /** ObsCore's obs_collection. */
  readonly collection: string;
  /** In order of wavelength. */
  readonly bands: readonly Band[];
  /** Those that an image of this release can have, `image` first. */
  readonly planes: readonly Plane[];
  /** Header keywords that hold for a whole image only, its corners for example: a cutout goes without them. */
  readonly wholeImageKeywords: readonly string[];
  /** The text that the data's owners ask publications to carry. */
  readonly acknowledgement: string;
  /** Where the terms and the description of the release are. */
  readonly referenceUrl: string;
};

export function findBand(release: Release, name: string): Band | null {
  return release.bands.find((band) => band.name === name) ?? null;
}
