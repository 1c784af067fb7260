import type { Band, Release } from "../release.ts";

/** Half-maximum ranges of the DECam passbands with the atmosphere at airmass 1.2 (Abbott et al. 2018, ApJS 239, 18). */
export const DECAM_BANDS: readonly Band[] = [
  { name: "g", wavelengthMinMetres: 417.6e-9, wavelengthMaxMetres: 547.5e-9 },
  { name: "r", wavelengthMinMetres: 567.1e-9, wavelengthMaxMetres: 715.6e-9 },
  { name: "i", wavelengthMinMetres: 708.0e-9, wavelengthMaxMetres: 856.2e-9 },
  { name: "z", wavelengthMinMetres: 849.4e-9, wavelengthMaxMetres: 996.5e-9 },
  { name: "Y", wavelengthMinMetres: 950.8e-9, wavelengthMaxMetres: 1016.9e-9 },
];

/** Centre, corners and extent of a coadd tile. */
export const DES_TILE_KEYWORDS: readonly string[] = [
  ...["RA_CENT", "DEC_CENT", "RACMIN", "RACMAX", "DECCMIN", "DECCMAX", "CROSSRA0"],
  ...[1, 2, 3, 4].flatMap((corner) => [`RAC${corner}`, `DECC${corner}`]),
];

const ACKNOWLEDGEMENT =
  "Uses public archival data of the Dark Energy Survey (DES). " +
  "The wording that DES asks publications to carry is at https://des.ncsa.illinois.edu/thanks";

export const DES_DR2: Release = {
  id: "des_dr2",
  title: "Dark Energy Survey, data release 2: coadded images",
  collection: "DES DR2",
  bands: DECAM_BANDS,
  planes: ["image", "mask", "weight"],
  wholeImageKeywords: DES_TILE_KEYWORDS,
  acknowledgement: ACKNOWLEDGEMENT,
  referenceUrl: "https://des.ncsa.illinois.edu/releases/dr2",
};

/** The few real pixels that the repository ships: cutouts of one coadded tile of an earlier processing. */
export const DES_SAMPLE: Release = {
  id: "des_sample",
  title: "Dark Energy Survey: sample cutouts of tile DES0356-5248",
  collection: "DES sample",
  bands: DECAM_BANDS,
  planes: ["image", "mask", "weight"],
  wholeImageKeywords: DES_TILE_KEYWORDS,
  acknowledgement: ACKNOWLEDGEMENT,
  referenceUrl: "https://des.ncsa.illinois.edu/",
};

/** What is true of a release as a whole, where an image does not tell. */
export type DesReleaseFacts = {
  /** Every exposure was taken in between: whole months. */
  readonly firstMjd: number;
  readonly lastMjd: number;
  /** Median FWHM of the point spread function by band. */
  readonly seeingArcsec: Readonly<Record<string, number>>;
};

export const DES_RELEASE_FACTS: Readonly<Record<string, DesReleaseFacts>> = {
  // August 2013 to January 2019; seeing from the abstract of Abbott et al. 2021, ApJS 255, 20.
  des_dr2: { firstMjd: 56505, lastMjd: 58515, seeingArcsec: { g: 1.11, r: 0.95, i: 0.88, z: 0.83, Y: 0.9 } },
  // Three seasons, August 2013 to February 2016.
  des_sample: { firstMjd: 56505, lastMjd: 57448, seeingArcsec: {} },
};
