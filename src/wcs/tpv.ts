import type { Header } from "../fits/header.ts";
import { invertByNewton, senseAt } from "./distortion-newton.ts";
import type { Jet } from "./distortion-newton.ts";
import { polynomialGradient, polynomialOf } from "./distortion-polynomial.ts";
import type { Gradient, Polynomial, Term } from "./distortion-polynomial.ts";
import type { Distortion } from "./distortion.ts";

/** Degrees: 4e-9 arcsecond. */
const TOLERANCE = 1e-15;

/** The powers of the term with each PV index for the longitude axis; the latitude axis has them exchanged. */
const TERMS: readonly (readonly [p: number, q: number] | { readonly radius: 1 | 3 | 5 | 7 })[] = [
  ...[[0, 0] as const, [1, 0] as const, [0, 1] as const, { radius: 1 } as const],
  ...[...falling(2), ...falling(3), { radius: 3 } as const],
  ...[...falling(4), ...falling(5), { radius: 5 } as const],
  ...[...falling(6), ...falling(7), { radius: 7 } as const],
];

/** x^d, x^(d-1) y, … y^d */
function falling(degree: number): (readonly [number, number])[] {
  return Array.from({ length: degree + 1 }, (_, q) => [degree - q, q] as const);
}

export type CelestialAxes = {
  /** Numbers of the axes of longitude and latitude, from 1 (the i of PVi_m). */
  readonly longitudeAxis: number;
  readonly latitudeAxis: number;
  /** Letter of an alternative description; "" for the primary one. */
  readonly alternate?: string | undefined;
};

/**
 * The TPV distortion of a header (Registry of FITS conventions, TPV), null where it has no PV terms:
 *
 *   ξ' = PV1_0 + PV1_1 ξ + PV1_2 η + PV1_3 r + PV1_4 ξ² + PV1_5 ξη + PV1_6 η² + …     r = √(ξ² + η²)
 *   η' = PV2_0 + PV2_1 η + PV2_2 ξ + PV2_3 r + PV2_4 η² + PV2_5 ξη + PV2_6 ξ² + …     up to index 39
 *
 * in degrees of the tangent plane; index 1 is 1 where not given, the others 0.
 */
export function parseTpv(header: Header, axes: CelestialAxes): Distortion | null {
  const xi = parseAxis(header, axes, "longitude");
  const eta = parseAxis(header, axes, "latitude");
  return xi.given || eta.given ? createTpv(xi, eta) : null;
}

/**
 * Whether a header that says TAN holds PV terms of SCAMP, which mean TPV: index 5 or more is nothing else on a TAN axis
 * (0 to 4 of the longitude axis are the reference point and poles of WCS paper II).
 */
export function hasScampTerms(header: Header, { longitudeAxis, latitudeAxis, alternate = "" }: CelestialAxes): boolean {
  return [longitudeAxis, latitudeAxis].some((axis) =>
    TERMS.some((_, index) => index >= 5 && header.has(`PV${axis}_${index}${alternate}`)),
  );
}

type AxisTerms = {
  readonly given: boolean;
  readonly polynomial: Polynomial;
  /** Coefficients of r, r³, r⁵, r⁷. */
  readonly radial: readonly number[];
};

function parseAxis(header: Header, axes: CelestialAxes, which: "longitude" | "latitude"): AxisTerms {
  const axis = which === "longitude" ? axes.longitudeAxis : axes.latitudeAxis;
  const radial = [0, 0, 0, 0];
  const terms: Term[] = [];
  let given = false;
  TERMS.forEach((term, index) => {
    const value = header.getNumber(`PV${axis}_${index}${axes.alternate ?? ""}`);
    given ||= value !== undefined;
    const coefficient = value ?? (index === 1 ? 1 : 0);
    if (coefficient === 0) return;
    if ("radius" in term) radial[(term.radius - 1) / 2] = coefficient;
    else if (which === "longitude") terms.push({ coefficient, p: term[0], q: term[1] });
    else terms.push({ coefficient, p: term[1], q: term[0] });
  });
  return { given, polynomial: polynomialOf(terms), radial };
}

function createTpv(xi: AxisTerms, eta: AxisTerms): Distortion {
  function jetAt(x: number, y: number): Jet {
    const a = gradient(xi, x, y);
    const b = gradient(eta, x, y);
    return [a[0], b[0], a[1], a[2], b[1], b[2]];
  }
  const sense = senseAt(jetAt(0, 0));
  return {
    apply: (x, y) => [gradient(xi, x, y)[0], gradient(eta, x, y)[0]],
    invert: (x, y) => invertByNewton(jetAt, { target: [x, y], start: [x, y], tolerance: TOLERANCE, sense }),
  };
}

function gradient({ polynomial, radial }: AxisTerms, x: number, y: number): Gradient {
  const found = polynomialGradient(polynomial, x, y);
  const r2 = x * x + y * y;
  const r = Math.sqrt(r2);
  if (r === 0) return found; // where r has no derivative
  const [c1, c3, c5, c7] = radial as [number, number, number, number];
  if (c1 === 0 && c3 === 0 && c5 === 0 && c7 === 0) return found;
  const slope = (c1 + r2 * (3 * c3 + r2 * (5 * c5 + r2 * 7 * c7))) / r;
  return [found[0] + r * (c1 + r2 * (c3 + r2 * (c5 + r2 * c7))), found[1] + slope * x, found[2] + slope * y];
}
