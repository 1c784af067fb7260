import { combine, dot, normalize, RADIANS_PER_DEGREE } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { axisRotation, product } from "./rotation.ts";
import type { Matrix } from "./rotation.ts";

const ARCSEC = 1 / 3600;
/** Julian years in a Besselian (tropical) one, and the Julian year of B1900. */
const TROPICAL_YEAR = 365.242198781 / 365.25;
const JULIAN_YEAR_OF_B1900 = 1900 + (2415020.31352 - 2415020) / 365.25;

export function julianYearOfBesselian(besselianYear: number): number {
  return JULIAN_YEAR_OF_B1900 + (besselianYear - 1900) * TROPICAL_YEAR;
}

/** B1950 (FK4 without E-terms) → J2000 (FK5), for the equinoxes' own epochs: Murray 1989, A&A 218, 325, equation 28. */
const B1950_TO_J2000: Matrix = [
  [0.9999256794956877, -0.0111814832204662, -0.0048590038153592],
  [0.0111814832391717, 0.9999374848933135, -0.0000271625947142],
  [0.0048590037723143, -0.000027170293744, 0.9999881946023742],
];

/** FK4 rotates against FK5: change of the matrix in 1e-6 per Julian century after 1950 (equation 29 there). */
const B1950_TO_J2000_RATE: Matrix = [
  [-0.0026455262, -1.1539918689, 2.111134619],
  [1.1540628161, -0.0129042997, 0.0236021478],
  [-2.1112979048, -0.0056024448, 0.0102587734],
];

/** FK4 without E-terms at equinox B1950 → FK5 at J2000, for an observation in a Julian year. */
export function fk4ToFk5(observedJulianYear: number): Matrix {
  const k = ((observedJulianYear - 1950) / 100) * 1e-6;
  const row = (i: 0 | 1 | 2) => combine(B1950_TO_J2000[i], 1, B1950_TO_J2000_RATE[i], k);
  return [row(0), row(1), row(2)];
}

/** Newcomb's precession between Besselian years, mean equator and equinox of `from` → of `to`. */
export function newcombPrecession(from: number, to: number): Matrix {
  const t = (from - 1850) / 1000; // tropical millennia
  const dt = (to - from) / 1000;
  const common = 23035.545 + t * (139.72 + t * 0.06);
  const zeta = (common + dt * (30.24 - 0.27 * t + dt * 17.995)) * dt * ARCSEC;
  const z = (common + dt * (109.48 + 0.39 * t + dt * 18.325)) * dt * ARCSEC;
  const theta = (20051.12 - t * (85.29 + 0.37 * t) - dt * (42.65 + 0.37 * t + dt * 41.8)) * dt * ARCSEC;
  return product(axisRotation("z", -z), axisRotation("y", theta), axisRotation("z", -zeta));
}

/**
 * E-terms of aberration, the part that the Earth's elliptic orbit adds, which FK4 places keep
 * (Explanatory Supplement to the Astronomical Almanac, 1992). A vector in units of the speed of light.
 */
export function eTerms(equinoxBesselianYear: number): UnitVector {
  const julianYear = julianYearOfBesselian(equinoxBesselianYear);
  const t = (julianYear - julianYearOfBesselian(1950)) / 100;
  const j = (julianYear - 2000) / 100;
  const aberration = 0.0056932 * RADIANS_PER_DEGREE;
  const eccentricity = 0.01673011 - t * (0.00004193 + t * 0.000000126);
  const perigee = (1015489.951 + t * (6190.67 + t * (1.65 + t * 0.012))) * ARCSEC * RADIANS_PER_DEGREE;
  const obliquity = (84381.448 - j * (46.815 + j * (0.00059 - j * 0.001813))) * ARCSEC * RADIANS_PER_DEGREE;
  const size = eccentricity * aberration;
  return [
    size * Math.sin(perigee),
    -size * Math.cos(perigee) * Math.cos(obliquity),
    -size * Math.cos(perigee) * Math.sin(obliquity),
  ];
}

export function removeETerms(place: UnitVector, terms: UnitVector): UnitVector {
  return normalize(combine(place, 1 + dot(terms, place), terms, -1));
}

/** The exact inverse of `removeETerms`: the terms are 3e-7, so each round gains six digits. */
export function addETerms(direction: UnitVector, terms: UnitVector): UnitVector {
  let place = direction;
  for (let round = 0; round < 4; round++) {
    // place·(1 + t·p) − t must point along `direction`, with the length that makes |place| 1.
    place = normalize(combine(direction, lengthWithout(place, terms), terms, 1));
  }
  return place;
}

/** |place·(1 + terms·place) − terms| */
function lengthWithout(place: UnitVector, terms: UnitVector): number {
  const v = combine(place, 1 + dot(terms, place), terms, -1);
  return Math.sqrt(dot(v, v));
}
