import { ROLES, type Role, type User } from "../user.ts";

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

export type RoleLimits = Readonly<Record<Role, LimitValues>>;

/** What a user may have: of the role, and what is set for the user alone. */
export type LimitsOf = (user: Pick<User, "role" | "limits">) => LimitValues;

export function createLimitsOf(byRole: RoleLimits): LimitsOf {
  return ({ role, limits }) => {
    for (const _ in limits) return { ...byRole[role], ...limits };
    return byRole[role]; // nearly always
  };
}

/** Values that older settings of their own give to every role. */
export type CommonLimits = Pick<
  LimitValues,
  "waits" | "syncPixels" | "syncSeconds" | "jobRows" | "jobPixels" | "jobsActive" | "jobsKept"
>;

const GB = 1e9;
const NONE = Infinity;

/** Those of nobody's requests and jobs are of one address each; what all of them have together is limited beside. */
const OF_EVERYBODY = { requestsPerMinute: 120_000, streams: 256, bytesPerDay: NONE, jobBytes: NONE };

/**
 * One table, role × name. What protects the memory of the service (pixels, seconds, results of one job) is limited for
 * administrators too.
 */
export function limitsByRole(common: CommonLimits, own: Partial<Record<Role, Partial<LimitValues>>> = {}): RoleLimits {
  const everybody = { ...OF_EVERYBODY, ...common };
  const usual: RoleLimits = {
    anonymous: { ...everybody, storedBytes: 100 * GB },
    user: { ...everybody, storedBytes: 100 * GB },
    priority: { ...everybody, requestsPerMinute: 240_000, storedBytes: 1000 * GB },
    admin: {
      ...everybody,
      ...{ requestsPerMinute: NONE, streams: NONE, waits: NONE, jobsActive: NONE, jobsKept: NONE, storedBytes: NONE },
    },
  };
  return Object.fromEntries(ROLES.map((role) => [role, { ...usual[role], ...own[role] }])) as RoleLimits;
}

/** The largest of all roles. */
export function largestLimit(byRole: RoleLimits, name: LimitName): number {
  return Math.max(...ROLES.map((role) => byRole[role][name]));
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
  const isBytes = UNITS[name] === "bytes";
  const [, amount = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(given) ?? [];
  const factor = Object.hasOwn(BYTE_UNITS, unit) && (isBytes || unit === "") ? BYTE_UNITS[unit] : NaN;
  const isWhole = UNITS[name] !== "seconds" && !isBytes;
  const value = isBytes ? Math.round(Number(amount) * factor) : Number(amount) * factor;
  if (amount !== "" && value >= 0 && value <= MOST && (!isWhole || Number.isInteger(value))) return value;
  const wanted = isBytes ? "bytes, such as 1000000, 20GB or 512MiB" : isWhole ? "a whole number" : "seconds";
  throw new Error(`it must have ${name} as ${wanted}, or as none: ${shown(given)} is not`);
}

const MOST = 2 ** 50;

const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1, B: 1,
  kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12,
  KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40,
}; // prettier-ignore

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

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
