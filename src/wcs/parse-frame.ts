import type { Header } from "../fits/header.ts";
import type { CelestialFrame } from "./frames.ts";
import type { WcsKeywords } from "./wcs-keywords.ts";

const MJD_J2000 = 51544.5;
const DAYS_PER_YEAR = 365.25;
const FK4_UNTIL = 1984; // FITS Standard 4.0, section 8.3: an equinox before it means FK4

/** The frame of axes with this prefix ("RA", "GLON" …), by RADESYS, EQUINOX and their old forms. */
export function parseFrame(header: Header, keywords: WcsKeywords, lonName: string): CelestialFrame {
  if (lonName === "GLON") return { system: "GALACTIC" };
  if (lonName === "SLON") return { system: "SUPERGALACTIC" };
  const equinox = equinoxOf(header, keywords);
  if (lonName === "ELON") return { system: "ECLIPTIC", equinox };
  if (lonName !== "RA") return { system: "native" };
  const obstime = obstimeOf(header);
  switch (systemOf(header, keywords)) {
    case "ICRS":
      return { system: "ICRS" };
    case "FK5":
      return { system: "FK5", equinox };
    case "FK4":
      return { system: "FK4", equinox, obstime };
    case "FK4-NO-E":
      return { system: "FK4-NO-E", equinox, obstime };
    case "":
      if (equinox === undefined) return { system: "ICRS" };
      return equinox < FK4_UNTIL ? { system: "FK4", equinox, obstime } : { system: "FK5", equinox };
    default:
      return { system: "native" }; // GAPPT, and what nobody knows
  }
}

function systemOf(header: Header, keywords: WcsKeywords): string {
  const modern = keywords.string("RADESYS");
  if (modern !== "") return modern.trim().toUpperCase();
  const old = header.get("RADECSYS");
  return typeof old === "string" ? old.trim().toUpperCase() : "";
}

/** Year of the equinox, also as "J2000.0"; undefined where the header does not say. */
function equinoxOf(header: Header, keywords: WcsKeywords): number | undefined {
  for (const keyword of [`EQUINOX${keywords.alternate}`, "EPOCH"]) {
    const value = header.get(keyword);
    const year = typeof value === "string" ? Number(value.trim().replace(/^[BJ]/i, "") || NaN) : Number(value ?? NaN);
    if (Number.isFinite(year) && year > 0) return year;
  }
  return undefined;
}

/** Julian year of MJD-OBS or DATE-OBS, which FK4 needs. */
function obstimeOf(header: Header): number | undefined {
  const mjd = header.get("MJD-OBS");
  if (typeof mjd === "number" && Number.isFinite(mjd)) return 2000 + (mjd - MJD_J2000) / DAYS_PER_YEAR;
  const date = header.get("DATE-OBS");
  if (typeof date !== "string") return undefined;
  const modern = /^(\d{4})-(\d\d)-(\d\d)/.exec(date.trim());
  const old = /^(\d\d)\/(\d\d)\/(\d\d)$/.exec(date.trim()); // day, month, year of the 20th century
  if (modern === null && old === null) return undefined;
  const iso = modern !== null ? date.trim() : `19${old?.[3]}-${old?.[2]}-${old?.[1]}`;
  const milliseconds = Date.parse(/T\d/.test(iso) ? iso.replace(/Z?$/, "Z") : `${iso.slice(0, 10)}T00:00:00Z`);
  if (!Number.isFinite(milliseconds)) return undefined;
  const days = milliseconds / 86_400_000 + 40_587; // MJD of 1970
  return 2000 + (days - MJD_J2000) / DAYS_PER_YEAR;
}
