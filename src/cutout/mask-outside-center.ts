import { sphericalPolygon, verticesOf, type SphericalPolygon } from "../sky/spherical-polygon.ts";
import { stencilContains } from "../sky/stencil-contains.ts";
import type { Stencil } from "../sky/stencil.ts";
import { add, dot, length, normalize, RADIANS_PER_DEGREE, tangentAxes, toUnitVector } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { pixelToSky, type Wcs } from "../wcs/wcs.ts";

/** Whether the centre of a pixel of the image lies in the shape; false where the projection has no sky. */
export type CenterTest = (x: number, y: number) => boolean;

/** The distance to each edge, which says the side, costs some ten times a look at it in the plane. */
const MANY_EDGES = 32;
/** Farther from the middle the plane is stretched too much. */
const MAX_FLAT_RADIUS = 60 * RADIANS_PER_DEGREE;

export function createCenterTest(wcs: Wcs, stencil: Stencil): CenterTest {
  if (stencil.shape === "polygon") {
    const flat = flatPolygonTest(sphericalPolygon(stencil.vertices));
    if (flat !== null) {
      return (x, y) => {
        const position = pixelToSky(wcs, x, y);
        return position !== null && flat(toUnitVector(position));
      };
    }
  }
  return (x, y) => {
    const position = pixelToSky(wcs, x, y);
    return position !== null && stencilContains(stencil, position);
  };
}

/**
 * For a polygon of many edges on less than half of the sphere: great circles are straight lines in the plane that touches
 * the sphere at its middle, and a ray from inside crosses them an odd number of times. null for others.
 */
function flatPolygonTest(polygon: SphericalPolygon): ((point: UnitVector) => boolean) | null {
  if (polygon.edges.length <= MANY_EDGES) return null;
  const vertices = verticesOf(polygon);
  const sum = vertices.reduce<UnitVector>(add, [0, 0, 0]);
  if (length(sum) === 0) return null;
  const middle = normalize(sum);
  if (vertices.some((vertex) => dot(vertex, middle) < Math.cos(MAX_FLAT_RADIUS))) return null;
  const { east, north } = tangentAxes(middle);
  const count = vertices.length;
  const u = Float64Array.from(vertices, (vertex) => dot(vertex, east) / dot(vertex, middle));
  const v = Float64Array.from(vertices, (vertex) => dot(vertex, north) / dot(vertex, middle));
  return (point) => {
    const depth = dot(point, middle);
    if (depth <= 0) return false;
    const pointU = dot(point, east) / depth;
    const pointV = dot(point, north) / depth;
    let inside = false;
    for (let i = 0, j = count - 1; i < count; j = i++) {
      if (v[i] > pointV !== v[j] > pointV && pointU < ((u[j] - u[i]) * (pointV - v[i])) / (v[j] - v[i]) + u[i]) {
        inside = !inside;
      }
    }
    return inside;
  };
}
