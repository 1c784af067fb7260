import { angleBetween } from "../sky/separation.ts";
import { RADIANS_PER_DEGREE, toUnitVector } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import type { PlaneBox } from "./outline-box.ts";
import { pixelToSky } from "./wcs.ts";
import type { Wcs } from "./wcs.ts";

/** What is known of an image before any shape is asked for. */
export type ImageSky = {
  /** Pixels along the x and y of its `Wcs`. */
  readonly width: number;
  readonly height: number;
  /** The areas of its pixels together: -0.5 … width - 0.5. */
  readonly area: PlaneBox;
  /** A cap of the sky that holds the image; null for images wider than 100° and those with corners off the sky. */
  readonly cap: { readonly center: UnitVector; readonly radius: number } | null;
  /** Directions of the four outer corners; only where there is a cap. */
  readonly corners: readonly UnitVector[];
  /**
   * Whether the map has neither tears nor ends nor poles in or near the image: there the image of a shape is bounded
   * by the image of its outline.
   */
  readonly isSmooth: boolean;
};

/** Zenithal projections that are one-to-one and smooth up to 60° and more from their pole. */
const SMOOTH_CODES = new Set(["TAN", "SIN", "STG", "ARC", "ZEA", "NCP", "TPV", "TNX"]);
const MAX_CAP_RADIUS = 50 * RADIANS_PER_DEGREE;

const known = new WeakMap<Wcs, ImageSky>();

export function imageSkyOf(wcs: Wcs): ImageSky {
  const before = known.get(wcs);
  if (before !== undefined) return before;
  const width = wcs.shape[wcs.pixelAxes[0]] ?? 0;
  const height = wcs.shape[wcs.pixelAxes[1]] ?? 0;
  const area = { xMin: -0.5, xMax: width - 0.5, yMin: -0.5, yMax: height - 0.5 };
  const { cap, corners } = capOf(wcs, area);
  const isSmooth = cap !== null && SMOOTH_CODES.has(wcs.projectionCode);
  const found = { width, height, area, cap, corners, isSmooth };
  known.set(wcs, found);
  return found;
}

function capOf(wcs: Wcs, area: PlaneBox): Pick<ImageSky, "cap" | "corners"> {
  const none = { cap: null, corners: [] };
  const { xMin, xMax, yMin, yMax } = area;
  const xMiddle = (xMin + xMax) / 2;
  const yMiddle = (yMin + yMax) / 2;
  const center = directionAt(wcs, xMiddle, yMiddle);
  if (center === null) return none;
  const corners: UnitVector[] = [];
  let radius = 0;
  for (const [x, y] of [
    ...[
      [xMin, yMin],
      [xMax, yMin],
      [xMax, yMax],
      [xMin, yMax],
    ],
    ...[
      [xMiddle, yMin],
      [xMax, yMiddle],
      [xMiddle, yMax],
      [xMin, yMiddle],
    ],
  ] as [number, number][]) {
    const direction = directionAt(wcs, x, y);
    if (direction === null) return none;
    if (corners.length < 4) corners.push(direction);
    radius = Math.max(radius, angleBetween(center, direction));
  }
  // A tenth more for edges that bulge between the eight points.
  radius = radius * 1.1 + wcs.pixelScaleDegrees * RADIANS_PER_DEGREE;
  return radius > MAX_CAP_RADIUS ? none : { cap: { center, radius }, corners };
}

export function directionAt(wcs: Wcs, x: number, y: number): UnitVector | null {
  const position = pixelToSky(wcs, x, y);
  return position === null ? null : toUnitVector(position);
}
