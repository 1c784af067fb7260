import type { PixelWindow } from "../raster/pixel-window.ts";
import { distanceToStencil } from "../sky/stencil-distance.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { imageSkyOf } from "./image-sky.ts";
import type { ImageSky } from "./image-sky.ts";
import { curveMeetsBox, emptyBox, includeCurve, includePoint, isEmpty } from "./outline-box.ts";
import type { PlaneBox } from "./outline-box.ts";
import { traceCurve } from "./outline-trace.ts";
import type { TracedCurve } from "./outline-trace.ts";
import { outlineOf } from "./outline.ts";
import { includeCentersIn } from "./window-search.ts";
import { skyToPixel } from "./wcs.ts";
import type { Wcs } from "./wcs.ts";

// The other half of what an image and the sky have to do with each other; callers need not know where it lies.
export { footprintOf, sRegion } from "./image-region.ts";

/** A pixel that a shape enters by less than this does not count: alignment with pixel edges is not lost in rounding. */
const EDGE_SLACK = 1e-6;
const EVERYWHERE: PlaneBox = { xMin: -Infinity, xMax: Infinity, yMin: -Infinity, yMax: Infinity };

/**
 * The bounding box of a shape in pixels, clipped to the image (SODA 1.0, section 3.3); null where they do not meet.
 * Pixel i covers [i - 0.5, i + 0.5).
 *
 * - Every pixel whose centre lies in the shape is in the window.
 * - The window is the box of the shape's true outline, no parallelogram of RA and Dec: it exceeds it by at most the
 *   pixels that it touches. A shape that the map tears apart has one box around all pieces.
 * - Where the map outside of the image is no guide (distortions far out, tears, maps wider than 100°), the box is that
 *   of the part inside the image.
 * - The whole sky is the whole image, pixels without sky included.
 *
 * null as well for images without relation to ICRS. Throws "usage" for an unusable polygon.
 */
export function windowOf(wcs: Wcs, stencil: Stencil): PixelWindow | null {
  const image = imageSkyOf(wcs);
  if (wcs.toFrame === null || image.width < 1 || image.height < 1) return null;
  const whole = { x0: 0, y0: 0, width: image.width, height: image.height };
  const distance = distanceToStencil(stencil);
  if (image.cap !== null) {
    const away = distance(image.cap.center);
    if (away > image.cap.radius) return null;
    if (away < -image.cap.radius && image.isSmooth) return whole;
  }
  const curves = outlineOf(stencil).map((curve) => traceCurve(curve, (position) => skyToPixel(wcs, position)));
  if (curves.length === 0) return whole;
  return image.isSmooth
    ? windowOnSmoothMap(wcs, { image, curves, distance })
    : windowOnTornMap(wcs, { image, curves, distance });
}

type Search = {
  readonly image: ImageSky;
  readonly curves: readonly TracedCurve[];
  readonly distance: (point: UnitVector) => number;
};

/** The image of the shape is bounded by that of its outline: the box of it, and the corners that the shape holds. */
function windowOnSmoothMap(wcs: Wcs, { image, curves, distance }: Search): PixelWindow | null {
  const { area, corners } = image;
  const toPixel = (position: Parameters<typeof skyToPixel>[1]) => skyToPixel(wcs, position);
  const inside = corners.map((corner) => distance(corner) <= 0);
  const meets = curves.some((curve) => curveMeetsBox(curve, area, toPixel));
  if (!meets) return inside[0] ? windowOfBox(area, image) : null;
  const isDistorted = wcs.pixelDistortion !== null || wcs.planeDistortion !== null;
  const box = emptyBox();
  for (const curve of curves) includeCurve(box, curve, isDistorted ? surroundings(image) : EVERYWHERE, toPixel);
  const { xMin, xMax, yMin, yMax } = area;
  if (inside[0]) includePoint(box, xMin, yMin);
  if (inside[1]) includePoint(box, xMax, yMin);
  if (inside[2]) includePoint(box, xMax, yMax);
  if (inside[3]) includePoint(box, xMin, yMax);
  return windowOfBox(box, image);
}

/** The outline may be torn, or its inside be anywhere: besides its box, all pixels are searched. */
function windowOnTornMap(wcs: Wcs, { image, curves, distance }: Search): PixelWindow | null {
  const { area } = image;
  const toPixel = (position: Parameters<typeof skyToPixel>[1]) => skyToPixel(wcs, position);
  const box = emptyBox();
  if (curves.some((curve) => curveMeetsBox(curve, area, toPixel))) {
    // On a wide map the shape may be the outside of its outline, which then bounds nothing.
    const limits = image.cap === null || curves.some(({ torn }) => torn) ? area : EVERYWHERE;
    for (const curve of curves) includeCurve(box, curve, limits, toPixel);
    clip(box, area);
  }
  includeCentersIn(box, { wcs, image, distance });
  return isEmpty(box) ? null : windowOfBox(box, image);
}

function surroundings({ width, height }: ImageSky): PlaneBox {
  return { xMin: -0.5 * width, xMax: 1.5 * width, yMin: -0.5 * height, yMax: 1.5 * height };
}

function clip(box: PlaneBox, area: PlaneBox): void {
  box.xMin = Math.max(box.xMin, area.xMin);
  box.xMax = Math.min(box.xMax, area.xMax);
  box.yMin = Math.max(box.yMin, area.yMin);
  box.yMax = Math.min(box.yMax, area.yMax);
}

function windowOfBox(box: PlaneBox, { width, height }: ImageSky): PixelWindow | null {
  const [x0, x1] = pixelsBetween(box.xMin, box.xMax, width);
  const [y0, y1] = pixelsBetween(box.yMin, box.yMax, height);
  return x1 > x0 && y1 > y0 ? { x0, y0, width: x1 - x0, height: y1 - y0 } : null;
}

/** First pixel, and first after the last, that the interval enters. */
function pixelsBetween(min: number, max: number, size: number): [first: number, end: number] {
  const slack = Math.min(EDGE_SLACK, (max - min) / 2);
  const first = Math.floor(min + slack + 0.5);
  const end = Math.floor(max - slack + 0.5) + 1;
  return [Math.max(0, first), Math.min(size, end)];
}
