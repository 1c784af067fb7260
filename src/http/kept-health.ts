import { createTimedCheck, type CheckHealth, type ServiceHealth } from "./health.ts";

export type HealthStatus = "ok" | "degraded" | "draining";

export type KeptHealth = { readonly status: HealthStatus; readonly parts: ServiceHealth["parts"] };

const KEPT_MILLISECONDS = 1000;
const TIMEOUT_SECONDS = 2;

/** Asks at most once a second, however many want to know; a check that has no answer in two seconds is a problem too. */
export function keepHealth(
  check: CheckHealth,
  { now }: { /** Milliseconds, never going back. */ readonly now: () => number },
): () => Promise<KeptHealth> {
  const checkInTime = createTimedCheck(check, TIMEOUT_SECONDS);
  let kept: Promise<KeptHealth> | null = null;
  let until = 0;
  return () => {
    if (kept !== null && now() < until) return kept;
    until = Infinity; // as long as it is asked
    kept = ask(checkInTime).then((health) => {
      until = now() + KEPT_MILLISECONDS;
      return health;
    });
    return kept;
  };
}

async function ask(check: () => Promise<ServiceHealth>): Promise<KeptHealth> {
  const { draining, parts } = await check();
  const isWell = parts.every(({ problem }) => problem === null);
  return { status: draining ? "draining" : isWell ? "ok" : "degraded", parts };
}
