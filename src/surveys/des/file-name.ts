/** `DES0219-1041_r4920p01_g.fits.fz`: tile, processing run and attempt, band. */
export type DesFileName = {
  readonly tile: string;
  /** `r4920` */
  readonly run: string;
  /** `p01` */
  readonly attempt: string;
  readonly band: string;
};

export const TILE_NAME = /^DES\d{4}[+-]\d{4}$/;
const FILE_NAME = /^(?<tile>DES\d{4}[+-]\d{4})_(?<run>r\d+)(?<attempt>p\d+)_(?<band>[grizY])\.fits(?:\.fz)?$/;

export function formatDesFileName(name: DesFileName): string {
  return `${name.tile}_${name.run}${name.attempt}_${name.band}.fits.fz`;
}

/** Null for a name that is not one of a coadded DES image. */
export function parseDesFileName(fileName: string): DesFileName | null {
  const parts = FILE_NAME.exec(fileName)?.groups as DesFileName | undefined;
  return parts === undefined ? null : { ...parts };
}
