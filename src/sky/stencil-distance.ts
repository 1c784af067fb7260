import { nearestOnArc } from "./great-arc.ts";
import { angleBetween } from "./separation.ts";
import { rangeContains, rangeCorners, rangeMeridians, rangeParallels, raSpanDegrees } from "./sky-range.ts";
import { signedDistance, sphericalPolygon } from "./spherical-polygon.ts";
import type { RangeStencil, Stencil } from "./stencil.ts";
import { fromUnitVector, RADIANS_PER_DEGREE, toUnitVector } from "./unit-vector.ts";
import type { UnitVector } from "./unit-vector.ts";

/** Distance of a direction to the border of a shape, radians, negative inside; ready to be asked many times. */
export function distanceToStencil(stencil: Stencil): (point: UnitVector) => number {
  switch (stencil.shape) {
    case "circle": {
      const center = toUnitVector(stencil.center);
      const radius = stencil.radiusDegrees * RADIANS_PER_DEGREE;
      return (point) => angleBetween(center, point) - radius;
    }
    case "polygon": {
      const polygon = sphericalPolygon(stencil.vertices);
      return (point) => signedDistance(polygon, point);
    }
    case "range":
      return distanceToRange(stencil);
    default:
      return stencil satisfies never;
  }
}

function distanceToRange(range: RangeStencil): (point: UnitVector) => number {
  const corners = rangeCorners(range).map(toUnitVector);
  const meridians = rangeMeridians(range);
  const parallels = rangeParallels(range);
  const whole = raSpanDegrees(range) === 360;
  // Beside the arc of a parallel its ends are the nearest. A pole alone has no border but them.
  const isPole = parallels.length === 0 && range.decMaxDegrees - range.decMinDegrees < 90;
  const ends = !whole || isPole ? corners : [];
  const everyDec = { ...range, decMinDegrees: -90, decMaxDegrees: 90 };
  return (point) => {
    const position = fromUnitVector(point);
    let best = Math.PI;
    for (const meridian of meridians) best = Math.min(best, nearestOnArc(meridian, point).radians);
    for (const corner of ends) best = Math.min(best, angleBetween(corner, point));
    if (whole || rangeContains(everyDec, position)) {
      for (const dec of parallels) best = Math.min(best, Math.abs(dec - position.decDegrees) * RADIANS_PER_DEGREE);
    }
    return rangeContains(range, position) ? -best : best;
  };
}
