import type { CollectOptions, Collected, CollectorServices } from "./collector.ts";

/** A pass of the collector that is under way. */
export type Pass = CollectorServices &
  CollectOptions & {
    readonly collected: Collected;
    /** Jobs that a dry run would have removed. */
    readonly removed: Set<string>;
    /** Tells other processes that this one is alive. */
    readonly beat: () => void;
  };

/** Between two steps: lets others have a turn, and tells whether there is to be another. */
export async function goOn({ signal, beat }: Pass): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (signal.aborted) return false;
  beat();
  return true;
}

/** What fails does not keep the rest from being done. */
export async function attempt({ collected }: Pass, what: string, action: () => Promise<void> | void): Promise<void> {
  try {
    await action();
  } catch (error) {
    collected.problems.push(`Cannot ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
