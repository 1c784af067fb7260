import { greatArc, pointOnArc } from "./great-arc.ts";
import type { IcrsPosition } from "./position.ts";
import { raSpanDegrees } from "./sky-range.ts";
import type { Stencil } from "./stencil.ts";
import { fromUnitVector, toUnitVector, wrapDegrees } from "./unit-vector.ts";

/**
 * The shape drawn smaller towards `center`, its middle: every distance from there is `factor` of what it was, (0, 1]. Of a
 * range, the spans in RA and Dec are.
 */
export function scaledStencil(stencil: Stencil, center: IcrsPosition, factor: number): Stencil {
  switch (stencil.shape) {
    case "circle":
      return { ...stencil, radiusDegrees: stencil.radiusDegrees * factor };
    case "range": {
      const halfRa = (raSpanDegrees(stencil) / 2) * factor;
      const halfDec = ((stencil.decMaxDegrees - stencil.decMinDegrees) / 2) * factor;
      return {
        shape: "range",
        raMinDegrees: wrapDegrees(center.raDegrees - halfRa),
        raMaxDegrees: wrapDegrees(center.raDegrees + halfRa),
        decMinDegrees: center.decDegrees - halfDec,
        decMaxDegrees: center.decDegrees + halfDec,
      };
    }
    case "polygon": {
      const middle = toUnitVector(center);
      const vertices = stencil.vertices.map((vertex) => {
        const arc = greatArc(middle, toUnitVector(vertex));
        return fromUnitVector(pointOnArc(arc, arc.extent * factor));
      });
      return { shape: "polygon", vertices };
    }
    default:
      return stencil satisfies never;
  }
}
