import { ServiceError } from "../errors.ts";
import type { IcrsPosition } from "../sky/position.ts";
import type { CircleStencil, PolygonStencil, RangeStencil, Stencil } from "../sky/stencil.ts";
import { quote } from "./_quote.ts";

/** [low, high], both ends included, ±Infinity where open (DALI 1.1, section 3.3.4). */
export type Interval = { readonly low: number; readonly high: number };

/** In one way only: of a long word, other patterns try every place where a point might be. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITY = /^([+-]?)inf(inity)?$/i;

/** Two numbers, low before high; -Inf and +Inf are open ends. `name` and `unit` are for the message. */
export function parseInterval(text: string, name: string, unit: string): Interval {
  const words = wordsOf(text);
  const fail = (reason: string) =>
    new ServiceError(
      "usage",
      `Cannot read ${name} ${quote(text)}: ${reason} (two numbers in ${unit}, or -Inf and +Inf)`,
    );
  const [low, high] = words.map((word) => parseBound(word));
  if (words.length !== 2) throw fail(`it needs a low and a high value, and has ${words.length}`);
  if (low === null || high === null) throw fail(`"${low === null ? words[0] : words[1]}" is not a number`);
  if (low > high) throw fail("its low value lies above its high one");
  return { low, high };
}

/** POS: `CIRCLE lon lat radius`, `RANGE lon1 lon2 lat1 lat2` or `POLYGON lon1 lat1 lon2 lat2 …` (SODA 1.0, section 3.3.1). */
export function parsePos(text: string): Stencil {
  const [shape, ...words] = wordsOf(text);
  switch (shape?.toUpperCase()) {
    case "CIRCLE":
      return circleOf({ shape: "CIRCLE", words });
    case "RANGE":
      return rangeOf({ shape: "RANGE", words });
    case "POLYGON":
      return polygonOf({ shape: "POLYGON", words });
    default:
      throw new ServiceError(
        "usage",
        `Cannot read POS ${quote(text)}: it needs CIRCLE, RANGE or POLYGON and numbers in degrees`,
      );
  }
}

/** Centre longitude and latitude, and radius, in degrees (DALI 1.1, section 3.3.6). */
export function parseCircle(text: string): CircleStencil {
  return circleOf({ shape: "CIRCLE", words: wordsOf(text), text });
}

/** At least three vertices, longitude and latitude in degrees (DALI 1.1, section 3.3.7). */
export function parsePolygon(text: string): PolygonStencil {
  return polygonOf({ shape: "POLYGON", words: wordsOf(text), text });
}

/** A shape as it was sent. `text`: what a message quotes; the words where it is left out. */
type SentShape = {
  readonly shape: "CIRCLE" | "RANGE" | "POLYGON";
  readonly words: readonly string[];
  readonly text?: string;
};

function circleOf(sent: SentShape): CircleStencil {
  const need = "it needs ra, dec and radius in degrees";
  const numbers = numbersOf(sent, need);
  if (numbers.length !== 3) throw wrong(sent, `${need}, and has ${count(numbers.length)}`);
  const [raDegrees, decDegrees, radiusDegrees] = numbers;
  if (!(radiusDegrees > 0 && radiusDegrees <= 180)) {
    throw wrong(sent, "its radius must be above 0 and at most 180 degrees");
  }
  return { shape: "circle", center: position(sent, raDegrees, decDegrees), radiusDegrees };
}

/** Open bounds as -Inf and +Inf; a first longitude above the second runs through 0 (SODA 1.0, section 3.3.1). */
function rangeOf(sent: SentShape): RangeStencil {
  const need = "it needs ra1, ra2, dec1 and dec2 in degrees";
  const { words } = sent;
  const bounds = words.map((word) => parseBound(word));
  if (words.length !== 4) throw wrong(sent, `${need}, and has ${count(words.length)}`);
  const bad = bounds.indexOf(null);
  if (bad >= 0) throw wrong(sent, `${need}, and "${words[bad]}" is no number`);
  const [ra1, ra2, dec1, dec2] = bounds as number[];
  const raOpen = ra1 === -Infinity || ra2 === Infinity;
  const raMin = ra1 === -Infinity ? 0 : ra1;
  const raMax = ra2 === Infinity ? 360 : ra2;
  const decMin = dec1 === -Infinity ? -90 : dec1;
  const decMax = dec2 === Infinity ? 90 : dec2;
  if (!inLongitudes(raMin) || !inLongitudes(raMax)) throw wrong(sent, "its longitudes must lie in 0 to 360");
  if (!inLatitudes(decMin) || !inLatitudes(decMax)) throw wrong(sent, "its latitudes must lie in -90 to 90");
  if (decMin > decMax) throw wrong(sent, "its first latitude lies above its second");
  if (raOpen && raMin > raMax) throw wrong(sent, "its longitudes are the wrong way round");
  return { shape: "range", raMinDegrees: raMin, raMaxDegrees: raMax, decMinDegrees: decMin, decMaxDegrees: decMax };
}

function polygonOf(sent: SentShape): PolygonStencil {
  const need = "it needs at least three pairs of ra and dec in degrees";
  const numbers = numbersOf(sent, need);
  if (numbers.length < 6 || numbers.length % 2 === 1) {
    throw wrong(sent, `${need}, and has ${count(numbers.length)}`);
  }
  const vertices: IcrsPosition[] = [];
  for (let i = 0; i < numbers.length; i += 2) vertices.push(position(sent, numbers[i], numbers[i + 1]));
  return { shape: "polygon", vertices };
}

function wordsOf(text: string): string[] {
  const trimmed = text.trim();
  return trimmed === "" ? [] : trimmed.split(/\s+/);
}

/** A number or an infinity; null for anything else. */
function parseBound(word: string): number | null {
  const infinity = INFINITY.exec(word);
  if (infinity !== null) return infinity[1] === "-" ? -Infinity : Infinity;
  return parseNumber(word);
}

/** Finite; null for anything else. */
function parseNumber(word: string): number | null {
  if (!NUMBER.test(word)) return null;
  const value = Number(word);
  return Number.isFinite(value) ? value : null;
}

function numbersOf(sent: SentShape, need: string): number[] {
  return sent.words.map((word) => {
    const value = parseNumber(word);
    if (value === null) throw wrong(sent, `${need}, and ${quote(word)} is no number`);
    return value;
  });
}

function position(sent: SentShape, raDegrees: number, decDegrees: number): IcrsPosition {
  if (!inLongitudes(raDegrees)) throw wrong(sent, `its longitude ${raDegrees} must lie in 0 to 360`);
  if (!inLatitudes(decDegrees)) throw wrong(sent, `its latitude ${decDegrees} must lie in -90 to 90`);
  return { raDegrees: raDegrees === 360 ? 0 : raDegrees, decDegrees };
}

function inLongitudes(degrees: number): boolean {
  return degrees >= 0 && degrees <= 360;
}

function inLatitudes(degrees: number): boolean {
  return degrees >= -90 && degrees <= 90;
}

function count(numbers: number): string {
  return `${numbers} number${numbers === 1 ? "" : "s"}`;
}

function wrong({ shape, words, text = words.join(" ") }: SentShape, reason: string): ServiceError {
  return new ServiceError("usage", `Cannot read ${shape} ${quote(text)}: ${reason}`);
}
