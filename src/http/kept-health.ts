import type { ServiceHealth } from "./vosi-routes.ts";

export type CheckHealth = (signal: AbortSignal) => Promise<ServiceHealth>;

export type HealthStatus = "ok" | "degraded" | "draining";

export type KeptHealth = { readonly status: HealthStatus; readonly parts: ServiceHealth["parts"] };

const KEPT_MILLISECONDS = 1000;
const TIMEOUT_MILLISECONDS = 2000;

/** Asks at most once a second, however many want to know; a check that has no answer in two seconds is a problem too. */
export function keepHealth(
  check: CheckHealth,
  { now }: { /** Milliseconds, never going back. */ readonly now: () => number },
): () => Promise<KeptHealth> {
  let kept: Promise<KeptHealth> | null = null;
  let until = 0;
  return () => {
    if (kept !== null && now() < until) return kept;
    until = Infinity; // as long as it is asked
    kept = ask(check).then((health) => {
      until = now() + KEPT_MILLISECONDS;
      return health;
    });
    return kept;
  };
}

async function ask(check: CheckHealth): Promise<KeptHealth> {
  const { draining, parts } = await checkInTime(check);
  const isWell = parts.every(({ problem }) => problem === null);
  return { status: draining ? "draining" : isWell ? "ok" : "degraded", parts };
}

async function checkInTime(check: CheckHealth): Promise<ServiceHealth> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<ServiceHealth>((resolve) => {
    timer = setTimeout(
      () => resolve(unknown(`no answer in ${TIMEOUT_MILLISECONDS / 1000} seconds`)),
      TIMEOUT_MILLISECONDS,
    );
  });
  try {
    return await Promise.race([check(controller.signal), late]);
  } catch {
    return unknown("cannot be asked"); // why is for the log, not for clients
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

function unknown(problem: string): ServiceHealth {
  return { draining: false, parts: [{ name: "health", problem, isNeeded: true }] };
}
