import type { Hono } from "hono";
import type { AppEnv } from "./app-env.ts";
import { keepHealth, type CheckHealth, type HealthStatus, type KeptHealth } from "./kept-health.ts";

export type HealthServices = {
  /** "recorte 0.1.0". */
  readonly software: string;
  readonly startedAt: Date;
  readonly checkHealth: CheckHealth;
};

const NO_PARTS: CheckHealth = () => Promise.resolve({ draining: false, parts: [] });

/**
 * Whether the service is well, for balancers and those who watch it. 503 where it cannot answer, or is about to stop;
 * where a part is down that only some requests need, the others are still answered, and it is 200 and "degraded".
 */
export function addHealthRoute(app: Hono<AppEnv>, services: HealthServices | undefined): void {
  const { software, startedAt = new Date(), checkHealth = NO_PARTS } = services ?? {};
  const health = keepHealth(checkHealth, { now: () => performance.now() });
  app.get("/health", async (c) => {
    const found = await health();
    const body = {
      status: found.status,
      version: software?.split(" ").at(-1),
      startedAt: startedAt.toISOString(),
      uptimeSeconds: Math.floor((Date.now() - startedAt.getTime()) / 1000),
      parts: found.parts.map(({ name, problem }) =>
        problem === null ? { name, status: "ok" } : { name, status: "failed", problem },
      ),
    };
    return c.json(body, isServing(found) ? 200 : 503, { "Cache-Control": "no-store" });
  });
}

function isServing({ status, parts }: KeptHealth): boolean {
  const serving: Record<HealthStatus, boolean> = {
    ok: true,
    degraded: parts.every(({ problem, isNeeded = false }) => problem === null || !isNeeded),
    draining: false,
  };
  return serving[status];
}
