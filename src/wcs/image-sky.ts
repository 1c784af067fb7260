import { angleBetween } from "../sky/separation.ts";
import { RADIANS_PER_DEGREE, toUnitVector } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { directionMapOf } from "./direction-map.ts";
import type { DirectionMap } from "./direction-map.ts";
import type { PlaneBox } from "./outline-box.ts";
import { pixelToSky, skyToPixel } from "./wcs.ts";
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
   * Whether the map has neither tears nor ends nor poles in the image, so that what a shape shows of itself there is
   * bounded by its outline: "around" where that holds for its surroundings too.
   */
  readonly smooth: "around" | "inside" | "no";
  /** Of positions as vectors; for images with a relation to ICRS. */
  readonly directions: DirectionMap;
};

/** Zenithal projections that are one-to-one and smooth up to 60° and more from their pole. */
const SMOOTH_CODES = new Set(["TAN", "SIN", "STG", "ARC", "ZEA", "NCP", "TPV", "TNX"]);
/** Steps each way in which an image in another projection is looked at. */
const PROBES = 32;
const MAX_CAP_RADIUS = 50 * RADIANS_PER_DEGREE;

const known = new WeakMap<Wcs, ImageSky>();

export function imageSkyOf(wcs: Wcs): ImageSky {
  const before = known.get(wcs);
  if (before !== undefined) return before;
  const width = wcs.shape[wcs.pixelAxes[0]] ?? 0;
  const height = wcs.shape[wcs.pixelAxes[1]] ?? 0;
  const area = { xMin: -0.5, xMax: width - 0.5, yMin: -0.5, yMax: height - 0.5 };
  const { cap, corners } = capOf(wcs, area);
  const smooth = smoothnessOf(wcs, area, cap !== null);
  const found: ImageSky = { width, height, area, cap, corners, smooth, directions: directionMapOf(wcs) };
  known.set(wcs, found);
  return found;
}

function smoothnessOf(wcs: Wcs, { xMax, yMax }: PlaneBox, hasCap: boolean): ImageSky["smooth"] {
  if (!hasCap) return "no";
  if (SMOOTH_CODES.has(wcs.projectionCode)) return "around";
  for (let i = 0; i <= PROBES; i++) {
    for (let j = 0; j <= PROBES; j++) {
      const x = ((xMax + 0.5) * i) / PROBES - 0.5;
      const y = ((yMax + 0.5) * j) / PROBES - 0.5;
      const sky = pixelToSky(wcs, x, y);
      const back = sky === null ? null : skyToPixel(wcs, sky);
      // Somewhere else: the image shows this place twice.
      if (back === null || Math.hypot(back.x - x, back.y - y) > 1e-3) return "no";
    }
  }
  return "inside";
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
