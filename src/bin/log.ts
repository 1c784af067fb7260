import { inspect } from "node:util";
import { pino, type Logger } from "pino";
import { redactSecrets } from "../http/redact-secrets.ts";
import type { LogEntry } from "../http/log-entry.ts";
import type { Configuration } from "./configuration.ts";
import { standardError } from "./log-sink.ts";

type Level = Configuration["log"];

/** Lines of JSON on stderr. Faults of ours come with their causes; what a client did wrong is a line like any other. */
export function createLog(level: Level): (entry: LogEntry) => void {
  if (level === "none") return () => undefined;
  const log = openLog(level);
  const tellsAll = level === "debug";
  return (entry) => {
    if (entry.event === "fault") return log.error({ ...entry, error: causesOf(entry.error) });
    const isFault = entry.status >= 500;
    if (!isFault && level === "error") return;
    const { error } = entry;
    // Most have none, and are written as they are.
    const line = error === undefined ? entry : { ...entry, error: isFault || tellsAll ? causesOf(error) : undefined };
    if (isFault) log.error(line);
    else log.info(line);
  };
}

/** Every log of the process goes the same way. */
export function openLog(level: Level): Logger {
  return pino(
    {
      level: level === "none" ? "silent" : level,
      base: null,
      timestamp: createTimestamp(),
      serializers: { milliseconds: toMicroseconds, firstByteMilliseconds: toMicroseconds },
      formatters: { level: (label) => ({ level: label }) },
    },
    standardError,
  );
}

/** The time as a member of the line. All of one second have all but the last digits in common. */
function createTimestamp(): () => string {
  let second = NaN;
  let text = "";
  return () => {
    const now = Date.now();
    const milliseconds = now % 1000;
    if (now - milliseconds !== second) {
      second = now - milliseconds;
      text = `,"time":"${new Date(second).toISOString().slice(0, -4)}`;
    }
    return `${text}${String(milliseconds).padStart(3, "0")}Z"`;
  };
}

/** Milliseconds to three digits. */
function toMicroseconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 1000) / 1000;
}

/** The messages of an error and its causes, outermost first, without what looks like a secret. */
export function causesOf(error: unknown): string[] | undefined {
  const causes: string[] = [];
  for (
    let e = error;
    e !== undefined && e !== null && causes.length < 5;
    e = e instanceof Error ? e.cause : undefined
  ) {
    const text = e instanceof Error ? `${e.name}: ${e.message}` : inspect(e);
    causes.push(redactSecrets(text.slice(0, MOST_CHARACTERS)));
  }
  return causes.length > 0 ? causes : undefined;
}

const MOST_CHARACTERS = 4000;
