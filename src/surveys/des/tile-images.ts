import type { ExpectedImage } from "../ingest-habits.ts";
import type { Plane, Release } from "../release.ts";
import { formatDesFileName } from "./file-name.ts";
import { DES_RELEASE_FACTS } from "./releases.ts";
import { desTileCorners, PIXEL_ARCSEC, TILE_FIELD_OF_VIEW_DEGREES, TILE_PIXELS } from "./tile-outline.ts";
import type { DesTile } from "./tile-table.ts";

/** EXTNAMEs of the planes of a coadded image. */
export const DES_EXTNAMES = { image: "SCI", mask: "MSK", weight: "WGT" } as const satisfies Partial<
  Record<Plane, string>
>;

/** One image a band. Dates and seeing are the release's: a tile's own are in its file alone. */
export function imagesOfTile(tile: DesTile, release: Release): ExpectedImage[] {
  const whole = DES_RELEASE_FACTS[release.id];
  const region = { shape: "polygon", vertices: desTileCorners(tile.center) } as const;
  return release.bands.map((band) => {
    const fileName = formatDesFileName({ tile: tile.name, run: tile.run, attempt: tile.attempt, band: band.name });
    return {
      facts: {
        ...DES_COADD,
        release: release.id,
        collection: release.collection,
        key: `${tile.name}/${band.name}`,
        obsId: tile.name,
        fieldName: tile.name,
        targetName: tile.name,
        band: band.name,
        center: tile.center,
        fieldOfViewDegrees: TILE_FIELD_OF_VIEW_DEGREES,
        region,
        resolutionArcsec: whole?.seeingArcsec[band.name] ?? null,
        pixelScaleArcsec: PIXEL_ARCSEC,
        width: TILE_PIXELS,
        height: TILE_PIXELS,
        timeMinMjd: whole?.firstMjd ?? null,
        timeMaxMjd: whole?.lastMjd ?? null,
        exposureSeconds: null,
        wavelengthMinMetres: band.wavelengthMinMetres,
        wavelengthMaxMetres: band.wavelengthMaxMetres,
      },
      // As the archive lies at NOIRLab and NCSA, and as copies of it are kept with one folder a tile.
      paths: [`${tile.archivePath}/${fileName}`, `${tile.name}/${fileName}`],
      extnames: DES_EXTNAMES,
    };
  });
}

/** The same for all coadded images. */
export const DES_COADD = {
  dataproductType: "image",
  calibLevel: 3, // combined from calibrated exposures (ObsCore 1.1, section 3.3.1.2)
  timeResolutionSeconds: null,
  resolvingPower: null,
  ucd: "phot.count",
  polarizations: null,
  facility: "CTIO Blanco 4m",
  instrument: "DECam",
} as const;
