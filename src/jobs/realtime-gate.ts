/**
 * Realtime goes first: work on jobs waits while synchronous requests are being answered, chunk by chunk. A gate belongs to
 * one process; where requests never pause, a job still moves, a chunk every `maxWaitMilliseconds`.
 */
export type RealtimeGate = {
  /** Work on a synchronous request begins; call what is returned when it pauses or ends, once or more often. */
  enter(): () => void;
  /** Resolves when no request has been worked on for a moment, or has waited long enough. Rejects when the signal fires. */
  turn(signal: AbortSignal): Promise<void>;
};

export type RealtimeGateOptions = {
  readonly maxWaitMilliseconds: number;
  /** Between two pieces of an answer, which its client takes at once, nobody else's turn comes. */
  readonly lingerMilliseconds: number;
};

export function createRealtimeGate({ maxWaitMilliseconds, lingerMilliseconds }: RealtimeGateOptions): RealtimeGate {
  let underWay = 0;
  let freeAt = -Infinity;
  let check: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Set<() => void>();
  const now = () => performance.now();

  /** Lets go those who wait, as soon as it has been quiet for long enough. */
  function release(): void {
    check = undefined;
    if (underWay > 0 || waiting.size === 0) return;
    const left = freeAt - now();
    if (left > 0) check = setTimeout(release, left);
    else for (const resume of [...waiting]) resume();
  }

  return {
    enter() {
      underWay++;
      let left = false;
      return () => {
        if (left) return;
        left = true;
        underWay--;
        if (underWay > 0) return;
        freeAt = now() + lingerMilliseconds;
        if (waiting.size > 0) check ??= setTimeout(release, lingerMilliseconds);
      };
    },
    turn(signal) {
      if (signal.aborted) return Promise.reject(reasonOf(signal));
      if (underWay === 0 && now() >= freeAt) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
          waiting.delete(resume);
          if (waiting.size === 0) check = void clearTimeout(check);
          act();
        };
        const resume = () => settle(resolve);
        const onAbort = () => settle(() => reject(reasonOf(signal)));
        const timer = setTimeout(resume, maxWaitMilliseconds);
        signal.addEventListener("abort", onAbort, { once: true });
        waiting.add(resume);
        if (underWay === 0) check ??= setTimeout(release, freeAt - now());
      });
    },
  };
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("Given up while waiting for a turn");
}
