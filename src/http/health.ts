import { whenAborted } from "./client-signal.ts";
import { createDeadlines, type Deadline } from "./deadline.ts";

export type ServiceHealth = {
  /** The process ends what it has, and takes no more. */
  readonly draining: boolean;
  readonly parts: readonly HealthPart[];
};

export type HealthPart = {
  readonly name: string;
  /** In words that name no file or address of ours; null: well. */
  readonly problem: string | null;
  /** Without it no request can be answered. */
  readonly isNeeded?: boolean | undefined;
};

/** Asks the database, the queue, the storage …; rejects, or never answers, where it cannot even ask. */
export type CheckHealth = (signal: AbortSignal) => Promise<ServiceHealth>;

/** A part is well where its check neither throws nor rejects. Why it does is for the log, not for clients. */
export async function checkPart(
  name: string,
  problem: string,
  check: () => unknown,
  { isNeeded } = { isNeeded: false },
): Promise<HealthPart> {
  try {
    await check();
    return { name, problem: null, isNeeded };
  } catch {
    return { name, problem, isNeeded };
  }
}

/** A check that fails, or takes too long, is a problem too. `client` ends it as well. */
export function createTimedCheck(
  check: CheckHealth,
  seconds: number,
): (client?: AbortSignal) => Promise<ServiceHealth> {
  const startDeadline = createDeadlines(seconds);
  return (client) => checkUntil(check, startDeadline(), client);
}

async function checkUntil(check: CheckHealth, deadline: Deadline, client?: AbortSignal): Promise<ServiceHealth> {
  if (client !== undefined) whenAborted(client, () => deadline.stop("client"));
  const stopped = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason as Error));
  });
  try {
    return await Promise.race([check(deadline.signal), stopped]);
  } catch {
    const problem = deadline.stoppedBy === "time" ? `no answer in ${deadline.seconds} seconds` : "cannot be asked";
    return { draining: false, parts: [{ name: "health", problem, isNeeded: true }] };
  } finally {
    deadline.end();
  }
}
