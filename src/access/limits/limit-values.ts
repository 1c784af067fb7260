import { parseByteAmount } from "./byte-amount.ts";

/** Everything that is limited, by role and by user. */
export const LIMITS = {
  requestsPerMinute: "Requests a minute",
  streams: "Answers that are being sent at a time",
  bytesPerDay: "Bytes sent in a day (UTC)",
  waits: "Requests that wait for a job or follow its events at a time",
  syncPixels: "Pixels of one synchronous cutout, over all its images",
  syncSeconds: "Seconds that a synchronous cutout may be expected to take",
  jobRows: "Results of one job",
  jobPixels: "Pixels of one result of a job, over all its images",
  jobBytes: "Bytes of all results of one job",
  jobsActive: "Jobs that wait or run",
  jobsKept: "Jobs that are kept, in whatever phase",
  storedBytes: "Bytes of results that are kept",
} as const;

export type LimitName = keyof typeof LIMITS;

/** Infinity: no limit. */
export type LimitValues = Readonly<Record<LimitName, number>>;

export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

export type LimitUnit = "requests" | "answers" | "bytes" | "pixels" | "seconds" | "results" | "jobs";

/** What each counts. */
export const UNITS: Readonly<Record<LimitName, LimitUnit>> = {
  requestsPerMinute: "requests",
  streams: "answers",
  bytesPerDay: "bytes",
  waits: "requests",
  syncPixels: "pixels",
  syncSeconds: "seconds",
  jobRows: "results",
  jobPixels: "pixels",
  jobBytes: "bytes",
  jobsActive: "jobs",
  jobsKept: "jobs",
  storedBytes: "bytes",
};

export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(LIMITS, name);
}

/**
 * `syncPixels=25000000,storedBytes=20GB,requestsPerMinute=none`. Throws an Error that says what it must be, naming the
 * limit that is wrong, and those there are.
 */
export function parseLimits(text: string): Partial<LimitValues> {
  const values: Partial<Record<LimitName, number>> = {};
  for (const part of text.split(",").map((some) => some.trim())) {
    if (part === "") continue;
    const [, name = part, value = ""] = /^([^=]*?) *= *(.*)$/.exec(part) ?? [];
    if (!isLimitName(name)) throw new Error(`it must have limits of ${LIMIT_NAMES.join(", ")}: ${shown(name)} is none`);
    if (values[name] !== undefined) throw new Error(`it must have each limit once: ${name} is there twice`);
    values[name] = parseLimit(name, value);
  }
  return values;
}

/** One value: a number, `none`, or for bytes such as `20GB` or `512MiB`. Throws as `parseLimits` does. */
export function parseLimit(name: LimitName, text: string): number {
  const given = text.trim();
  if (given === "none") return Infinity;
  const value = readValue(name, given);
  if (value !== null && value <= MOST) return value;
  const unit = UNITS[name];
  const other = unit === "seconds" ? "seconds" : "a whole number";
  const wanted = unit === "bytes" ? "bytes, such as 1000000, 20GB or 512MiB" : other;
  throw new Error(`it must have ${name} as ${wanted}, or as none: ${shown(given)} is not`);
}

const MOST = 2 ** 50;

function readValue(name: LimitName, text: string): number | null {
  switch (UNITS[name]) {
    case "bytes":
      return parseByteAmount(text);
    case "seconds":
      return /^\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : null;
    default:
      return /^\d{1,16}$/.test(text) ? Number(text) : null;
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
