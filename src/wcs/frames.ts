import { ServiceError } from "../errors.ts";
import type { IcrsPosition } from "../sky/position.ts";
import { fromUnitVector, normalize, toUnitVector, wrapDegrees } from "../sky/unit-vector.ts";
import type { UnitVector } from "../sky/unit-vector.ts";
import { addETerms, eTerms, fk4ToFk5, julianYearOfBesselian, newcombPrecession, removeETerms } from "./fk4.ts";
import { meanEclipticFromIcrs, precessionFromJ2000 } from "./precession.ts";
import { axisRotation, IDENTITY, inverse, product, transform, transpose } from "./rotation.ts";
import type { Matrix } from "./rotation.ts";

/** What the longitude and latitude of a header refer to (FITS Standard 4.0, sections 8.3 and 8.3.1). */
export type CelestialFrame = {
  /** "native": anything without a fixed relation to ICRS here: helio- and planetographic, GAPPT, unknown names. */
  readonly system: "ICRS" | "FK5" | "FK4" | "FK4-NO-E" | "GALACTIC" | "SUPERGALACTIC" | "ECLIPTIC" | "native";
  /** Year, Besselian for FK4 and FK4-NO-E (1950 if not given), else Julian (2000). */
  readonly equinox?: number | undefined;
  /** Julian year of the observation, which FK4's rotation needs; the equinox if not given. */
  readonly obstime?: number | undefined;
};

export type FrameConversion = {
  readonly toIcrs: (lonDegrees: number, latDegrees: number) => IcrsPosition;
  readonly fromIcrs: (position: IcrsPosition) => { readonly lonDegrees: number; readonly latDegrees: number };
  /** `fromIcrs` of directions as vectors; null where that is no turn of the sphere alone. */
  readonly rotation: Matrix | null;
};

/** The precession polynomials mean nothing far from now. */
const FIRST_YEAR = 1000;
const LAST_YEAR = 3000;

/** Both directions of one frame, each the exact inverse of the other; null for a "native" one. */
export function frameToIcrs(frame: CelestialFrame): FrameConversion | null {
  switch (frame.system) {
    case "native":
      return null;
    case "ICRS":
      return {
        toIcrs: (lon, decDegrees) => ({ raDegrees: wrapDegrees(lon), decDegrees }),
        fromIcrs: ({ raDegrees, decDegrees }) => ({ lonDegrees: raDegrees, latDegrees: decDegrees }),
        rotation: IDENTITY,
      };
    case "FK5":
      return byMatrix(product(precessionFromJ2000(yearOf(frame, "equinox", 2000)), ICRS_TO_FK5));
    case "GALACTIC":
      return byMatrix(product(FK5_TO_GALACTIC, ICRS_TO_FK5));
    case "SUPERGALACTIC":
      return byMatrix(product(GALACTIC_TO_SUPERGALACTIC, FK5_TO_GALACTIC, ICRS_TO_FK5));
    case "ECLIPTIC":
      return byMatrix(meanEclipticFromIcrs(yearOf(frame, "equinox", 2000)));
    case "FK4":
    case "FK4-NO-E":
      return fk4Conversion(frame);
    default:
      return frame.system satisfies never;
  }
}

/** Frame bias of FK5 at J2000: -22.9, 9.1, -19.9 mas (Kaplan 2005, USNO Circular 179). */
const ICRS_TO_FK5 = product(
  axisRotation("x", 19.9 / 3.6e6),
  axisRotation("y", 9.1 / 3.6e6),
  axisRotation("z", -22.9 / 3.6e6),
);

/** The IAU 1958 system (pole 192.25°, 27.4° and l 123° of the celestial pole at B1950), carried to FK5 J2000 as astropy has it. */
const FK5_TO_GALACTIC = product(
  axisRotation("z", 180 - 122.9319185680026),
  axisRotation("y", 90 - 27.12825118085622),
  axisRotation("z", 192.8594812065348),
);

/** North pole at l 47.37°, b 6.32°, zero meridian at l 137.37° (de Vaucouleurs et al. 1991, RC3). */
const GALACTIC_TO_SUPERGALACTIC = product(
  axisRotation("z", 90),
  axisRotation("y", 90 - 6.32),
  axisRotation("z", 47.37),
);

function byMatrix(fromIcrs: Matrix): FrameConversion {
  const toIcrs = transpose(fromIcrs);
  return {
    toIcrs: (lon, lat) => fromUnitVector(transform(toIcrs, vectorOf(lon, lat))),
    fromIcrs: (position) => angles(transform(fromIcrs, toUnitVector(position))),
    rotation: fromIcrs,
  };
}

function fk4Conversion(frame: CelestialFrame): FrameConversion {
  const equinox = yearOf(frame, "equinox", 1950);
  const observed = yearOf(frame, "obstime", julianYearOfBesselian(equinox));
  // Murray's matrix is no pure rotation away from 1950 (by 1e-8 a century): its inverse, not its transpose, leads back.
  const toIcrs = product(transpose(ICRS_TO_FK5), fk4ToFk5(observed), newcombPrecession(equinox, 1950));
  const fromIcrs = inverse(toIcrs);
  const terms: UnitVector = frame.system === "FK4" ? eTerms(equinox) : [0, 0, 0];
  return {
    toIcrs: (lon, lat) => fromUnitVector(transform(toIcrs, removeETerms(vectorOf(lon, lat), terms))),
    fromIcrs: (position) => angles(addETerms(normalize(transform(fromIcrs, toUnitVector(position))), terms)),
    rotation: null,
  };
}

function yearOf(frame: CelestialFrame, which: "equinox" | "obstime", byDefault: number): number {
  const year = frame[which] ?? byDefault;
  if (year >= FIRST_YEAR && year <= LAST_YEAR) return year;
  throw new ServiceError(
    "unsupported",
    `Cannot use ${which} ${year} of ${frame.system}: it must be a year from ${FIRST_YEAR} to ${LAST_YEAR}`,
  );
}

function vectorOf(lonDegrees: number, latDegrees: number): UnitVector {
  return toUnitVector({ raDegrees: lonDegrees, decDegrees: latDegrees });
}

function angles(vector: UnitVector): { lonDegrees: number; latDegrees: number } {
  const { raDegrees, decDegrees } = fromUnitVector(vector);
  return { lonDegrees: raDegrees, latDegrees: decDegrees };
}
