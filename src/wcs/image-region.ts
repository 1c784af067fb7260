import { ServiceError } from "../errors.ts";
import { greatArc, nearestOnArc } from "../sky/great-arc.ts";
import type { IcrsPosition } from "../sky/position.ts";
import type { Region } from "../sky/region.ts";
import { angleBetween } from "../sky/separation.ts";
import { polygonContains, polygonFault, sphericalPolygon } from "../sky/spherical-polygon.ts";
import {
  add,
  combine,
  fromUnitVector,
  length,
  normalize,
  RADIANS_PER_DEGREE,
  tangentAxes,
} from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { directionAt, imageSkyOf } from "./image-sky.ts";
import type { ImageSky } from "./image-sky.ts";
import type { Wcs } from "./wcs.ts";

/** Pixels by which the outline may leave the edges of the polygon. */
const MAX_DEVIATION = 0.05;
const MAX_HALVINGS = 7;
/** Points each way at which the inside of an image is looked at. */
const PROBES = 9;
/** A bound wider than this is no better than the whole sky. */
const MAX_BOUND = 80 * RADIANS_PER_DEGREE;

/**
 * The shape of an image on the sky: the outer edge of its pixels (-0.5 … n - 0.5), counterclockwise as seen from
 * inside the sphere, followed by great circles to 0.1 pixel (four of them for TAN).
 *
 * Where the edge is no closed line around the image (corners beyond the end of the projection, torn and all-sky maps)
 * it is a bound instead: a circle of 48 edges around what the image shows, or the whole sky. "unsupported" for frames
 * without relation to ICRS, "corrupt-data" for images without pixels.
 */
export function footprintOf(wcs: Wcs): Region {
  const image = imageSkyOf(wcs);
  if (wcs.toFrame === null) {
    throw new ServiceError("unsupported", "Cannot place the image on the sky: its frame has no relation to ICRS");
  }
  if (image.width < 1 || image.height < 1) {
    throw new ServiceError(
      "corrupt-data",
      `Cannot place an image of ${image.width} × ${image.height} pixels on the sky`,
    );
  }
  const outline = outerEdge(wcs, image);
  const inside = probes(wcs, image);
  if (outline !== null && inside.missing === 0) {
    const vertices = outline.map(fromUnitVector);
    if (polygonFault(vertices) === null) {
      const polygon = sphericalPolygon(vertices);
      if (inside.shown.every((direction) => polygonContains(polygon, direction))) {
        return { shape: "polygon", vertices: polygon.edges.map((edge) => fromUnitVector(edge.start)).reverse() };
      }
    }
  }
  return boundOf(wcs, limbOf(wcs, image));
}

/** The region as STC-S, the form of s_region of ObsCore; degrees to 1e-8 (0.04 mas). */
export function sRegion(region: Region): string {
  if (region.shape === "all-sky") return "CIRCLE ICRS 0 0 180";
  const numbers = region.vertices.flatMap(({ raDegrees, decDegrees }) => [raDegrees, decDegrees]);
  return `POLYGON ICRS ${numbers.map((degrees) => String(Number(degrees.toFixed(8)))).join(" ")}`;
}

/** Corners, and points between them where the edge bends; null where a part of it has no sky. */
function outerEdge(wcs: Wcs, { area }: ImageSky): UnitVector[] | null {
  const { xMin, xMax, yMin, yMax } = area;
  const tolerance = MAX_DEVIATION * wcs.pixelScaleDegrees * RADIANS_PER_DEGREE;
  const corners = [
    [xMin, yMin],
    [xMax, yMin],
    [xMax, yMax],
    [xMin, yMax],
  ] as const;
  type Point = { readonly x: number; readonly y: number; readonly direction: UnitVector };
  const at = (x: number, y: number): Point | null => {
    const direction = directionAt(wcs, x, y);
    return direction === null ? null : { x, y, direction };
  };
  const found: UnitVector[] = [];
  /** Adds the points between `from` and `to`. */
  function follow(from: Point, to: Point, halvings: number): boolean {
    const middle = at((from.x + to.x) / 2, (from.y + to.y) / 2);
    if (middle === null) return false;
    const away = nearestOnArc(greatArc(from.direction, to.direction), middle.direction).radians;
    if (halvings === 0 || (away <= tolerance && halvings < MAX_HALVINGS)) return true;
    if (!follow(from, middle, halvings - 1)) return false;
    if (away > tolerance) found.push(middle.direction);
    return follow(middle, to, halvings - 1);
  }
  for (const [i, corner] of corners.entries()) {
    const from = at(...corner);
    const to = at(...corners[(i + 1) % 4]);
    if (from === null || to === null) return null;
    found.push(from.direction);
    if (!follow(from, to, MAX_HALVINGS)) return null;
  }
  return found;
}

