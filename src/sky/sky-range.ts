import { greatArc, TOUCH_RADIANS } from "./great-arc.ts";
import type { GreatArc } from "./great-arc.ts";
import type { IcrsPosition } from "./position.ts";
import type { RangeStencil } from "./stencil.ts";
import { DEGREES_PER_RADIAN, toUnitVector, wrapDegrees } from "./unit-vector.ts";

const TOUCH_DEGREES = TOUCH_RADIANS * DEGREES_PER_RADIAN;

/** Width in RA, degrees, [0, 360]. Bounds that differ by 360 or more are the whole circle; equal ones are one meridian. */
export function raSpanDegrees(range: RangeStencil): number {
  const span = range.raMaxDegrees - range.raMinDegrees;
  return span >= 360 - TOUCH_DEGREES ? 360 : wrapDegrees(span);
}

export function rangeContains(range: RangeStencil, position: IcrsPosition): boolean {
  const { raDegrees, decDegrees } = position;
  if (decDegrees < range.decMinDegrees - TOUCH_DEGREES || decDegrees > range.decMaxDegrees + TOUCH_DEGREES)
    return false;
  if (90 - Math.abs(decDegrees) <= TOUCH_DEGREES) return true; // every meridian ends here
  const span = raSpanDegrees(range);
  if (span === 360) return true;
  const east = wrapDegrees(raDegrees - range.raMinDegrees);
  // RA has 6e-14 degree resolution near 360: the border is as thick as that, in RA.
  return east <= span + TOUCH_DEGREES || east >= 360 - TOUCH_DEGREES;
}

/** Points of the border, at least one of every closed curve that it consists of. */
export function rangeCorners(range: RangeStencil): IcrsPosition[] {
  const { raMinDegrees, raMaxDegrees, decMinDegrees, decMaxDegrees } = range;
  return [
    { raDegrees: wrapDegrees(raMinDegrees), decDegrees: decMinDegrees },
    { raDegrees: wrapDegrees(raMaxDegrees), decDegrees: decMinDegrees },
    { raDegrees: wrapDegrees(raMaxDegrees), decDegrees: decMaxDegrees },
    { raDegrees: wrapDegrees(raMinDegrees), decDegrees: decMaxDegrees },
  ];
}

/** The meridians of the border as arcs shorter than 180°; none for the whole circle. */
export function rangeMeridians(range: RangeStencil): GreatArc[] {
  if (raSpanDegrees(range) === 360 || range.decMinDegrees === range.decMaxDegrees) return [];
  const middle = (range.decMinDegrees + range.decMaxDegrees) / 2;
  return [range.raMinDegrees, range.raMaxDegrees].flatMap((raDegrees) => {
    const [south, centre, north] = [range.decMinDegrees, middle, range.decMaxDegrees].map((decDegrees) =>
      toUnitVector({ raDegrees, decDegrees }),
    ) as [GreatArc["start"], GreatArc["start"], GreatArc["start"]];
    return [greatArc(south, centre), greatArc(centre, north)];
  });
}

/** The declinations at which the border follows a parallel (a pole is none), degrees. */
export function rangeParallels(range: RangeStencil): number[] {
  return [range.decMinDegrees, range.decMaxDegrees].filter((dec) => 90 - Math.abs(dec) > TOUCH_DEGREES);
}
