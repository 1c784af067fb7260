import type { IcrsPosition } from "../sky/position.ts";
import type { CelestialMap } from "./celestial-map.ts";
import type { Distortion } from "./distortion.ts";
import type { CelestialFrame, FrameConversion } from "./frames.ts";
import type { Linear } from "./linear.ts";

/**
 * How the pixels of an image lie on the sky (`parseWcs` makes it). Pixels count from 0 here, at the centre of the first
 * pixel of the data array; FITS' 1 is subtracted inside.
 */
export type Wcs = {
  /** NAXIS1, NAXIS2, … of the image. */
  readonly shape: readonly number[];
  /** The pixel axes that x and y run along, counted from 0; [0, 1] but for cubes with another axis first. */
  readonly pixelAxes: readonly [number, number];
  /** Of longitude and latitude as the header means them; system "native" has no relation to ICRS. */
  readonly frame: CelestialFrame;
  /** Three letters of CTYPE, "TAN"; "" for axes without projection. */
  readonly projectionCode: string;
  /** Square root of the area of the pixel at CRPIX, degrees. */
  readonly pixelScaleDegrees: number;

  /** The steps from pixel to sky, in this order. */
  readonly pixelDistortion: Distortion | null;
  readonly linear: Linear;
  readonly planeDistortion: Distortion | null;
  readonly map: CelestialMap;
  readonly toFrame: FrameConversion | null;
};

/** A direction in the frame of a header, degrees. Longitude in [0, 360) where it is a result. */
export type WorldPosition = { readonly lonDegrees: number; readonly latDegrees: number };

export type PixelPosition = { readonly x: number; readonly y: number };

/** The sky at a pixel; null where the projection has no sky there, and for frames without relation to ICRS. */
export function pixelToSky(wcs: Wcs, x: number, y: number): IcrsPosition | null {
  if (wcs.toFrame === null) return null;
  const world = pixelToWorld(wcs, x, y);
  return world === null ? null : wcs.toFrame.toIcrs(world.lonDegrees, world.latDegrees);
}

/** The pixel at a position; null where the projection does not show it, and for frames without relation to ICRS. */
export function skyToPixel(wcs: Wcs, position: IcrsPosition): PixelPosition | null {
  if (wcs.toFrame === null) return null;
  if (!Number.isFinite(position.raDegrees) || !(Math.abs(position.decDegrees) <= 90)) return null;
  return worldToPixel(wcs, wcs.toFrame.fromIcrs(position));
}

/** As `pixelToSky`, in the frame of the header: FK4, galactic, heliographic … */
export function pixelToWorld(wcs: Wcs, x: number, y: number): WorldPosition | null {
  const { linear, pixelDistortion, planeDistortion } = wcs;
  let u = x - linear.x0;
  let v = y - linear.y0;
  if (pixelDistortion !== null) [u, v] = pixelDistortion.apply(u, v);
  let planeX = linear.a * u + linear.b * v;
  let planeY = linear.c * u + linear.d * v;
  if (planeDistortion !== null) [planeX, planeY] = planeDistortion.apply(planeX, planeY);
  if (!Number.isFinite(planeX) || !Number.isFinite(planeY)) return null;
  const point = wcs.map.toCelestial(planeX, planeY);
  if (point === null) return null;
  const [lonDegrees, latDegrees] = point;
  return Number.isFinite(lonDegrees) && Number.isFinite(latDegrees) ? { lonDegrees, latDegrees } : null;
}

/** As `skyToPixel`, from the frame of the header. */
export function worldToPixel(wcs: Wcs, position: WorldPosition): PixelPosition | null {
  const { lonDegrees, latDegrees } = position;
  if (!Number.isFinite(lonDegrees) || !(Math.abs(latDegrees) <= 90)) return null;
  const point = wcs.map.toPlane(lonDegrees, latDegrees);
  if (point === null) return null;
  const pixel: [number, number] = [point[0], point[1]];
  return planeToPixel(wcs, pixel) ? { x: pixel[0], y: pixel[1] } : null;
}

/** From the plane of the projection (degrees) to the pixel, in place; false where no pixel maps there. */
export function planeToPixel({ linear, pixelDistortion, planeDistortion }: Wcs, point: [number, number]): boolean {
  let x = point[0];
  let y = point[1];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
  if (planeDistortion !== null) {
    const undistorted = planeDistortion.invert(x, y);
    if (undistorted === null) return false;
    x = undistorted[0];
    y = undistorted[1];
  }
  let u = (linear.d * x - linear.b * y) / linear.determinant;
  let v = (linear.a * y - linear.c * x) / linear.determinant;
  if (pixelDistortion !== null) {
    const undistorted = pixelDistortion.invert(u, v);
    if (undistorted === null) return false;
    u = undistorted[0];
    v = undistorted[1];
  }
  point[0] = u + linear.x0;
  point[1] = v + linear.y0;
  return Number.isFinite(point[0]) && Number.isFinite(point[1]);
}
