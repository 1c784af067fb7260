import { ServiceError } from "../errors.ts";
import type { Header } from "../fits/header.ts";
import { findCelestialAxes } from "./celestial-axes.ts";
import type { CelestialAxes } from "./celestial-axes.ts";
import { makeCelestialMap } from "./celestial-map.ts";
import type { Distortion } from "./distortion.ts";
import { parseDssPlate } from "./dss-plate.ts";
import type { DssPlate } from "./dss-plate.ts";
import { frameToIcrs } from "./frames.ts";
import { parseLinear } from "./linear.ts";
import type { Linear, PlaneAxes } from "./linear.ts";
import { parseFrame } from "./parse-frame.ts";
import type { ProjectionParameters } from "./projections/projection.ts";
import { parseSip } from "./sip.ts";
import { parseTnx } from "./tnx.ts";
import { hasScampTerms, parseTpv } from "./tpv.ts";
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
  // A plate solution needs no CTYPE, and goes before it, as for WCSLIB.
  const plate = keywords.alternate === "" ? parseDssPlate(header) : null;
  const axes = plate === null ? findCelestialAxes(keywords, Math.max(keywords.axisCount, shape.length)) : PLATE_AXES;
  if (axes === null) return null;
  const { lon, lat, lonName } = axes;
  const x = Math.min(lon, lat);
  const y = Math.max(lon, lat);
  const { linear, lon0, lat0 } = plate ?? readLinearStage(keywords, { lon, lat, x, y });
  const stage = plate === null ? readPlaneStage(header, keywords, axes) : plateStage(plate);
  const { projectionCode, planeDistortion, lonParameters, latParameters } = stage;
  const map = makeCelestialMap({
    code: projectionCode,
    lon0,
    lat0,
    lonPole: keywords.optionalNumber("LONPOLE"),
    latPole: keywords.optionalNumber("LATPOLE"),
    lonParameters,
    latParameters,
  });
  const frame = parseFrame(header, keywords, lonName);
  return {
    shape,
    pixelAxes: [x - 1, y - 1],
    frame,
    projectionCode,
    pixelScaleDegrees: Math.sqrt(Math.abs(linear.determinant)),
    pixelDistortion: readPixelDistortion(header, keywords, { ...axes, x, y }),
    linear,
    planeDistortion,
    map,
    toFrame: frameToIcrs(frame),
  };
}

const PLATE_AXES: CelestialAxes = { lon: 1, lat: 2, lonName: "RA", code: "TAN", suffix: "" };

/** The matrix, and CRVAL in degrees. */
function readLinearStage(keywords: WcsKeywords, axes: PlaneAxes): { linear: Linear; lon0: number; lat0: number } {
  const { lon, lat } = axes;
  if (keywords.optionalNumber(`CRVAL${lon}`) === undefined && keywords.optionalNumber(`CRVAL${lat}`) === undefined) {
    const given = `CTYPE${lon} = "${keywords.string(`CTYPE${lon}`)}"`;
    const need = `CRVAL${lon} and CRVAL${lat}, the position of the reference pixel`;
    throw new ServiceError("corrupt-data", `Cannot use ${given}: it needs ${need}`);
  }
  const units = {
    lon: degreesPerUnit(keywords.string(`CUNIT${lon}`), `CUNIT${lon}`),
    lat: degreesPerUnit(keywords.string(`CUNIT${lat}`), `CUNIT${lat}`),
  };
  return {
    linear: parseLinear(keywords, axes, units),
    lon0: keywords.number(`CRVAL${lon}`, 0) * units.lon,
    lat0: keywords.number(`CRVAL${lat}`, 0) * units.lat,
  };
}

type PlaneStage = {
  /** The code of the papers that CTYPE stands for. */
  readonly projectionCode: string;
  readonly planeDistortion: Distortion | null;
  readonly lonParameters: ProjectionParameters;
  readonly latParameters: ProjectionParameters;
};

/** TPV, SCAMP's TAN, TNX and ZPX as a distortion of the plane and the projection below it. */
function readPlaneStage(header: Header, keywords: WcsKeywords, { lon, lat, code }: CelestialAxes): PlaneStage {
  const lonParameters = keywords.parameters(lon);
  const latParameters = keywords.parameters(lat);
  const axes = { longitudeAxis: lon, latitudeAxis: lat, alternate: keywords.alternate };
  if (code === "TPV" || (code === "TAN" && hasScampTerms(header, axes))) {
    const planeDistortion = parseTpv(header, axes);
    return { projectionCode: "TAN", planeDistortion, lonParameters: [], latParameters: [] };
  }
  if (code === "TNX" || code === "ZPX") {
    const { distortion, projectionParameters } = parseTnx(header, axes);
    const projectionCode = code === "TNX" ? "TAN" : "ZPN";
    return { projectionCode, planeDistortion: distortion, lonParameters, latParameters: projectionParameters };
  }
  return { projectionCode: code, planeDistortion: null, lonParameters, latParameters };
}

function plateStage({ distortion }: DssPlate): PlaneStage {
  return { projectionCode: "TAN", planeDistortion: distortion, lonParameters: [], latParameters: [] };
}

/** SIP, which belongs to the primary description and to alternates that name it. Astropy, too, asks for no "-SIP". */
function readPixelDistortion(
  header: Header,
  keywords: WcsKeywords,
  axes: CelestialAxes & { readonly x: number; readonly y: number },
): Distortion | null {
  if (axes.suffix !== "" && axes.suffix !== "-SIP") {
    const type = keywords.string(`CTYPE${axes.lon}`);
    throw new ServiceError("unsupported", `Cannot use CTYPE${axes.lon} = "${type}": of distortions only SIP is known`);
  }
  if (keywords.alternate !== "" && axes.suffix === "") return null;
  const sip = parseSip(header);
  if (sip !== null && (axes.x !== 1 || axes.y !== 2)) {
    throw new ServiceError(
      "unsupported",
      `Cannot use SIP on pixel axes ${axes.x} and ${axes.y}: it needs axes 1 and 2`,
    );
  }
  return sip;
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
