/**
 * Realtime goes first: work on jobs waits while synchronous requests are being answered, chunk by chunk. A gate belongs to
 * one process; where requests never pause, a job still moves, a chunk every `maxWaitMilliseconds`.
 */
export type RealtimeGate = {
  /** A synchronous request begins; call what is returned when it ends, once or more often. */
  enter(): () => void;
  /** Resolves when no request is under way, or has waited long enough. Rejects when the signal fires. */
  turn(signal: AbortSignal): Promise<void>;
};

export function createRealtimeGate({ maxWaitMilliseconds }: { readonly maxWaitMilliseconds: number }): RealtimeGate {
  let underWay = 0;
  const waiting = new Set<() => void>();

  return {
    enter() {
      underWay++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        underWay--;
        if (underWay > 0) return;
        for (const resume of waiting) resume();
      };
    },
    turn(signal) {
      if (signal.aborted) return Promise.reject(reasonOf(signal));
      if (underWay === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          waiting.delete(resume);
          act();
        };
        const resume = () => settle(resolve);
        const onAbort = () => settle(() => reject(reasonOf(signal)));
        const timer = setTimeout(resume, maxWaitMilliseconds);
        signal.addEventListener("abort", onAbort, { once: true });
        waiting.add(resume);
      });
    },
  };
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("Given up while waiting for a turn");
}
