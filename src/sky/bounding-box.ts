import { turningPoints } from "./great-arc.ts";
import type { Region } from "./region.ts";
import { raSpanDegrees } from "./sky-range.ts";
import { polygonContains, sphericalPolygon } from "./spherical-polygon.ts";
import type { RangeStencil, Stencil } from "./stencil.ts";
import { RADIANS_PER_DEGREE, toUnitVector, wrapDegrees } from "./unit-vector.ts";
import type { UnitVector } from "./unit-vector.ts";

/** A box in the space of unit vectors, bounds included: no wrap in RA, no poles. */
export type VectorBox = { readonly min: UnitVector; readonly max: UnitVector };

/** Added on every side, so that rounding cannot leave a border point outside; 0.02 milliarcseconds. */
const MARGIN = 1e-10;

/** The smallest box that holds all directions of the shape, to `MARGIN`. */
export function boundingBoxOfVectors(shape: Region | Stencil): VectorBox {
  switch (shape.shape) {
    case "all-sky":
      return widened([-1, -1, -1], [1, 1, 1]);
    case "circle":
      return boxOfCircle(toUnitVector(shape.center), shape.radiusDegrees * RADIANS_PER_DEGREE);
    case "range":
      return boxOfRange(shape);
    case "polygon":
      return boxOfPolygon(shape.vertices);
    default:
      return shape satisfies never;
  }
}

function boxOfCircle(center: UnitVector, radius: number): VectorBox {
  const bounds = center.map((component) => {
    const angle = Math.acos(Math.max(-1, Math.min(1, component))); // to the axis
    return [Math.cos(Math.min(Math.PI, angle + radius)), Math.cos(Math.max(0, angle - radius))] as const;
  }) as [readonly [number, number], readonly [number, number], readonly [number, number]];
  // acos loses half of the digits near the axis, cos gives them back: what is left is below the margin.
  return widened([bounds[0][0], bounds[1][0], bounds[2][0]], [bounds[0][1], bounds[1][1], bounds[2][1]]);
}

function boxOfRange(range: RangeStencil): VectorBox {
  const south = range.decMinDegrees;
  const north = range.decMaxDegrees;
  const cosSouth = Math.cos(south * RADIANS_PER_DEGREE);
  const cosNorth = Math.cos(north * RADIANS_PER_DEGREE);
  const widest = south <= 0 && north >= 0 ? 1 : Math.max(cosSouth, cosNorth);
  const narrowest = Math.max(0, Math.min(cosSouth, cosNorth));
  const span = raSpanDegrees(range);
  const axis = (raDegrees: number): [number, number] => {
    // Largest and smallest cosine of the angle to the axis at `raDegrees`.
    const first = Math.cos((range.raMinDegrees - raDegrees) * RADIANS_PER_DEGREE);
    const last = Math.cos((range.raMinDegrees + span - raDegrees) * RADIANS_PER_DEGREE);
    const high = wrapDegrees(raDegrees - range.raMinDegrees) <= span ? 1 : Math.max(first, last);
    const low = wrapDegrees(raDegrees + 180 - range.raMinDegrees) <= span ? -1 : Math.min(first, last);
    return [low < 0 ? low * widest : low * narrowest, high > 0 ? high * widest : high * narrowest];
  };
  const x = axis(0);
  const y = axis(90);
  return widened(
    [x[0], y[0], Math.sin(south * RADIANS_PER_DEGREE)],
    [x[1], y[1], Math.sin(north * RADIANS_PER_DEGREE)],
  );
}

function boxOfPolygon(vertices: Parameters<typeof sphericalPolygon>[0]): VectorBox {
  const polygon = sphericalPolygon(vertices);
  const min = [1, 1, 1];
  const max = [-1, -1, -1];
  const include = (point: UnitVector) => {
    point.forEach((value, i) => {
      min[i] = Math.min(min[i], value);
      max[i] = Math.max(max[i], value);
    });
  };
  for (const edge of polygon.edges) {
    include(edge.start);
    turningPoints(edge).forEach(include);
  }
  // A coordinate has its only extremes of the whole sphere on its axis.
  for (let i = 0; i < 3; i++) {
    for (const sign of [1, -1]) {
      const axis = [0, 0, 0] as [number, number, number];
      axis[i] = sign;
      if (polygonContains(polygon, axis)) include(axis);
    }
  }
  return widened(min as [number, number, number], max as [number, number, number]);
}

function widened(min: readonly [number, number, number], max: readonly [number, number, number]): VectorBox {
  return {
    min: [min[0] - MARGIN, min[1] - MARGIN, min[2] - MARGIN],
    max: [max[0] + MARGIN, max[1] + MARGIN, max[2] + MARGIN],
  };
}
