import { ServiceError } from "../errors.ts";
import type { WcsKeywords } from "./wcs-keywords.ts";

/** Which axes of a header are longitude and latitude, as CTYPE says. */
export type CelestialAxes = {
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
export function findCelestialAxes(keywords: WcsKeywords, axisCount: number): CelestialAxes | null {
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
