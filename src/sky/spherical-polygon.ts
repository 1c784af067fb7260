import { ServiceError } from "../errors.ts";
import { arcsCross, greatArc, nearestOnArc, sineLeftOf, TOUCH_RADIANS } from "./great-arc.ts";
import type { GreatArc } from "./great-arc.ts";
import type { IcrsPosition } from "./position.ts";
import { angleBetween } from "./separation.ts";
import { cross, dot, subtract, toUnitVector } from "./unit-vector.ts";
import type { UnitVector } from "./unit-vector.ts";

/** Each edge is compared with each, and with every place that is asked for: more would take a request seconds. */
const MAX_VERTICES = 1000;

/** A polygon ready for questions: edges in the order that has the smaller side, the inside, on their left. */
export type SphericalPolygon = {
  readonly edges: readonly GreatArc[];
};

/** What makes the polygon unusable, as a phrase for a message, or null. */
export function polygonFault(positions: readonly IcrsPosition[]): string | null {
  if (positions.length > MAX_VERTICES) return `it has ${positions.length} vertices, at most ${MAX_VERTICES} are taken`;
  const vertices = distinctVertices(positions);
  if (vertices.length < 3) return "it needs at least three different vertices";
  const edges = edgesOf(vertices);
  if (edges.some((edge) => Math.PI - edge.extent < 1e-9)) return "two neighbouring vertices lie opposite each other";
  for (let i = 0; i < edges.length; i++) {
    for (let j = i + 1; j < edges.length; j++) {
      if (edgesCollide(edges, i, j)) return "its edges cross or touch each other";
    }
  }
  // With no area neither side is the inside; the bound is far below any pixel's and far above rounding.
  if (areaLeftOf(edges) < 1e-24 || areaLeftOf(reversed(edges)) < 1e-24) return "its vertices lie on one line";
  return null;
}

const prepared = new WeakMap<readonly IcrsPosition[], SphericalPolygon>();

/** Throws "usage" where the polygon is none. The answer is remembered for this array of vertices. */
export function sphericalPolygon(positions: readonly IcrsPosition[]): SphericalPolygon {
  const known = prepared.get(positions);
  if (known !== undefined) return known;
  const fault = polygonFault(positions);
  if (fault !== null) throw new ServiceError("usage", `Cannot use a polygon of ${positions.length} vertices: ${fault}`);
  const edges = edgesOf(distinctVertices(positions));
  const polygon = { edges: areaLeftOf(edges) <= 2 * Math.PI ? edges : reversed(edges) };
  prepared.set(positions, polygon);
  return polygon;
}

/** Whether the point lies inside or on the border. */
export function polygonContains(polygon: SphericalPolygon, point: UnitVector): boolean {
  return signedDistance(polygon, point) <= TOUCH_RADIANS;
}

/**
 * Distance to the border in radians, negative inside.
 *
 * The arc from the point to the nearest border point crosses no edge, so the side of that border point is the
 * point's side. At a vertex the point may be left of one edge and right of the other: the larger sine wins, because
 * from the inside a vertex is the nearest only where its corner is wider than 180°.
 */
export function signedDistance(polygon: SphericalPolygon, point: UnitVector): number {
  const { edges } = polygon;
  let best = Infinity;
  let inside = false;
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i];
    const nearest = nearestOnArc(edge, point);
    if (nearest.radians >= best) continue;
    best = nearest.radians;
    if (nearest.at === "inside") {
      inside = sineLeftOf(edge, point) > 0;
    } else {
      const before = nearest.at === "start" ? edges[(i + edges.length - 1) % edges.length] : edge;
      const after = nearest.at === "start" ? edge : edges[(i + 1) % edges.length];
      inside = sineLeftOf(before, point) + sineLeftOf(after, point) > 0;
    }
  }
  return inside ? -best : best;
}

/** Neighbours that are equal, and a last vertex that repeats the first, count once. */
function distinctVertices(positions: readonly IcrsPosition[]): UnitVector[] {
  const vertices = positions.map(toUnitVector);
  return vertices.filter((vertex, i) => {
    const previous = vertices[i === 0 ? vertices.length - 1 : i - 1];
    return vertices.length === 1 || angleBetween(vertex, previous) > TOUCH_RADIANS;
  });
}

function edgesOf(vertices: readonly UnitVector[]): GreatArc[] {
  return vertices.map((vertex, i) => greatArc(vertex, vertices[(i + 1) % vertices.length]));
}

function reversed(edges: readonly GreatArc[]): GreatArc[] {
  return edges.map((edge) => greatArc(edge.end, edge.start)).reverse();
}

/** Whether edges i < j share a point that they should not. */
function edgesCollide(edges: readonly GreatArc[], i: number, j: number): boolean {
  const a = edges[i];
  const b = edges[j];
  const follows = j === i + 1;
  const closes = i === 0 && j === edges.length - 1;
  if (follows || closes) {
    // Neighbours share one vertex: they collide where the second runs back over the first.
    const [first, second] = follows ? [a, b] : [b, a];
    if (edges.length === 2) return true;
    const back = first.extent < second.extent ? nearestOnArc(second, first.start) : nearestOnArc(first, second.end);
    return back.radians <= TOUCH_RADIANS;
  }
  if (farApart(a, b)) return false;
  if (arcsCross(a, b)) return true;
  return [nearestOnArc(a, b.start), nearestOnArc(a, b.end), nearestOnArc(b, a.start), nearestOnArc(b, a.end)].some(
    (nearest) => nearest.radians <= TOUCH_RADIANS,
  );
}

/** A cheap bound: the arcs lie in balls around their starts that do not meet. */
function farApart(a: GreatArc, b: GreatArc): boolean {
  return angleBetween(a.start, b.start) > a.extent + b.extent + 1e-9;
}

/** Angle by which the border turns left where `after` follows `before`, (-π, π]. */
function turnAt(before: GreatArc, after: GreatArc): number {
  const cosine = dot(before.normal, after.normal);
  const sine = dot(cross(before.normal, after.normal), after.start);
  return Math.atan2(sine, cosine);
}

/** Area on the left of a closed border that does not cross itself, steradian, [0, 4π]. */
function areaLeftOf(edges: readonly GreatArc[]): number {
  const apex = edges[0].start;
  const small = edges.every((edge) => dot(edge.start, apex) > 0.5);
  if (!small) {
    // Gauss and Bonnet: area = 2π − sum of the turns. Loses small areas in rounding, hence the other way below.
    let turns = 0;
    edges.forEach((edge, i) => (turns += turnAt(edge, edges[(i + 1) % edges.length])));
    return Math.max(0, Math.min(4 * Math.PI, 2 * Math.PI - turns));
  }
  let sum = 0;
  for (const edge of edges) sum += signedTriangle(apex, edge.start, edge.end);
  return sum >= 0 ? sum : 4 * Math.PI + sum;
}

/** Area of a triangle, positive when a, b, c run counterclockwise seen from outside (van Oosterom and Strackee). */
function signedTriangle(a: UnitVector, b: UnitVector, c: UnitVector): number {
  const volume = dot(a, cross(subtract(b, a), subtract(c, a)));
  return 2 * Math.atan2(volume, 1 + dot(a, b) + dot(b, c) + dot(c, a));
}

/** Corners of the polygon. */
export function verticesOf(polygon: SphericalPolygon): UnitVector[] {
  return polygon.edges.map((edge) => edge.start);
}
