import { ServiceError } from "../errors.ts";
import type { Header } from "../fits/header.ts";
import type { IcrsPosition } from "../sky/position.ts";
import type { Region } from "../sky/region.ts";
import { separationDegrees } from "../sky/separation.ts";
import { footprintOf } from "../wcs/footprint.ts";
import { parseWcs } from "../wcs/parse-wcs.ts";
import { pixelToSky } from "../wcs/wcs.ts";
import type { ImageFacts } from "./ingest-habits.ts";

export type PlaceOnSky = Pick<
  ImageFacts,
  "center" | "region" | "fieldOfViewDegrees" | "pixelScaleArcsec" | "width" | "height"
>;

/** Where the pixels of an image lie. "corrupt-data" where the header does not say. */
export function placeOnSky(header: Header): PlaceOnSky {
  const wcs = parseWcs(header);
  if (wcs === null) throw new ServiceError("corrupt-data", "Cannot place the image: its header has no celestial axes");
  if (wcs.toFrame === null) {
    throw new ServiceError("corrupt-data", "Cannot place the image: its coordinates have no relation to ICRS");
  }
  const width = wcs.shape[wcs.pixelAxes[0]];
  const height = wcs.shape[wcs.pixelAxes[1]];
  if (width === undefined || height === undefined) {
    throw new ServiceError("corrupt-data", "Cannot place the image: its header has no NAXIS1 and NAXIS2");
  }
  const center = pixelToSky(wcs, (width - 1) / 2, (height - 1) / 2);
  if (center === null) throw new ServiceError("corrupt-data", "Cannot place the image: its middle is not on the sky");
  const region = footprintOf(wcs);
  return {
    center,
    region,
    fieldOfViewDegrees: diameterOf(region, center),
    pixelScaleArcsec: wcs.pixelScaleDegrees * 3600,
    width,
    height,
  };
}

function diameterOf(region: Region, center: IcrsPosition): number {
  if (region.shape === "all-sky") return 360;
  return 2 * Math.max(...region.vertices.map((vertex) => separationDegrees(vertex, center)));
}
