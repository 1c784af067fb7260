import { ServiceError } from "../errors.ts";

/** UWS 1.1, section 2.1.3. */
export type UwsPhase = (typeof UWS_PHASES)[number];
export const UWS_PHASES = [
  "PENDING",
  "QUEUED",
  "EXECUTING",
  "COMPLETED",
  "ERROR",
  "ABORTED",
  "HELD",
  "SUSPENDED",
  "ARCHIVED",
  "UNKNOWN",
] as const;

const INTEGER = /^\+?\d+$/;
/** DALI 1.1, section 3.3.3, where the day alone will do; and with the offset of xs:dateTime. */
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(?:Z|([+-])(\d{2}):(\d{2}))?$/i;
/** The years that xs:dateTime writes with four digits. */
const FIRST_INSTANT = Date.parse("0001-01-01T00:00:00Z");
const LAST_INSTANT = Date.parse("9999-12-31T23:59:59.999Z");

export function parsePhase(text: string, name: string): UwsPhase {
  const word = text.trim();
  const phase = UWS_PHASES.find((candidate) => candidate === word);
  if (phase !== undefined) return phase;
  throw new ServiceError("usage", `Cannot use ${name} ${quote(word)}: it needs one of ${UWS_PHASES.join(", ")}`);
}

/** ISO 8601 in UTC, with and without Z; milliseconds since 1970. */
export function parseInstant(text: string, name: string): number {
  const wrong = (reason: string) =>
    new ServiceError(
      "usage",
      `Cannot read ${name} ${quote(text)}: ${reason}; it needs an instant in UTC such as 2026-01-31T12:00:00Z`,
    );
  const match = INSTANT.exec(text.trim());
  if (match === null) throw wrong("it is no ISO 8601");
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map((digits) => Number(digits ?? 0));
  const milliseconds = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) throw wrong("the calendar has no such day");
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59 || offsetHours > 14 || offsetMinutes > 59) {
    throw wrong("a day has no such time");
  }
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === "-" ? -1 : 1);
  return at.setUTCHours(hours, minutes, seconds, milliseconds) - offset * 60_000;
}

/** `YYYY-MM-DDThh:mm:ss.sssZ` (UWS 1.1, section 2.2.1). */
export function formatInstant(milliseconds: number): string {
  return new Date(Math.max(FIRST_INSTANT, Math.min(LAST_INSTANT, milliseconds))).toISOString();
}

/** Seconds; -1 stands for as long as the service allows, and more than that is that (UWS 1.1, section 2.2.1.2). */
export function parseWait(text: string, maxSeconds: number): number {
  const word = text.trim();
  if (word === "-1") return maxSeconds;
  if (INTEGER.test(word)) return Math.min(Number(word), maxSeconds);
  throw new ServiceError("usage", `Cannot use WAIT ${quote(text)}: it needs whole seconds, or -1`);
}

/** 0: as long as it takes. What is beyond an xs:int is the largest of them. */
export function parseExecutionDuration(text: string): number {
  if (INTEGER.test(text.trim())) return Math.min(Number(text), 2 ** 31 - 1);
  throw new ServiceError(
    "usage",
    `Cannot use EXECUTIONDURATION ${quote(text)}: it needs whole seconds, 0 for no limit`,
  );
}

/** How many at most (UWS 1.1, section 2.2.2.1). `things`: jobs, or what else is counted. */
export function parseLast(text: string, things: string): number {
  const count = INTEGER.test(text.trim()) ? Number(text) : 0;
  if (count > 0) return Math.min(count, Number.MAX_SAFE_INTEGER);
  throw new ServiceError("usage", `Cannot use LAST ${quote(text)}: it needs a number of ${things}, 1 or more`);
}

/** What the client sent, short enough to send back. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
