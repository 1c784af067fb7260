import { ServiceError } from "../errors.ts";
import type { Header } from "../fits/header.ts";
import { makeCelestialMap } from "./celestial-map.ts";
import { frameToIcrs } from "./frames.ts";
import { parseLinear } from "./linear.ts";
import { parseFrame } from "./parse-frame.ts";
import type { Wcs } from "./wcs.ts";
import { readWcsKeywords } from "./wcs-keywords.ts";
import type { WcsKeywords } from "./wcs-keywords.ts";

/**
 * The celestial coordinates of an image header: the primary description, or the alternate "A" to "Z". Null where it
 * has none. "unsupported" for projections that are not known, "corrupt-data" for keywords that contradict themselves.
 */
export function parseWcs(header: Header, options: { readonly alternate?: string } = {}): Wcs | null {
  const keywords = readWcsKeywords(header, (options.alternate ?? "").trim().toUpperCase());
  const shape = shapeOf(header);
  const axes = findCelestialAxes(keywords, Math.max(keywords.axisCount, shape.length));
  if (axes === null) return null;
  const { lon, lat, lonName, code } = axes;
  if (keywords.optionalNumber(`CRVAL${lon}`) === undefined && keywords.optionalNumber(`CRVAL${lat}`) === undefined) {
    const need = `CRVAL${lon} and CRVAL${lat}, the position of the reference pixel`;
    throw new ServiceError(
      "corrupt-data",
      `Cannot use CTYPE${lon} = "${keywords.string(`CTYPE${lon}`)}": it needs ${need}`,
    );
  }
  const lonUnit = degreesPerUnit(keywords.string(`CUNIT${lon}`), `CUNIT${lon}`);
  const latUnit = degreesPerUnit(keywords.string(`CUNIT${lat}`), `CUNIT${lat}`);
  const x = Math.min(lon, lat);
  const y = Math.max(lon, lat);
  const linear = parseLinear(keywords, { lon, lat, x, y }, { lon: lonUnit, lat: latUnit });
  const map = makeCelestialMap({
    code,
    lon0: keywords.number(`CRVAL${lon}`, 0) * lonUnit,
    lat0: keywords.number(`CRVAL${lat}`, 0) * latUnit,
    lonPole: keywords.optionalNumber("LONPOLE"),
    latPole: keywords.optionalNumber("LATPOLE"),
    lonParameters: keywords.parameters(lon),
    latParameters: keywords.parameters(lat),
  });
  const frame = parseFrame(header, keywords, lonName);
  return {
    shape,
    lonAxis: lon - 1,
    latAxis: lat - 1,
    pixelAxes: [x - 1, y - 1],
    frame,
    projectionCode: code,
    pixelScaleDegrees: Math.sqrt(Math.abs(linear.determinant)),
    pixelDistortion: null,
    linear,
    planeDistortion: null,
    map,
    toFrame: frameToIcrs(frame),
  };
}

type CelestialAxes = {
  /** Axis numbers from 1. */
  readonly lon: number;
  readonly lat: number;
  /** "RA", "GLON", "HPLN" … */
  readonly lonName: string;
  /** "TAN"; "" for axes without projection. */
  readonly code: string;
  /** "-SIP" of "RA---TAN-SIP". */
  readonly suffix: string;
};

const CELESTIAL_TYPE = /^(RA|DEC|[A-Z](?:LON|LAT)|[A-Z]{2}(?:LN|LT))(?:(-+)([A-Z0-9]{3})(-[A-Z]{3})?)?$/;

/** The first longitude axis that has its latitude. "4-3" form: name, hyphens up to column 5, code (Paper I, table 1). */
function findCelestialAxes(keywords: WcsKeywords, axisCount: number): CelestialAxes | null {
  const found = new Map<string, { axis: number; code: string; suffix: string }>();
  for (let axis = 1; axis <= axisCount; axis++) {
    const match = CELESTIAL_TYPE.exec(keywords.string(`CTYPE${axis}`).trim().toUpperCase());
    if (match === null) continue;
    const [, name = "", hyphens = "", code = "", suffix = ""] = match;
    if (code !== "" && name.length + hyphens.length !== 5) continue;
    if (!found.has(name)) found.set(name, { axis, code, suffix });
  }
  for (const [lonName, lon] of found) {
    const latName = lonName === "RA" ? "DEC" : lonName.replace(/LON$/, "LAT").replace(/LN$/, "LT");
    const lat = found.get(latName);
    if (latName === lonName || lat === undefined) continue;
    if (lat.code !== lon.code) {
      const given = `CTYPE${lon.axis} has ${lon.code || "none"} and CTYPE${lat.axis} ${lat.code || "none"}`;
      throw new ServiceError("corrupt-data", `Cannot use two projections: ${given}, and they need the same`);
    }
    return { lon: lon.axis, lat: lat.axis, lonName, code: lon.code, suffix: lon.suffix };
  }
  return null;
}

/** NAXISn of the image: for a compressed one those of the image inside (FITS Standard 4.0, section 10.1). */
function shapeOf(header: Header): number[] {
  const prefix = header.get("ZIMAGE") === true ? "Z" : "";
  const count = header.getInteger(`${prefix}NAXIS`) ?? 0;
  if (!(count >= 0 && count <= 999)) {
    throw new ServiceError("corrupt-data", `Cannot use ${prefix}NAXIS = ${count}: it needs to be in [0, 999]`);
  }
  const shape: number[] = [];
  for (let axis = 1; axis <= count; axis++) shape.push(header.getInteger(`${prefix}NAXIS${axis}`) ?? 0);
  return shape;
}

const DEGREES_PER_UNIT = new Map([
  ["", 1],
  ["deg", 1],
  ["degree", 1],
  ["degrees", 1],
  ["arcmin", 1 / 60],
  ["arcsec", 1 / 3600],
  ["mas", 1 / 3.6e6],
  ["rad", 180 / Math.PI],
]);

function degreesPerUnit(unit: string, keyword: string): number {
  const degrees = DEGREES_PER_UNIT.get(unit.trim().toLowerCase());
  if (degrees !== undefined) return degrees;
  throw new ServiceError("unsupported", `Cannot use ${keyword} = "${unit}": it needs deg, arcmin, arcsec, mas or rad`);
}
