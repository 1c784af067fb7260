import type { WorkerLogEntry } from "../jobs/worker.ts";
import type { Configuration } from "./configuration.ts";
import { causesOf, openLog } from "./log.ts";

/** Lines of JSON on stderr. What went well is told for debugging only: a job may have thousands of results. */
export function createWorkerLog(most: Configuration["log"]): (entry: WorkerLogEntry) => void {
  const log = openLog(most);
  return (entry) => {
    const level = levelOf(entry.what);
    if (log.isLevelEnabled(level)) log[level]({ ...entry, error: causesOf(entry.error) });
  };
}

function levelOf(what: WorkerLogEntry["what"]): "debug" | "error" | "info" {
  switch (what) {
    case "DONE":
    case "EMPTY":
      return "debug";
    case "failed":
      return "error";
    case "FAILED":
    case "retry":
    case "given-back":
    case "lost":
    case "started":
    case "stopped":
    case "took-over":
    case "lost-lease":
    case "overdue":
      return "info";
    default:
      return what satisfies never;
  }
}
