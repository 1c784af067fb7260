import { ServiceError } from "../errors.ts";
import type { IcrsPosition } from "../sky/position.ts";
import { combine, fromUnitVector, normalize, toUnitVector, type UnitVector } from "../sky/unit-vector.ts";
import { RADIANS_PER_DEGREE } from "../sky/unit-vector.ts";

/** How large a cutout about a listed position is. */
export type CutoutSize =
  | { readonly kind: "circle"; readonly diameterArcmin: number }
  /** Along RA and along declination, on the plane that touches the sphere at the position. */
  | { readonly kind: "box"; readonly widthArcmin: number; readonly heightArcmin: number };

export const DEFAULT_SIZE: CutoutSize = { kind: "circle", diameterArcmin: 1 };

/** Half of the sky about the position. */
const MAX_ARCMIN = 180 * 60;

/** Two numbers stand apart by blanks, a comma, or an x. */
const SIZE = /^([\d.]+(?:e[+-]?\d+)?)(?:(?: *[,x×] *| +)([\d.]+(?:e[+-]?\d+)?))?$/i;
const NUMBER = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** One number (a circle of that diameter, whose window is a square of that side) or two (a box), in arc minutes. */
export function parseSize(text: string, name: string): CutoutSize {
  const trimmed = text.length > 100 ? "" : text.trim().replace(/\s+/g, " ");
  const words =
    SIZE.exec(trimmed)
      ?.slice(1)
      .filter((word) => word !== undefined) ?? [];
  const numbers = words.map((word) => (NUMBER.test(word) ? Number(word) : NaN));
  if (numbers.length === 0 || !numbers.every((value) => value > 0 && value <= MAX_ARCMIN)) {
    const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
    throw new ServiceError(
      "usage",
      `Cannot read ${name} ${shown}: it needs one number or two (width, height), in arc minutes, above 0 and at most ${MAX_ARCMIN}`,
    );
  }
  const [width, height] = numbers;
  return height === undefined
    ? { kind: "circle", diameterArcmin: width }
    : { kind: "box", widthArcmin: width, heightArcmin: height };
}

/** The shape about a position as the value of SODA's POS. */
export function formatPos(position: IcrsPosition, size: CutoutSize): string {
  if (size.kind === "circle") {
    const radiusDegrees = Number((size.diameterArcmin / 120).toPrecision(12));
    return `CIRCLE ${position.raDegrees} ${position.decDegrees} ${radiusDegrees}`;
  }
  const corners = boxCorners(position, size).map(
    ({ raDegrees, decDegrees }) => `${rounded(raDegrees)} ${rounded(decDegrees)}`,
  );
  return `POLYGON ${corners.join(" ")}`;
}

/**
 * South-east, south-west, north-west and north-east corner, by the gnomonic projection (Calabretta and Greisen 2002,
 * A&A 395, 1077, section 5.1.3): a box of pixels of an image that is centred there and has north up. East is where RA
 * grows, also at a pole, where the position's RA tells which way that is.
 */
function boxCorners(position: IcrsPosition, size: { widthArcmin: number; heightArcmin: number }): IcrsPosition[] {
  const axis = toUnitVector(position);
  const ra = position.raDegrees * RADIANS_PER_DEGREE;
  const dec = position.decDegrees * RADIANS_PER_DEGREE;
  const east: UnitVector = [-Math.sin(ra), Math.cos(ra), 0];
  const north: UnitVector = [-Math.sin(dec) * Math.cos(ra), -Math.sin(dec) * Math.sin(ra), Math.cos(dec)];
  const x = (size.widthArcmin / 120) * RADIANS_PER_DEGREE;
  const y = (size.heightArcmin / 120) * RADIANS_PER_DEGREE;
  return [
    [x, -y],
    [-x, -y],
    [-x, y],
    [x, y],
  ].map(([xi, eta]) => fromUnitVector(normalize(combine(combine(axis, 1, east, xi), 1, north, eta))));
}

/** To 10⁻¹⁰ degrees, 0.4 micro-arcseconds. */
function rounded(degrees: number): number {
  return Number(degrees.toFixed(10));
}
