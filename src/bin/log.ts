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
    const { error, milliseconds, firstByteMilliseconds, ...rest } = entry;
    const isFault = entry.status >= 500;
    if (!isFault && level === "error") return;
    const line = {
      ...rest,
      milliseconds: toMicroseconds(milliseconds),
      firstByteMilliseconds: toMicroseconds(firstByteMilliseconds),
      error: isFault || tellsAll ? causesOf(error) : undefined,
    };
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
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    standardError,
  );
}

/** Milliseconds to three digits. */
export function toMicroseconds(milliseconds: number | undefined): number | undefined {
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
    const text = e instanceof Error ? `${e.name}: ${e.message}` : String(e);
    causes.push(redactSecrets(text.slice(0, MOST_CHARACTERS)));
  }
  return causes.length > 0 ? causes : undefined;
}

const MOST_CHARACTERS = 4000;
