import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { SOFTWARE } from "../version.ts";

let registry: Registry | null = null;

/**
 * Of this process: processor, memory, descriptors, garbage collection, delay of the event loop since it was last asked for, and
 * what was built. There is one of it, since a process has one event loop, and what watches it never ends.
 */
export function processRegistry(): Registry {
  if (registry !== null) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: DELAY_MILLISECONDS });
  for (const name of LISTS) for (const suffix of ["", "_total"]) registry.removeSingleMetric(`${name}${suffix}`);
  new Gauge({
    name: "recorte_build_info",
    help: "1, with what this is",
    labelNames: ["version", "node"],
    registers: [registry],
  }).set({ version: SOFTWARE.split(" ").at(-1) ?? "", node: process.version }, 1);
  return registry;
}

/** Every connection is looked at for these, and promtool does not like their names. */
const LISTS = ["nodejs_active_handles", "nodejs_active_requests", "nodejs_active_resources"];

/** How often the event loop is looked at: delays below this are not seen. */
const DELAY_MILLISECONDS = 20;
