import type { IcrsPosition } from "../sky/position.ts";
import { raSpanDegrees } from "../sky/sky-range.ts";
import type { Stencil } from "../sky/stencil.ts";
import { add, fromUnitVector, length, toUnitVector, wrapDegrees } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";

/** The point that "nearest" is measured from: the middle of a circle or range, the mean of a polygon's vertices. */
export function centerOfStencil(stencil: Stencil): IcrsPosition {
  switch (stencil.shape) {
    case "circle":
      return stencil.center;
    case "range":
      return {
        raDegrees: wrapDegrees(stencil.raMinDegrees + raSpanDegrees(stencil) / 2),
        decDegrees: (stencil.decMinDegrees + stencil.decMaxDegrees) / 2,
      };
    case "polygon": {
      const sum = stencil.vertices.map(toUnitVector).reduce<UnitVector>(add, [0, 0, 0]);
      const first = stencil.vertices[0] ?? { raDegrees: 0, decDegrees: 0 };
      return length(sum) < 1e-9 ? first : fromUnitVector(sum);
    }
    default:
      return stencil satisfies never;
  }
}
