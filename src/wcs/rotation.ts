import { RADIANS_PER_DEGREE } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";

/** A 3×3 matrix by rows; a column vector stands on its right. */
export type Matrix = readonly [UnitVector, UnitVector, UnitVector];

export const IDENTITY: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** Turns the axes (not the vector) by `degrees` about one of them: the R1, R2, R3 of the almanacs. */
export function axisRotation(axis: "x" | "y" | "z", degrees: number): Matrix {
  const c = Math.cos(degrees * RADIANS_PER_DEGREE);
  const s = Math.sin(degrees * RADIANS_PER_DEGREE);
  switch (axis) {
    case "x":
      return [
        [1, 0, 0],
        [0, c, s],
        [0, -s, c],
      ];
    case "y":
      return [
        [c, 0, -s],
        [0, 1, 0],
        [s, 0, c],
      ];
    case "z":
      return [
        [c, s, 0],
        [-s, c, 0],
        [0, 0, 1],
      ];
    default:
      return axis satisfies never;
  }
}

/** The product of matrices, applied from the last to the first. */
export function product(...matrices: [Matrix, ...Matrix[]]): Matrix {
  return matrices.reduce((a, b) => {
    const columns = transpose(b);
    return [transform(columns, a[0]), transform(columns, a[1]), transform(columns, a[2])];
  });
}

export function transpose(m: Matrix): Matrix {
  const [a, b, c] = m;
  return [
    [a[0], b[0], c[0]],
    [a[1], b[1], c[1]],
    [a[2], b[2], c[2]],
  ];
}

export function transform(m: Matrix, v: UnitVector): UnitVector {
  const [a, b, c] = m;
  const [x, y, z] = v;
  return [a[0] * x + a[1] * y + a[2] * z, b[0] * x + b[1] * y + b[2] * z, c[0] * x + c[1] * y + c[2] * z];
}

/** The inverse of a matrix that need not be a pure rotation, by cofactors. */
export function inverse(m: Matrix): Matrix {
  const [[a, b, c], [d, e, f], [g, h, i]] = m;
  const k = 1 / (a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g));
  return [
    [k * (e * i - f * h), k * (c * h - b * i), k * (b * f - c * e)],
    [k * (f * g - d * i), k * (a * i - c * g), k * (c * d - a * f)],
    [k * (d * h - e * g), k * (b * g - a * h), k * (a * e - b * d)],
  ];
}
