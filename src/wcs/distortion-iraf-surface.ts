import { ServiceError } from "../errors.ts";
import type { Gradient } from "./distortion-polynomial.ts";

/** Coefficients of a surface z(x, y), as IRAF's surface fitting stores them in a WAT string. */
export type IrafSurface = {
  readonly basis: "chebyshev" | "legendre" | "power";
  readonly xOrder: number;
  readonly yOrder: number;
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  /** One row for each power of y, from 0, its columns the powers of x that it takes. */
  readonly rows: readonly (readonly number[])[];
};

const MAX_ORDER = 30;
const BASES = { 1: "chebyshev", 2: "legendre", 3: "power" } as const;

/**
 * Reads "type xorder yorder crossterms xmin xmax ymin ymax c0 c1 …", x running fastest.
 *
 *   crossterms 0  x^i (all), then y^j, j ≥ 1: no mixed terms
 *              1  x^i y^j for all i < xorder, j < yorder
 *              2  those with i + j < max(xorder, yorder)
 */
export function parseIrafSurface(text: string): IrafSurface {
  const numbers = text
    .split(/[\s,]+/)
    .filter((word) => word !== "")
    .map((word) => Number(word.replace(/[dD]/, "E")));
  const [type, xOrder, yOrder, cross, xMin, xMax, yMin, yMax] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (numbers.length < 8 || numbers.some((n) => !Number.isFinite(n)))
    throw fault(text, "eight numbers and coefficients are needed");
  const basis = type === 1 || type === 2 || type === 3 ? BASES[type] : null;
  if (basis === null) throw fault(text, "the surface type must be 1, 2 or 3");
  for (const order of [xOrder, yOrder]) {
    if (!Number.isInteger(order) || order < 1 || order > MAX_ORDER)
      throw fault(text, `orders must be 1 to ${MAX_ORDER}`);
  }
  if (cross !== 0 && cross !== 1 && cross !== 2) throw fault(text, "the kind of cross terms must be 0, 1 or 2");
  if (basis !== "power" && (xMin === xMax || yMin === yMax)) throw fault(text, "the ranges must not be empty");
  const rows: number[][] = [];
  let next = 8;
  for (let j = 0; j < yOrder; j++) {
    const width = rowWidth({ xOrder, yOrder, cross }, j);
    rows.push(numbers.slice(next, next + width));
    next += width;
  }
  if (next > numbers.length) throw fault(text, `${next - 8} coefficients are needed, not ${numbers.length - 8}`);
  return { basis, xOrder, yOrder, xRange: [xMin, xMax], yRange: [yMin, yMax], rows };
}

function rowWidth({ xOrder, yOrder, cross }: { xOrder: number; yOrder: number; cross: 0 | 1 | 2 }, j: number): number {
  if (cross === 1 || j === 0) return xOrder;
  return cross === 0 ? 1 : Math.min(xOrder, Math.max(xOrder, yOrder) - j);
}

export function surfaceGradient(surface: IrafSurface, x: number, y: number): Gradient {
  const [xValues, xSlopes] = basisAt(surface.basis, surface.xOrder, surface.xRange, x);
  const [yValues, ySlopes] = basisAt(surface.basis, surface.yOrder, surface.yRange, y);
  const result: Gradient = [0, 0, 0];
  surface.rows.forEach((row, j) => {
    let value = 0;
    let slope = 0;
    row.forEach((coefficient, i) => {
      value += coefficient * xValues[i];
      slope += coefficient * xSlopes[i];
    });
    result[0] += value * yValues[j];
    result[1] += slope * yValues[j];
    result[2] += value * ySlopes[j];
  });
  return result;
}

/** Values and derivatives of the first `order` functions. Chebyshev and Legendre take the range to [-1, 1]. */
function basisAt(
  basis: IrafSurface["basis"],
  order: number,
  [min, max]: readonly [number, number],
  at: number,
): [values: number[], slopes: number[]] {
  const scale = basis === "power" ? 1 : 2 / (max - min);
  const t = basis === "power" ? at : (2 * at - (max + min)) / (max - min);
  const values = [1, t];
  const slopes = [0, 1];
  for (let k = 2; k < order; k++) {
    const [v1, v0] = [values[k - 1], values[k - 2]];
    const [s1, s0] = [slopes[k - 1], slopes[k - 2]];
    if (basis === "power") {
      values.push(t * v1);
      slopes.push(v1 + t * s1);
    } else if (basis === "chebyshev") {
      values.push(2 * t * v1 - v0);
      slopes.push(2 * v1 + 2 * t * s1 - s0);
    } else {
      values.push(((2 * k - 1) * t * v1 - (k - 1) * v0) / k);
      slopes.push(((2 * k - 1) * (v1 + t * s1) - (k - 1) * s0) / k);
    }
  }
  return [values, slopes.map((slope) => slope * scale)];
}

function fault(text: string, need: string): ServiceError {
  return new ServiceError(
    "corrupt-data",
    `Cannot read the correction "${text.slice(0, 60)}" of a TNX or ZPX axis: ${need}`,
  );
}
