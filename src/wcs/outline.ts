import type { GreatArc } from "../sky/great-arc.ts";
import { rangeMeridians, rangeParallels, raSpanDegrees } from "../sky/sky-range.ts";
import { sphericalPolygon } from "../sky/spherical-polygon.ts";
import type { RangeStencil, Stencil } from "../sky/stencil.ts";
import { add, RADIANS_PER_DEGREE, tangentAxes, toUnitVector } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { transform } from "./rotation.ts";
import type { Matrix } from "./rotation.ts";

/**
 * A smooth piece of the border of a shape: an arc of a circle on the sphere, run through by t from 0 to 1.
 *
 *   direction at t = cos(t · sweep) · u + sin(t · sweep) · v + center
 *
 * `center` is that of the circle, inside the sphere; u and v have its radius as their length and are square to each other.
 */
export type OutlineCurve = {
  readonly center: Vector;
  readonly u: Vector;
  readonly v: Vector;
  /** Radians. */
  readonly sweep: number;
  /** The direction at 1, without rounding: RA at a pole would be any. */
  readonly end: Vector;
  /** Whether it ends where it began, without a corner there. */
  readonly closed: boolean;
  /** Steps in t after which its bends, on the sphere, are at most 30°. */
  readonly steps: number;
};

type Vector = readonly [x: number, y: number, z: number];

/** The same curve in a frame that is turned. */
export function turnCurve({ center, u, v, sweep, end, closed, steps }: OutlineCurve, turn: Matrix): OutlineCurve {
  return {
    center: transform(turn, center),
    u: transform(turn, u),
    v: transform(turn, v),
    sweep,
    end: transform(turn, end),
    closed,
    steps,
  };
}

/** The border of a shape; none for the whole sky. */
export function outlineOf(stencil: Stencil): OutlineCurve[] {
  switch (stencil.shape) {
    case "circle":
      return stencil.radiusDegrees >= 180 ? [] : [circleCurve(toUnitVector(stencil.center), stencil.radiusDegrees)];
    case "polygon":
      return sphericalPolygon(stencil.vertices).edges.map(arcCurve);
    case "range":
      return rangeOutline(stencil);
    default:
      return stencil satisfies never;
  }
}

function rangeOutline(range: RangeStencil): OutlineCurve[] {
  const curves = [
    ...rangeMeridians(range).map(arcCurve),
    ...rangeParallels(range).map((dec) => parallelCurve(range, dec)),
  ];
  const isWholeSky = range.decMaxDegrees - range.decMinDegrees > 90;
  // Nothing but a pole has no meridians and no parallel: one point.
  return curves.length > 0 || isWholeSky ? curves : [parallelCurve(range, range.decMinDegrees)];
}

function circleCurve(middle: UnitVector, radiusDegrees: number): OutlineCurve {
  const { east, north } = tangentAxes(middle);
  const cosine = Math.cos(radiusDegrees * RADIANS_PER_DEGREE);
  const sine = Math.sin(radiusDegrees * RADIANS_PER_DEGREE);
  const center = scaled(middle, cosine);
  const u = scaled(east, sine);
  return {
    center,
    u,
    v: scaled(north, sine),
    sweep: 2 * Math.PI,
    end: add(center, u),
    closed: true,
    steps: 16,
  };
}

function arcCurve({ start, end, forward, extent }: GreatArc): OutlineCurve {
  const steps = Math.max(1, Math.ceil(extent / 0.25));
  return { center: MIDDLE_OF_SPHERE, u: start, v: forward, sweep: extent, end, closed: false, steps };
}

/** To add it changes nothing, not even the sign of a zero, which says where RA is at a pole. */
const MIDDLE_OF_SPHERE: Vector = [-0, -0, -0];

function parallelCurve(range: RangeStencil, decDegrees: number): OutlineCurve {
  const span = raSpanDegrees(range);
  const [x, y, z] = toUnitVector({ raDegrees: range.raMinDegrees, decDegrees });
  return {
    center: [0, 0, z],
    u: [x, y, 0],
    v: [-y, x, 0],
    sweep: span * RADIANS_PER_DEGREE,
    end: toUnitVector({ raDegrees: range.raMaxDegrees, decDegrees }),
    closed: span === 360,
    steps: Math.max(1, Math.ceil(span / 15)),
  };
}

function scaled([x, y, z]: UnitVector, k: number): Vector {
  return [x * k, y * k, z * k];
}
