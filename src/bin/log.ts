import type { LogEntry } from "../http/log-entry.ts";
import type { Configuration } from "./configuration.ts";

const LEVELS = { none: 0, error: 1, info: 2, debug: 3 } as const;

/** Lines of JSON on stderr. Faults of ours come with their causes; what a client did wrong is a line like any other. */
export function createLog(level: Configuration["log"]): (entry: LogEntry) => void {
  const most = LEVELS[level];
  return ({ error, milliseconds, ...entry }) => {
    const isFault = entry.status >= 500;
    if (most < (isFault ? LEVELS.error : LEVELS.info)) return;
    const line = {
      time: new Date().toISOString(),
      ...entry,
      milliseconds: Math.round(milliseconds * 1000) / 1000,
      ...(isFault || most === LEVELS.debug ? { error: causesOf(error) } : {}),
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
}

/** The messages of an error and its causes, outermost first. */
export function causesOf(error: unknown): string[] | undefined {
  const causes: string[] = [];
  for (let e = error; e instanceof Error && causes.length < 5; e = e.cause) causes.push(`${e.name}: ${e.message}`);
  return causes.length > 0 ? causes : undefined;
}
