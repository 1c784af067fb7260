import type { WorkerLogEntry } from "../jobs/worker.ts";
import type { Configuration } from "./configuration.ts";
import { causesOf } from "./log.ts";

const LEVELS = { none: 0, error: 1, info: 2, debug: 3 } as const;

/** Lines of JSON on stderr. What went well is told for debugging only: a job may have thousands of results. */
export function createWorkerLog(level: Configuration["log"]): (entry: WorkerLogEntry) => void {
  return ({ error, milliseconds, ...entry }) => {
    if (LEVELS[level] < levelOf(entry.what)) return;
    const line = {
      time: new Date().toISOString(),
      ...entry,
      milliseconds: milliseconds === undefined ? undefined : Math.round(milliseconds * 1000) / 1000,
      error: causesOf(error),
    };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  };
}

function levelOf(what: WorkerLogEntry["what"]): number {
  switch (what) {
    case "DONE":
    case "EMPTY":
      return LEVELS.debug;
    case "failed":
      return LEVELS.error;
    case "FAILED":
    case "retry":
    case "given-back":
    case "lost":
    case "started":
    case "stopped":
    case "took-over":
    case "lost-lease":
    case "overdue":
      return LEVELS.info;
    default:
      return what satisfies never;
  }
}
