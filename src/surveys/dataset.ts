import type { IcrsPosition } from "../sky/position.ts";
import type { Region } from "../sky/region.ts";
import type { Plane } from "./release.ts";

/**
 * One published image with all that ObsCore 1.1 (tables 6 and 7) says of it; null where the value is not known.
 * Comments name the ObsCore column where ours is called otherwise. access_url and access_format depend on the service.
 */
export type Dataset = {
  /** obs_publisher_did: `ivo://<authority>/des_dr2?DES0219-1041/g`. Opaque: compare it as a whole. */
  readonly publisherDid: string;
  /** Release id. */
  readonly release: string;
  /** The survey's own name of the place: a DES tile, an LSST tract and patch. */
  readonly fieldName: string | null;
  /** Band name of the release. */
  readonly band: string | null;

  readonly dataproductType: "image" | "cube";
  readonly calibLevel: number;
  readonly collection: string;
  readonly obsId: string;
  readonly targetName: string | null;

  /** s_ra, s_dec: the middle of the footprint. */
  readonly center: IcrsPosition;
  /** s_fov: diameter of the circle round the footprint. */
  readonly fieldOfViewDegrees: number;
  /** s_region */
  readonly region: Region;
  /** s_resolution: FWHM of the point spread function. */
  readonly resolutionArcsec: number | null;
  readonly pixelScaleArcsec: number | null;
  /** s_xel1, s_xel2: pixels. */
  readonly width: number | null;
  readonly height: number | null;

  /** t_min, t_max: MJD, UTC. */
  readonly timeMinMjd: number | null;
  readonly timeMaxMjd: number | null;
  readonly exposureSeconds: number | null;
  readonly timeResolutionSeconds: number | null;

  /** em_min, em_max */
  readonly wavelengthMinMetres: number | null;
  readonly wavelengthMaxMetres: number | null;
  readonly resolvingPower: number | null;

  readonly ucd: string | null;
  /** SODA's words: I Q U V RR … */
  readonly polarizations: readonly string[] | null;
  readonly facility: string | null;
  readonly instrument: string | null;

  /** Bytes of the file that holds the image plane; access_estsize counts the same in kbyte. */
  readonly byteLength: number | null;
  /** False when the file was missing at ingest: the survey has the image, this archive does not. */
  readonly available: boolean;
  readonly planes: Readonly<Partial<Record<Plane, HduLocation>>>;
};

/** Where a plane lies. At least one of `extname` and `hduIndex` is known; `hduIndex` counts from 0, the primary HDU. */
export type HduLocation = {
  /** What a `RangeStore` opens: an absolute path or an address. */
  readonly location: string;
  readonly extname: string | null;
  readonly hduIndex: number | null;
};
