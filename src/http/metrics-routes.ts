import type { Hono } from "hono";
import type { Networks } from "../access/network/networks.ts";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import { answerMisdirected, type IsOurHost } from "./control-host.ts";
import { comesFrom } from "./network-control.ts";

export type MetricsPage = {
  /** Who may see it, by the client's address: a proxy before us is not who asks. */
  readonly allowed: Networks;
  readonly contentType: string;
  /** All of it, in Prometheus' text format. */
  readonly format: () => Promise<string>;
};

/** What Prometheus reads. */
export function addMetricsRoute(
  app: Hono<AppEnv>,
  { allowed, contentType, format }: MetricsPage,
  isOurHost: IsOurHost,
): void {
  app.get("/metrics", async (c) => {
    if (!comesFrom(allowed, c)) {
      throw new ServiceError(
        "forbidden",
        "Cannot show metrics to this address: the service names those that may see them",
      );
    }
    if (!isOurHost(c)) return answerMisdirected(c);
    return c.body(await format(), 200, { "Content-Type": contentType, "Cache-Control": "no-store" });
  });
}