function probes(wcs: Wcs, { width, height }: ImageSky): { shown: UnitVector[]; missing: number } {
  const shown: UnitVector[] = [];
  for (let i = 0; i < PROBES; i++) {
    for (let j = 0; j < PROBES; j++) {
      const direction = directionAt(wcs, ((width - 1) * i) / (PROBES - 1), ((height - 1) * j) / (PROBES - 1));
      if (direction !== null) shown.push(direction);
    }
  }
  return { shown, missing: PROBES * PROBES - shown.length };
}

/** Directions on a grid over the image, and of the ends of the map between its points: a limb changes fast there. */
function limbOf(wcs: Wcs, { width, height }: ImageSky): UnitVector[] {
  const found: UnitVector[] = [];
  const steps = 4 * (PROBES - 1);
  const at = (i: number, j: number) => directionAt(wcs, (i / steps) * width - 0.5, (j / steps) * height - 0.5);
  for (let line = 0; line <= steps; line++) {
    for (const along of [(k: number) => at(k, line), (k: number) => at(line, k)]) {
      let before = along(0);
      if (before !== null) found.push(before);
      for (let k = 1; k <= steps; k++) {
        const here = along(k);
        if (here !== null) found.push(here);
        if ((here === null) !== (before === null))
          found.push(...lastShown(along, here === null ? [k - 1, k] : [k, k - 1]));
        before = here;
      }
    }
  }
  return found;
}

/** The last direction between a step with sky and one without. */
function lastShown(along: (k: number) => UnitVector | null, [shown, hidden]: [number, number]): UnitVector[] {
  let last: UnitVector | null = null;
  for (let halving = 0; halving < 24; halving++) {
    const middle = (shown + hidden) / 2;
    const direction = along(middle);
    if (direction === null) hidden = middle;
    else [shown, last] = [middle, direction];
  }
  return last === null ? [] : [last];
}

function boundOf(wcs: Wcs, shown: readonly UnitVector[]): Region {
  const sum = shown.reduce<UnitVector>(add, [0, 0, 0]);
  if (shown.length === 0 || length(sum) < 0.1 * shown.length) return { shape: "all-sky" };
  const center = normalize(sum);
  const farthest = Math.max(...shown.map((direction) => angleBetween(center, direction)));
  // Between the lines looked at the image may reach a little farther.
  const radius = farthest * 1.1 + wcs.pixelScaleDegrees * RADIANS_PER_DEGREE;
  if (radius > MAX_BOUND) return { shape: "all-sky" };
  return { shape: "polygon", vertices: circleAround(center, radius) };
}

/** A polygon that holds the circle. */
function circleAround(center: UnitVector, radius: number): IcrsPosition[] {
  const count = 48;
  const { east, north } = tangentAxes(center);
  const outer = Math.atan(Math.tan(radius) / Math.cos(Math.PI / count));
  return Array.from({ length: count }, (_, i) => {
    const azimuth = (-2 * Math.PI * i) / count;
    const towards = combine(east, Math.cos(azimuth) * Math.sin(outer), north, Math.sin(azimuth) * Math.sin(outer));
    return fromUnitVector(combine(center, Math.cos(outer), towards, 1));
  });
}
