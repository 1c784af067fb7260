import { TOUCH_RADIANS } from "./great-arc.ts";
import type { IcrsPosition } from "./position.ts";
import { angleBetween } from "./separation.ts";
import { rangeContains } from "./sky-range.ts";
import { polygonContains, sphericalPolygon } from "./spherical-polygon.ts";
import type { Stencil } from "./stencil.ts";
import { RADIANS_PER_DEGREE, toUnitVector } from "./unit-vector.ts";

/** Whether the position lies in the shape or on its border (to 1e-12 degree). Throws "usage" for an unusable polygon. */
export function stencilContains(stencil: Stencil, position: IcrsPosition): boolean {
  switch (stencil.shape) {
    case "circle": {
      const distance = angleBetween(toUnitVector(stencil.center), toUnitVector(position));
      return distance <= stencil.radiusDegrees * RADIANS_PER_DEGREE + TOUCH_RADIANS;
    }
    case "range":
      return rangeContains(stencil, position);
    case "polygon":
      return polygonContains(sphericalPolygon(stencil.vertices), toUnitVector(position));
    default:
      return stencil satisfies never;
  }
}
