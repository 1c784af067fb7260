import { ServiceError } from "../errors.ts";
import type { Header } from "../fits/header.ts";
import { invertByNewton, senseAt } from "./distortion-newton.ts";
import type { Jet } from "./distortion-newton.ts";
import { evaluatePolynomial, polynomialGradient, polynomialOf } from "./distortion-polynomial.ts";
import type { Polynomial, Term } from "./distortion-polynomial.ts";
import type { Distortion, PlanePoint } from "./distortion.ts";

/** Orders above 9 have no keyword of eight characters (A_9_9). */
const MAX_ORDER = 9;
/** Pixels. */
const TOLERANCE = 1e-12;

/**
 * The SIP distortion of a header (Shupe et al. 2005, ADASS XIV, 491), null where it has none:
 *
 *   u' = u + Σ A_p_q u^p v^q      v' = v + Σ B_p_q u^p v^q      p + q ≤ order
 *
 * u, v are pixels from CRPIX. The inverse solves these, to 1e-12 pixel; AP and BP only say where to start.
 * Throws "corrupt-data" where one of A_ORDER and B_ORDER is missing or an order is none from 0 to 9.
 */
export function parseSip(header: Header): Distortion | null {
  if (!header.has("A_ORDER") && !header.has("B_ORDER")) return null;
  const a = sipPolynomial(header, "A");
  const b = sipPolynomial(header, "B");
  const guessA = sipPolynomial(header, "AP");
  const guessB = sipPolynomial(header, "BP");
  return createSip({ a, b, guessA, guessB });
}

function createSip(sip: { a: Polynomial; b: Polynomial; guessA: Polynomial; guessB: Polynomial }): Distortion {
  const { a, b, guessA, guessB } = sip;
  function jetAt(u: number, v: number): Jet {
    const [du, duu, duv] = polynomialGradient(a, u, v);
    const [dv, dvu, dvv] = polynomialGradient(b, u, v);
    return [u + du, v + dv, 1 + duu, duv, dvu, 1 + dvv];
  }
  const sense = senseAt(jetAt(0, 0));
  return {
    apply: (u, v) => [u + evaluatePolynomial(a, u, v), v + evaluatePolynomial(b, u, v)],
    invert: (x, y) => {
      const search = (start: PlanePoint) =>
        invertByNewton(jetAt, { target: [x, y], start, tolerance: TOLERANCE, sense });
      if (guessA.length === 0 && guessB.length === 0) return search([x, y]);
      // A bad AP, BP pair must not cost a solution that the plain start finds.
      return search([x + evaluatePolynomial(guessA, x, y), y + evaluatePolynomial(guessB, x, y)]) ?? search([x, y]);
    },
  };
}

/** Coefficients that are not there are 0; so is a whole inverse without its order. */
function sipPolynomial(header: Header, name: "A" | "B" | "AP" | "BP"): Polynomial {
  const order = header.getInteger(`${name}_ORDER`);
  if (order === undefined) {
    if (name.length === 2) return [];
    throw new ServiceError("corrupt-data", `Cannot read the SIP distortion: ${name}_ORDER is missing`);
  }
  if (order < 0 || order > MAX_ORDER) {
    throw new ServiceError("corrupt-data", `Cannot use ${name}_ORDER = ${order}: it must be from 0 to ${MAX_ORDER}`);
  }
  const terms: Term[] = [];
  for (let p = 0; p <= order; p++) {
    for (let q = 0; q <= order - p; q++) {
      const coefficient = header.getNumber(`${name}_${p}_${q}`);
      if (coefficient !== undefined && coefficient !== 0) terms.push({ coefficient, p, q });
    }
  }
  return polynomialOf(terms);
}
