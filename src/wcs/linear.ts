import { ServiceError } from "../errors.ts";
import { cosDegrees, sinDegrees } from "./native.ts";
import type { WcsKeywords } from "./wcs-keywords.ts";

/** Two of the axes of an image: the celestial ones, as rows (longitude, latitude) and columns (x, y). */
export type PlaneAxes = {
  /** Axis numbers i of CTYPEi, from 1. */
  readonly lon: number;
  readonly lat: number;
  /** Pixel axes j of CRPIXj, from 1. */
  readonly x: number;
  readonly y: number;
};

/**
 * Pixels to intermediate world coordinates and back (Paper I, section 2.1): the steps with CRPIX and the matrix. All
 * other pixel axes are at their CRPIX.
 *
 *   offset  x + 1 - CRPIX (pixels)
 *   plane   longitude = a·dx + b·dy, latitude = c·dx + d·dy (degrees)
 */
export type Linear = {
  /** Pixel of CRPIX, counted from 0. */
  readonly x0: number;
  readonly y0: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly determinant: number;
};

/** A 2 × 2 matrix with less than this of its scale left is taken as singular. */
const SINGULAR = 1e-13;

/**
 * The linear step of these axes. Precedence as in WCSLIB: PCi_j with CDELTi over CDi_j over CROTAi with CDELTi.
 * `units` is degrees in one CUNIT of each row. "corrupt-data" where the matrix is singular.
 */
export function parseLinear(
  keywords: WcsKeywords,
  axes: PlaneAxes,
  units: { readonly lon: number; readonly lat: number },
): Linear {
  const [[a, b], [c, d]] = matrixOf(keywords, axes);
  return linearOf({
    x0: keywords.number(`CRPIX${axes.x}`, 0) - 1,
    y0: keywords.number(`CRPIX${axes.y}`, 0) - 1,
    a: a * units.lon,
    b: b * units.lon,
    c: c * units.lat,
    d: d * units.lat,
  });
}

/** With its determinant; "corrupt-data" where the matrix is singular. */
export function linearOf(linear: Omit<Linear, "determinant">): Linear {
  const determinant = linear.a * linear.d - linear.b * linear.c;
  const scale = Math.abs(linear.a * linear.d) + Math.abs(linear.b * linear.c);
  if (!(Math.abs(determinant) > SINGULAR * scale) || !Number.isFinite(1 / determinant)) {
    const matrix = `(${linear.a}, ${linear.b}; ${linear.c}, ${linear.d})`;
    throw new ServiceError("corrupt-data", `Cannot use the WCS matrix ${matrix} (degrees per pixel): it is singular`);
  }
  return { ...linear, determinant };
}

function matrixOf(keywords: WcsKeywords, { lon, lat, x, y }: PlaneAxes): readonly [RowOfTwo, RowOfTwo] {
  const lonDelta = keywords.number(`CDELT${lon}`, 1);
  const latDelta = keywords.number(`CDELT${lat}`, 1);
  const rotation = keywords.number(`CROTA${lat}`, 0);
  let element: (i: number, j: number) => number;
  if (keywords.hasPc) {
    element = (i, j) => (i === lon ? lonDelta : latDelta) * (keywords.matrixElement("PC", i, j) ?? (i === j ? 1 : 0));
  } else if (keywords.hasCd) {
    // An axis whose row and column the header leaves out altogether has 1 on the diagonal, as for WCSLIB's cdfix.
    element = (i, j) => keywords.matrixElement("CD", i, j) ?? (i === j && !keywords.hasCdOfAxis(i) ? 1 : 0);
  } else {
    // The old convention (Paper II, section 6.1): CROTAi of the latitude axis turns both.
    const cosine = cosDegrees(rotation);
    const sine = sinDegrees(rotation);
    element = (i, j) => {
      if (j !== lon && j !== lat) return 0;
      if (i === j) return (i === lon ? lonDelta : latDelta) * cosine;
      return i === lon ? -latDelta * sine : lonDelta * sine;
    };
  }
  return [
    [element(lon, x), element(lon, y)],
    [element(lat, x), element(lat, y)],
  ];
}

type RowOfTwo = readonly [number, number];
