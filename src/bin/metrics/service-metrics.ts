import { Counter, Registry } from "prom-client";
import type { Metrics } from "../../http/metrics.ts";
import { createHttpMetrics } from "./http-metrics.ts";
import { processRegistry } from "./process-metrics.ts";

export type ServiceMetrics = Metrics & {
  /** Others may add what only their service has. */
  readonly registry: Registry;
  readonly contentType: string;
  /** What the service counts, and what its process does. */
  readonly format: () => Promise<string>;
};

/**
 * Metrics of one service, in a registry of its own: `http_requests_total` and its like are names that dashboards know without a
 * label for the service, and tell services apart by the job that Prometheus scrapes. What belongs to the process is behind it
 * at every service, so that one that runs alone tells all of itself.
 */
export function createServiceMetrics(): ServiceMetrics {
  const registry = new Registry();
  const ofProcess = processRegistry();
  const refusals = new Counter({
    name: "recorte_refusals_total",
    help: "Requests that were refused because of a limit",
    labelNames: ["reason", "limit"],
    registers: [registry],
  });
  const signIns = new Counter({
    name: "recorte_sign_ins_total",
    help: "Sign-ins and bad tokens, by way and outcome",
    labelNames: ["way", "outcome"],
    registers: [registry],
  });
  return {
    ...createHttpMetrics(registry),
    countRefusal: (reason, limit = "other") => refusals.inc({ reason, limit }),
    countSignIn: (way, outcome) => signIns.inc({ way, outcome }),
    registry,
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    format: async () => `${await registry.metrics()}\n${await ofProcess.metrics()}`,
  };
}
