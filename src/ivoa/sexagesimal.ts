/** What a number of a coordinate without colons counts; sexagesimal text says by itself what it is. */
export type AngleUnit = "degrees" | "hours";

export type AngleOptions = {
  /** A sexagesimal right ascension is in hours unless it says `d`; a declination is in degrees. */
  readonly axis: "ra" | "dec";
  readonly unit?: AngleUnit | undefined;
};

/** Why a text is no angle. */
export type AngleProblem = { readonly problem: string };

const DEGREES_PER_HOUR = 15;
const MAX_LENGTH = 60;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Each part with what stands after it: `02:25:14.2`, `02 25 14.2`, `2h25m14.2s`, `-10°11'15"`, `2h25m`. */
const SEXAGESIMAL =
  /^([+-]?)(\d{1,3})(?: ?([hd:°]) ?| )(?:(\d{1,2}(?:\.\d*)?)(?: ?([m:']) ?| |$))?(?:(\d{1,2}(?:\.\d*)?) ?(s|"|'')?)?$/i;

/** Degrees: RA in [0, 360], Dec in [-90, 90]; or why there are none. */
export function parseAngle(text: string, { axis, unit = "degrees" }: AngleOptions): number | AngleProblem {
  const trimmed = text.length > MAX_LENGTH ? text : normalize(text);
  if (trimmed === "") return { problem: "there is none" };
  const degrees = trimmed.length > MAX_LENGTH ? NaN : readDegrees(trimmed, axis, unit);
  if (typeof degrees !== "number") return degrees;
  const shown = JSON.stringify(trimmed.length > MAX_LENGTH ? `${trimmed.slice(0, MAX_LENGTH)}…` : trimmed);
  if (Number.isNaN(degrees)) return { problem: `${shown} is neither a number nor sexagesimal` };
  const [low, high] = axis === "ra" ? [0, 360] : [-90, 90];
  if (degrees >= low && degrees <= high) return degrees === 0 ? 0 : degrees; // -0 is 0
  return { problem: `${shown} lies outside ${low} to ${high} degrees` };
}

function readDegrees(text: string, axis: "ra" | "dec", unit: AngleUnit): number | AngleProblem {
  if (DECIMAL.test(text)) return Number(text) * (unit === "hours" ? DEGREES_PER_HOUR : 1);
  const parts = SEXAGESIMAL.exec(text);
  if (parts === null) return NaN;
  const [, sign, whole, mark = "", minutes = "0", , seconds = "0"] = parts;
  if (minutes.includes(".") && parts[6] !== undefined) return NaN;
  if (Number(minutes) >= 60) return { problem: `"${text}" has ${minutes} minutes` };
  if (Number(seconds) >= 60) return { problem: `"${text}" has ${seconds} seconds` };
  const isHours = mark.toLowerCase() === "h" || (axis === "ra" && mark !== "°" && mark.toLowerCase() !== "d");
  if (isHours && axis === "dec") return { problem: `"${text}" is in hours, and degrees are needed` };
  const value = (Number(whole) * 3600 + Number(minutes) * 60 + Number(seconds)) / 3600;
  return (sign === "-" ? -1 : 1) * value * (isHours ? DEGREES_PER_HOUR : 1);
}

/** One blank between parts, and the signs that keyboards have. */
function normalize(text: string): string {
  const trimmed = text.trim();
  if (!/[^\d.+e-]/i.test(trimmed)) return trimmed; // a plain number
  return trimmed
    .replace(/\s+/g, " ")
    .replace(/^([+\-−–]) /, "$1")
    .replace(/^[−–]/, "-")
    .replace(/[′’ʹ]/g, "'")
    .replace(/[″”ʺ]/g, '"')
    .replace(/º/g, "°");
}
