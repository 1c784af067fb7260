import type { Context, Hono } from "hono";
import type { AppEnv } from "./app-env.ts";
import type { CheckHealth } from "./health.ts";
import { keepHealth, type HealthStatus, type KeptHealth } from "./kept-health.ts";
import type { HealthAnswer } from "./openapi/answers.ts";

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
export function addHealthRoute(
  app: Hono<AppEnv>,
  services: HealthServices | undefined,
  /** Who sees what ails it, and its version. */
  isWatcher: (c: Context<AppEnv>) => boolean,
): void {
  const { software, startedAt = new Date(), checkHealth = NO_PARTS } = services ?? {};
  const health = keepHealth(checkHealth, { now: () => performance.now() });
  app.get("/health", async (c) => {
    const found = await health();
    const { status } = found;
    const code = isServing(found) ? 200 : 503;
    if (!isWatcher(c)) return c.json({ status }, code, NOT_STORED);
    const body = {
      status,
      version: software?.split(" ").at(-1),
      startedAt: startedAt.toISOString(),
      uptimeSeconds: Math.floor((Date.now() - startedAt.getTime()) / 1000),
      parts: found.parts.map(({ name, problem }) =>
        problem === null ? { name, status: "ok" as const } : { name, status: "failed" as const, problem },
      ),
    } satisfies HealthAnswer;
    return c.json(body, code, NOT_STORED);
  });
}

const NOT_STORED = { "Cache-Control": "no-store" };

function isServing({ status, parts }: KeptHealth): boolean {
  const serving: Record<HealthStatus, boolean> = {
    ok: true,
    degraded: parts.every(({ problem, isNeeded = false }) => problem === null || !isNeeded),
    draining: false,
  };
  return serving[status];
}
