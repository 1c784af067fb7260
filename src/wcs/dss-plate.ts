import { ServiceError } from "../errors.ts";
import type { Header } from "../fits/header.ts";
import { invertByNewton, senseAt } from "./distortion-newton.ts";
import type { Jet } from "./distortion-newton.ts";
import { polynomialGradient, polynomialOf } from "./distortion-polynomial.ts";
import type { Polynomial, Term } from "./distortion-polynomial.ts";
import type { Distortion } from "./distortion.ts";
import { linearOf } from "./linear.ts";
import type { Linear } from "./linear.ts";

/** The plate solution of a Digitized Sky Survey image: a TAN projection of the whole plate, bent by polynomials. */
export type DssPlate = {
  /** The centre of the plate, degrees. */
  readonly lon0: number;
  readonly lat0: number;
  readonly linear: Linear;
  readonly distortion: Distortion;
};

const NEEDED = ["AMDX1", "AMDY1", "PPO3", "PPO6", "XPIXELSZ", "YPIXELSZ", "CNPIX1", "CNPIX2", "PLTRAH", "PLTDECD"];
const TOLERANCE = 1e-15; // degrees

type Power = readonly [factor: number, p: number, q: number];

/** Powers of x and y (millimetres on the plate) of AMDX1 … AMDX13; those of AMDY have x and y exchanged. */
const TERMS: readonly (readonly Power[])[] = [
  [[1, 1, 0]],
  [[1, 0, 1]],
  [[1, 0, 0]],
  [[1, 2, 0]],
  [[1, 1, 1]],
  [[1, 0, 2]],
  [[1, 2, 0], [1, 0, 2]], // prettier-ignore
  [[1, 3, 0]],
  [[1, 2, 1]],
  [[1, 1, 2]],
  [[1, 0, 3]],
  [[1, 3, 0], [1, 1, 2]], // prettier-ignore
  [[1, 5, 0], [2, 3, 2], [1, 1, 4]], // prettier-ignore
];

/**
 * The plate solution in the keywords of the Digitized Sky Survey, null where they are not there. As WCSLIB does, it
 * goes before CRPIX, CRVAL and the matrix, which are its approximation in the same headers (some 0.5").
 *
 *   pixel i (from 1) → x = (PPO3 - XPIXELSZ (i + CNPIX1 - 0.5)) / 1000 mm, y likewise with the other sign
 *   x, y → ξ = Σ AMDX · powers, η = Σ AMDY · powers, arcseconds in the tangent plane at the plate centre
 */
export function parseDssPlate(header: Header): DssPlate | null {
  if (!NEEDED.every((keyword) => header.has(keyword))) return null;
  const number = (keyword: string) => {
    const value = header.getNumber(keyword) ?? 0;
    if (Number.isFinite(value)) return value;
    throw new ServiceError("corrupt-data", `Cannot use ${keyword} = ${value}: it needs a finite number`);
  };
  // Degrees per millimetre: what the linear step takes over of the polynomials, so that its plane is in degrees.
  const xScale = number("AMDX1") / 3600;
  const yScale = number("AMDY1") / 3600;
  const xSize = number("XPIXELSZ");
  const ySize = number("YPIXELSZ");
  const linear = linearOf({
    x0: number("PPO3") / xSize - number("CNPIX1") - 0.5,
    y0: number("PPO6") / ySize - number("CNPIX2") - 0.5,
    a: (-xSize / 1000) * xScale,
    b: 0,
    c: 0,
    d: (ySize / 1000) * yScale,
  });
  const xi = polynomialOf(TERMS.flatMap((powers, n) => termsOf(number(`AMDX${n + 1}`), powers)));
  const eta = polynomialOf(TERMS.flatMap((powers, n) => termsOf(number(`AMDY${n + 1}`), powers.map(exchanged))));
  const sign = header.getString("PLTDECSN")?.trim() === "-" ? -1 : 1;
  return {
    lon0: 15 * (number("PLTRAH") + number("PLTRAM") / 60 + number("PLTRAS") / 3600),
    lat0: sign * (number("PLTDECD") + number("PLTDECM") / 60 + number("PLTDECS") / 3600),
    linear,
    distortion: createPlate({ xi, eta, xScale, yScale }),
  };
}

function termsOf(coefficient: number, powers: readonly Power[]): Term[] {
  return coefficient === 0 ? [] : powers.map(([factor, p, q]) => ({ coefficient: factor * coefficient, p, q }));
}

function exchanged([factor, p, q]: Power): Power {
  return [factor, q, p];
}

/** From degrees by the linear step alone to degrees in the tangent plane. */
function createPlate(plate: { xi: Polynomial; eta: Polynomial; xScale: number; yScale: number }): Distortion {
  const { xi, eta, xScale, yScale } = plate;
  function jetAt(u: number, v: number): Jet {
    const x = u / xScale;
    const y = v / yScale;
    const [a, ax, ay] = polynomialGradient(xi, x, y);
    const [b, bx, by] = polynomialGradient(eta, x, y);
    return [a / 3600, b / 3600, ax / (3600 * xScale), ay / (3600 * yScale), bx / (3600 * xScale), by / (3600 * yScale)];
  }
  const sense = senseAt(jetAt(0, 0));
  return {
    apply(u, v) {
      const [x, y] = jetAt(u, v);
      return [x, y];
    },
    invert: (x, y) => invertByNewton(jetAt, { target: [x, y], start: [x, y], tolerance: TOLERANCE, sense }),
  };
}
