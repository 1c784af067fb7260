import { pointOnArc } from "../sky/great-arc.ts";
import type { GreatArc } from "../sky/great-arc.ts";
import type { IcrsPosition } from "../sky/position.ts";
import { rangeMeridians, rangeParallels, raSpanDegrees } from "../sky/sky-range.ts";
import { sphericalPolygon } from "../sky/spherical-polygon.ts";
import type { RangeStencil, Stencil } from "../sky/stencil.ts";
import {
  combine,
  fromUnitVector,
  RADIANS_PER_DEGREE,
  tangentAxes,
  toUnitVector,
  wrapDegrees,
} from "../sky/unit-vector.ts";

/** A smooth piece of the border of a shape, run through by t from 0 to 1. */
export type OutlineCurve = {
  readonly positionAt: (t: number) => IcrsPosition;
  /** Whether it ends where it began, without a corner there. */
  readonly closed: boolean;
  /** Steps in t after which its bends, on the sphere, are at most 30°. */
  readonly steps: number;
};

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

function circleCurve(center: ReturnType<typeof toUnitVector>, radiusDegrees: number): OutlineCurve {
  const { east, north } = tangentAxes(center);
  const cosine = Math.cos(radiusDegrees * RADIANS_PER_DEGREE);
  const sine = Math.sin(radiusDegrees * RADIANS_PER_DEGREE);
  return {
    positionAt: (t) => {
      const angle = 2 * Math.PI * t;
      const towards = combine(east, Math.cos(angle) * sine, north, Math.sin(angle) * sine);
      return fromUnitVector(combine(center, cosine, towards, 1));
    },
    closed: true,
    steps: 16,
  };
}

function arcCurve(arc: GreatArc): OutlineCurve {
  return {
    positionAt: (t) => fromUnitVector(t === 1 ? arc.end : pointOnArc(arc, t * arc.extent)),
    closed: false,
    steps: Math.max(1, Math.ceil(arc.extent / 0.25)),
  };
}

function parallelCurve(range: RangeStencil, decDegrees: number): OutlineCurve {
  const span = raSpanDegrees(range);
  return {
    positionAt: (t) => ({ raDegrees: wrapDegrees(range.raMinDegrees + t * span), decDegrees }),
    closed: span === 360,
    steps: Math.max(1, Math.ceil(span / 15)),
  };
}
