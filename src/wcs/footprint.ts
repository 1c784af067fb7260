import type { PixelWindow } from "../raster/pixel-window.ts";
import { distanceToStencil } from "../sky/stencil-distance.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { meteredMap } from "./direction-map.ts";
import type { DirectionMap } from "./direction-map.ts";
import { createEvaluationBudget } from "./evaluation-budget.ts";
import { imageSkyOf } from "./image-sky.ts";
import type { ImageSky } from "./image-sky.ts";
import { emptyBox, includeCurve, includePoint, isEmpty } from "./outline-box.ts";
import type { PlaneBox } from "./outline-box.ts";
import { traceCurve } from "./outline-trace.ts";
import type { TracedCurve } from "./outline-trace.ts";
import { outlineOf } from "./outline.ts";
import { includeCentersIn } from "./window-search.ts";
import type { Wcs } from "./wcs.ts";

// The other half of what an image and the sky have to do with each other; callers need not know where it lies.
export { footprintOf, sRegion } from "./image-region.ts";

/** A pixel that a shape enters by less than this does not count: alignment with pixel edges is not lost in rounding. */
const EDGE_SLACK = 1e-6;
/** Positions of an outline of one curve; a torn one takes some hundreds, any other some dozens. */
const OUTLINE_BUDGET = 20_000;

/**
 * The bounding box in pixels of what an image shows of a shape (SODA 1.0, section 3.3); null where they do not meet.
 * Pixel i covers [i - 0.5, i + 0.5).
 *
 * - Every pixel whose centre lies in the shape is in the window.
 * - The window ends at the pixels that the true outline enters, no parallelogram of RA and Dec: it exceeds the box of
 *   the shape by less than a pixel on each side. A shape that the map tears apart has one box around all pieces.
 * - The whole sky is the whole image, pixels without sky included.
 *
 * null as well for images without relation to ICRS. Throws "usage" for an unusable polygon, "corrupt-data" for an image
 * whose coordinates jump about.
 */
export function windowOf(wcs: Wcs, stencil: Stencil): PixelWindow | null {
  const image = imageSkyOf(wcs);
  if (wcs.toFrame === null || image.width < 1 || image.height < 1) return null;
  const whole = { x0: 0, y0: 0, width: image.width, height: image.height };
  const distance = distanceToStencil(stencil);
  if (image.cap !== null) {
    const away = distance(image.cap.center);
    if (away > image.cap.radius) return null;
    if (away < -image.cap.radius && image.smooth !== "no") return whole;
  }
  const outline = outlineOf(stencil);
  if (outline.length === 0) return whole;
  const spend = createEvaluationBudget(OUTLINE_BUDGET * (1 + outline.length / 1000));
  const map = meteredMap(image.directions, spend);
  const curves = outline.map((curve) => traceCurve(curve, map));
  const isSmooth = image.smooth === "around" || (image.smooth === "inside" && !curves.some(({ torn }) => torn));
  return isSmooth
    ? windowOnSmoothMap({ image, curves, distance, map })
    : windowOnTornMap(wcs, { image, curves, distance, map });
}

type Search = {
  readonly image: ImageSky;
  readonly curves: readonly TracedCurve[];
  readonly distance: (point: UnitVector) => number;
  readonly map: DirectionMap;
};

/** What the shape shows of itself is bounded by its outline in the image and the corners that it holds. */
function windowOnSmoothMap(search: Search): PixelWindow | null {
  const { image, distance } = search;
  const box = boxOfOutline(search);
  const { xMin, xMax, yMin, yMax } = image.area;
  const inside = image.corners.map((corner) => distance(corner) <= 0);
  if (inside[0]) includePoint(box, xMin, yMin);
  if (inside[1]) includePoint(box, xMax, yMin);
  if (inside[2]) includePoint(box, xMax, yMax);
  if (inside[3]) includePoint(box, xMin, yMax);
  return isEmpty(box) ? null : windowOfBox(box, image);
}

/** The inside of the shape may be anywhere: besides its outline, all pixels are searched. */
function windowOnTornMap(wcs: Wcs, search: Search): PixelWindow | null {
  const { image, distance } = search;
  const box = boxOfOutline(search);
  includeCentersIn(box, { wcs, image, distance });
  return isEmpty(box) ? null : windowOfBox(box, image);
}

function boxOfOutline({ image, curves, map }: Search): PlaneBox {
  const box = emptyBox();
  for (const curve of curves) includeCurve(box, curve, image.area, map);
  return box;
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
