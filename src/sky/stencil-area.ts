import { raSpanDegrees } from "./sky-range.ts";
import { sphericalPolygon } from "./spherical-polygon.ts";
import type { Stencil } from "./stencil.ts";
import { DEGREES_PER_RADIAN, RADIANS_PER_DEGREE } from "./unit-vector.ts";

/** Area on the sphere in square degrees, (0, 41253]; 0 for a range without height or width. */
export function stencilArea(stencil: Stencil): number {
  return steradians(stencil) * DEGREES_PER_RADIAN * DEGREES_PER_RADIAN;
}

function steradians(stencil: Stencil): number {
  switch (stencil.shape) {
    case "circle": {
      const half = Math.sin((stencil.radiusDegrees * RADIANS_PER_DEGREE) / 2);
      return 4 * Math.PI * half * half; // 2π(1 − cos r) without the cancellation
    }
    case "range": {
      const { decMinDegrees, decMaxDegrees } = stencil;
      const middle = ((decMinDegrees + decMaxDegrees) / 2) * RADIANS_PER_DEGREE;
      const half = ((decMaxDegrees - decMinDegrees) / 2) * RADIANS_PER_DEGREE;
      return raSpanDegrees(stencil) * RADIANS_PER_DEGREE * 2 * Math.cos(middle) * Math.sin(half);
    }
    case "polygon":
      return sphericalPolygon(stencil.vertices).area;
    default:
      return stencil satisfies never;
  }
}
