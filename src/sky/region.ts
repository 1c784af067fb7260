import { arcAtHeight, arcsCross, pointOnArc, TOUCH_RADIANS } from "./great-arc.ts";
import type { GreatArc } from "./great-arc.ts";
import type { IcrsPosition } from "./position.ts";
import { rangeContains, rangeCorners, rangeMeridians, rangeParallels, raSpanDegrees } from "./sky-range.ts";
import { polygonContains, signedDistance, sphericalPolygon, verticesOf } from "./spherical-polygon.ts";
import type { SphericalPolygon } from "./spherical-polygon.ts";
import type { RangeStencil, Stencil } from "./stencil.ts";
import { fromUnitVector, RADIANS_PER_DEGREE, toUnitVector, wrapDegrees } from "./unit-vector.ts";
import type { UnitVector } from "./unit-vector.ts";

/**
 * The shape of an image on the sky. A polygon has great-circle edges and its smaller side is the inside;
 * an image of more than half of the sky is "all-sky", which is then a bound and not its outline.
 */
export type Region =
  | { readonly shape: "polygon"; readonly vertices: readonly IcrsPosition[] }
  | { readonly shape: "all-sky" };

/** How much of a stencil a region holds. */
export type Overlap = "none" | "part" | "whole";

/** "none" where `regionsIntersect` is false, "whole" where `regionContains` is true. */
export function overlapOf(region: Region, stencil: Stencil): Overlap {
  if (region.shape === "polygon" && stencil.shape === "circle") {
    // Both questions have one answer, which takes some time to find.
    const distance = signedDistance(sphericalPolygon(region.vertices), toUnitVector(stencil.center));
    const radius = radiusOf(stencil.radiusDegrees);
    if (distance <= TOUCH_RADIANS - radius) return "whole";
    return distance <= radius + TOUCH_RADIANS ? "part" : "none";
  }
  if (!regionsIntersect(region, stencil)) return "none";
  return regionContains(region, stencil) ? "whole" : "part";
}

/** Whether they share a point, borders included. */
export function regionsIntersect(region: Region, stencil: Stencil): boolean {
  if (region.shape === "all-sky") return true;
  const polygon = sphericalPolygon(region.vertices);
  switch (stencil.shape) {
    case "circle":
      // The centre inside, or the border as near as the radius: also right where either holds the other.
      return signedDistance(polygon, toUnitVector(stencil.center)) <= radiusOf(stencil.radiusDegrees) + TOUCH_RADIANS;
    case "polygon": {
      const other = sphericalPolygon(stencil.vertices);
      return anyEdgesCross(polygon, other) || holdsAny(polygon, other) || holdsAny(other, polygon);
    }
    case "range":
      return (
        verticesOf(polygon).some((vertex) => rangeContains(stencil, fromUnitVector(vertex))) ||
        rangeCorners(stencil).some((corner) => polygonContains(polygon, toUnitVector(corner))) ||
        crossesRange(polygon, stencil)
      );
    default:
      return stencil satisfies never;
  }
}

/** Whether the whole shape lies in the region; a common border is inside. */
export function regionContains(region: Region, stencil: Stencil): boolean {
  if (region.shape === "all-sky") return true;
  const polygon = sphericalPolygon(region.vertices);
  switch (stencil.shape) {
    case "circle":
      return signedDistance(polygon, toUnitVector(stencil.center)) <= TOUCH_RADIANS - radiusOf(stencil.radiusDegrees);
    case "polygon": {
      const other = sphericalPolygon(stencil.vertices);
      const points = other.edges.flatMap((edge) => [edge.start, pointOnArc(edge, edge.extent / 2)]);
      if (!points.every((point) => polygonContains(polygon, point)) || anyEdgesCross(polygon, other)) return false;
      return !verticesOf(polygon).some((vertex) => signedDistance(other, vertex) < -2 * TOUCH_RADIANS);
    }
    case "range":
      if (!rangeCorners(stencil).every((corner) => polygonContains(polygon, toUnitVector(corner)))) return false;
      if (crossesRange(polygon, stencil)) return false;
      return !verticesOf(polygon).some((vertex) => deepInRange(stencil, fromUnitVector(vertex)));
    default:
      return stencil satisfies never;
  }
}

function radiusOf(degrees: number): number {
  return degrees * RADIANS_PER_DEGREE;
}

function holdsAny(polygon: SphericalPolygon, other: SphericalPolygon): boolean {
  return verticesOf(other).some((vertex) => polygonContains(polygon, vertex));
}

function anyEdgesCross(a: SphericalPolygon, b: SphericalPolygon): boolean {
  return a.edges.some((edge) => b.edges.some((other) => arcsCross(edge, other)));
}

function crossesRange(polygon: SphericalPolygon, range: RangeStencil): boolean {
  const meridians = rangeMeridians(range);
  const parallels = rangeParallels(range);
  return polygon.edges.some(
    (edge) =>
      meridians.some((meridian) => arcsCross(edge, meridian)) ||
      parallels.some((dec) => crossesParallel(edge, dec, range)),
  );
}

/** Whether the edge runs through the parallel, inside the range of RA; touching it from one side does not count. */
function crossesParallel(edge: GreatArc, decDegrees: number, range: RangeStencil): boolean {
  const z = Math.sin(decDegrees * RADIANS_PER_DEGREE);
  const slack = 1e-13; // radians: the ends of the edge do not count, vertices are judged on their own
  return arcAtHeight(edge, z).some((along) => {
    if (along <= slack || along >= edge.extent - slack) return false;
    const slope = -edge.start[2] * Math.sin(along) + edge.forward[2] * Math.cos(along);
    return Math.abs(slope) > 1e-8 && betweenMeridians(range, pointOnArc(edge, along));
  });
}

function betweenMeridians(range: RangeStencil, point: UnitVector): boolean {
  const span = raSpanDegrees(range);
  if (span === 360) return true;
  const east = wrapDegrees(fromUnitVector(point).raDegrees - range.raMinDegrees);
  return east > 1e-12 && east < span - 1e-12;
}

function deepInRange(range: RangeStencil, position: IcrsPosition): boolean {
  const slack = 4e-12; // degrees
  const { decDegrees, raDegrees } = position;
  if (decDegrees < range.decMinDegrees + slack && range.decMinDegrees > -90) return false;
  if (decDegrees > range.decMaxDegrees - slack && range.decMaxDegrees < 90) return false;
  const span = raSpanDegrees(range);
  if (span === 360) return true;
  const east = wrapDegrees(raDegrees - range.raMinDegrees);
  return east > slack && east < span - slack;
}
