import type { IcrsPosition } from "../../sky/position.ts";
import {
  combine,
  DEGREES_PER_RADIAN,
  fromUnitVector,
  RADIANS_PER_DEGREE,
  toUnitVector,
} from "../../sky/unit-vector.ts";

/** Pixels along each side of a DES coadd tile, and their size: the TAN projection about the tile's centre, north up. */
export const TILE_PIXELS = 10_000;
export const PIXEL_ARCSEC = 0.263;
export const TILE_SIDE_DEGREES = (TILE_PIXELS * PIXEL_ARCSEC) / 3600;

// In the TAN projection lengths in the plane are tangents: degrees of the plane are 180/π times them.
const HALF_SIDE = (TILE_SIDE_DEGREES / 2) * RADIANS_PER_DEGREE;

/** Diameter of the circle through the tile's corners. */
export const TILE_FIELD_OF_VIEW_DEGREES = 2 * Math.atan(Math.SQRT2 * HALF_SIDE) * DEGREES_PER_RADIAN;

/**
 * The outer corners of the corner pixels, from the first pixel on along the first row. Straight lines in the plane of a
 * TAN projection are great circles, so the polygon through them is the image, exactly.
 */
export function desTileCorners(center: IcrsPosition): IcrsPosition[] {
  const { raDegrees, decDegrees } = center;
  const ra = raDegrees * RADIANS_PER_DEGREE;
  const dec = decDegrees * RADIANS_PER_DEGREE;
  const middle = toUnitVector(center);
  const east = [-Math.sin(ra), Math.cos(ra), 0] as const;
  const north = [-Math.sin(dec) * Math.cos(ra), -Math.sin(dec) * Math.sin(ra), Math.cos(dec)] as const;
  const corner = (eastwards: number, northwards: number): IcrsPosition => {
    const offset = combine(east, eastwards * HALF_SIDE, north, northwards * HALF_SIDE);
    return fromUnitVector(combine(middle, 1, offset, 1));
  };
  return [corner(1, -1), corner(-1, -1), corner(-1, 1), corner(1, 1)];
}
