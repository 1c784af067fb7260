import { sphericalPolygon, verticesOf, type SphericalPolygon } from "../sky/spherical-polygon.ts";
import { stencilContains } from "../sky/stencil-contains.ts";
import type { Stencil } from "../sky/stencil.ts";
import { add, dot, length, normalize, RADIANS_PER_DEGREE, tangentAxes, toUnitVector } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { pixelToSky, type Wcs } from "../wcs/wcs.ts";

/** Whether the centre of a pixel of the image lies in the shape; false where the projection has no sky. */
export type CenterTest = (x: number, y: number) => boolean;

export function createCenterTest(wcs: Wcs, stencil: Stencil): CenterTest {
  const flat = stencil.shape === "polygon" ? flatPolygonTest(sphericalPolygon(stencil.vertices)) : null;
  return (x, y) => {
    const position = pixelToSky(wcs, x, y);
    if (position === null) return false;
    const side = flat === null ? null : flat(toUnitVector(position));
    return side ?? stencilContains(stencil, position);
  };
}

/** Farther from the middle the plane is stretched too much. */
const MAX_FLAT_RADIUS = 60 * RADIANS_PER_DEGREE;
/** So near to an edge, in radians at the middle, rounding may decide: 0.2 milliarcseconds. */
const DOUBT = 1e-9;

/** Whether a direction lies inside; null where it lies too near to an edge for this to tell. */
type FlatTest = (point: UnitVector) => boolean | null;

/**
 * Great circles are straight lines in the plane that touches the sphere at the polygon's middle, and a ray from inside
 * crosses them an odd number of times: some hundred times faster than the distances to all edges, on the sphere. null for
 * a polygon that is too wide.
 */
function flatPolygonTest(polygon: SphericalPolygon): FlatTest | null {
  const vertices = verticesOf(polygon);
  const sum = vertices.reduce<UnitVector>(add, [0, 0, 0]);
  if (length(sum) < DOUBT) return null;
  const middle = normalize(sum);
  const leastDepth = Math.cos(MAX_FLAT_RADIUS);
  if (vertices.some((vertex) => dot(vertex, middle) < leastDepth)) return null;
  const { east, north } = tangentAxes(middle);
  const u = Float64Array.from(vertices, (vertex) => dot(vertex, east) / dot(vertex, middle));
  const v = Float64Array.from(vertices, (vertex) => dot(vertex, north) / dot(vertex, middle));
  const edgesAt = edgesByStrip(v);
  return (point) => {
    const depth = dot(point, middle);
    if (depth < leastDepth / 2) return false;
    const pointU = dot(point, east) / depth;
    const pointV = dot(point, north) / depth;
    let inside = false;
    const edges = edgesAt(pointV);
    for (let k = 0; k < edges.length; k++) {
      const i = edges[k];
      const j = i + 1 === u.length ? 0 : i + 1;
      const before = v[i] - pointV;
      const after = v[j] - pointV;
      if ((before > DOUBT && after > DOUBT) || (before < -DOUBT && after < -DOUBT)) continue;
      const du = u[j] - u[i];
      const dv = v[j] - v[i];
      // Twice the area of the triangle with the point: its distance to the line, times the length of the edge.
      const area = -du * before - dv * (pointU - u[i]);
      if (Math.abs(area) <= DOUBT * (Math.abs(du) + Math.abs(dv))) return null;
      if (before > 0 !== after > 0 && area > 0 === dv > 0) inside = !inside;
    }
    return inside;
  };
}

/** Numbers of the edges, from vertex i to the next, that may reach a height v. */
function edgesByStrip(v: Float64Array): (height: number) => readonly number[] {
  const low = v.reduce((least, value) => Math.min(least, value), Infinity) - 2 * DOUBT;
  const high = v.reduce((most, value) => Math.max(most, value), -Infinity) + 2 * DOUBT;
  const strips: number[][] = Array.from({ length: Math.min(256, v.length) }, () => []);
  const stripOf = (height: number) => Math.floor(((height - low) / (high - low)) * strips.length);
  for (let i = 0; i < v.length; i++) {
    const next = v[i + 1 === v.length ? 0 : i + 1];
    const last = stripOf(Math.max(v[i], next) + DOUBT);
    for (let strip = stripOf(Math.min(v[i], next) - DOUBT); strip <= last; strip++) strips[strip]?.push(i);
  }
  return (height) => strips[stripOf(height)] ?? NO_EDGES;
}

const NO_EDGES: readonly number[] = [];
