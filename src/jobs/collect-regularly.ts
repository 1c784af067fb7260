import { collect } from "./collector.ts";
import type { Collected, CollectorServices } from "./collector-pass.ts";
import { unref } from "./job-changes.ts";

export type RegularCollecting = {
  readonly everySeconds: number;
  /** Every so often a pass is thorough, and so is the first. */
  readonly thoroughEverySeconds: number;
  /** Told of every pass that did something, or could not. */
  readonly onEnd: (end: CollectEnd) => void;
};

export type CollectEnd =
  | { readonly milliseconds: number; readonly collected: Collected; readonly error?: undefined }
  | { readonly milliseconds: number; readonly error: unknown; readonly collected?: undefined };

/** Collects every so often, in one process of those that share the records, until it is stopped. Keeps no process alive. */
export function startCollecting(
  services: CollectorServices,
  { everySeconds, thoroughEverySeconds, onEnd }: RegularCollecting,
): { stop(): Promise<void> } {
  const { now } = services;
  const stopping = new AbortController();
  let thoroughAt = -Infinity;
  let passing: Promise<void> | null = null;

  async function pass(): Promise<void> {
    const started = performance.now();
    const begunAt = now();
    const thorough = begunAt - thoroughAt >= thoroughEverySeconds * 1000;
    try {
      const collected = await collect(services, { thorough, dryRun: false, signal: stopping.signal });
      if (collected === null) return; // another process is at it
      if (thorough && !stopping.signal.aborted) thoroughAt = begunAt;
      if (didAnything(collected)) onEnd({ milliseconds: performance.now() - started, collected });
    } catch (error) {
      onEnd({ milliseconds: performance.now() - started, error });
    }
  }

  /** One at a time, however long it takes. */
  const tick = () => void (passing ??= pass().finally(() => (passing = null)));
  const timer = unref(setInterval(tick, everySeconds * 1000));
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await passing;
    },
  };
}

function didAnything({ problems, ...counts }: Collected): boolean {
  return problems.length > 0 || Object.values(counts).some((count) => count > 0);
}
