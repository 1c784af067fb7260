import { startCollecting, type CollectEnd } from "../jobs/collect-regularly.ts";
import type { CollectorLimits, CollectorServices } from "../jobs/collector-pass.ts";
import type { Configuration } from "./configuration.ts";
import { causesOf, openLog } from "./log.ts";

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

/** Between a file's name and its record lies less than a second; a worker that a machine suspends may take its time. */
const STRANGER_GRACE_SECONDS = HOUR_SECONDS;
/** A file that is being written to changes all the time; a remote archive that hangs may keep it from it for long. */
const PARTIAL_GRACE_SECONDS = DAY_SECONDS;
/** Its work was taken from it after one lease: for looking into what happened. */
const WORKER_GRACE_SECONDS = DAY_SECONDS;
/** Looks at every file on record: some seconds of the disk for a million. */
const THOROUGH_EVERY_SECONDS = HOUR_SECONDS;

export function collectorLimitsOf({ historyDays }: Configuration): CollectorLimits {
  return {
    strangerGraceSeconds: STRANGER_GRACE_SECONDS,
    partialGraceSeconds: PARTIAL_GRACE_SECONDS,
    historySeconds: historyDays * DAY_SECONDS,
    workerGraceSeconds: WORKER_GRACE_SECONDS,
  };
}

/** Collects beside the server; null where the configuration leaves it to `recorte gc`. */
export function startCollector(
  configuration: Configuration,
  services: Omit<CollectorServices, "limits">,
): { stop(): Promise<void> } | null {
  const { collectEverySeconds: everySeconds, log } = configuration;
  if (everySeconds === 0) return null;
  return startCollecting(
    { ...services, limits: collectorLimitsOf(configuration) },
    { everySeconds, thoroughEverySeconds: THOROUGH_EVERY_SECONDS, onEnd: (end) => logPass(log, end) },
  );
}

/** A line of JSON on stderr for a pass that did something; of the counts, those that are not 0. */
function logPass(level: Configuration["log"], { milliseconds, collected, error }: CollectEnd): void {
  const failed = collected === undefined || collected.problems.length > 0;
  const done = Object.entries(collected ?? {}).filter(([, value]) => (Array.isArray(value) ? value.length : value));
  const line = { event: "collector", ...Object.fromEntries(done), milliseconds, error: causesOf(error) };
  openLog(level)[failed ? "error" : "info"](line);
}
