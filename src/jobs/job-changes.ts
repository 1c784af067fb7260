import type { RecordsDatabase } from "../db/records-database.ts";

/** Tells who waits when something about a job may have changed: at once where this process did it, soon where another did. */
export type JobChanges = {
  /** After a change of this process is in the records. */
  notify(jobId: string): void;
  /** `listener` is called at each change of the job, and sometimes for none; null: of any job. Call what is returned to end it. */
  subscribe(jobId: string | null, listener: () => void): () => void;
  /** The same for code that waits. `stop` it. */
  follow(jobId: string): JobFollower;
  /** Those that listen now; for tests. */
  readonly listeners: number;
};

export type JobFollower = {
  /** Resolves at the first change since the last call, after so long, or when the signal fires; never rejects. */
  next(options: { readonly milliseconds: number; readonly signal: AbortSignal }): Promise<void>;
  stop(): void;
};

const known = new WeakMap<RecordsDatabase, JobChanges>();

/** The one of these records, for all services of a process: what one of them changes, those who wait at another hear. */
export function jobChangesOf(records: RecordsDatabase): JobChanges {
  let changes = known.get(records);
  if (changes === undefined) known.set(records, (changes = createJobChanges({ records })));
  return changes;
}

type ChangeOptions = { readonly records: RecordsDatabase; readonly pollMilliseconds?: number };

/** No timer runs while nobody listens, and none keeps the process alive. */
export function createJobChanges({ records, pollMilliseconds = 250 }: ChangeOptions): JobChanges {
  const listeners = new Map<string | null, Set<() => void>>();
  let timer: ReturnType<typeof setInterval> | null = null;
  let version: unknown;
  let count = 0;

  const tell = (key: string | null) => {
    for (const listener of [...(listeners.get(key) ?? [])]) listener();
  };
  // SQLite counts the commits of other connections: while the number stays, nothing has to be looked at.
  const readVersion = () => records.sqlite.pragma("data_version", { simple: true });
  const poll = () => {
    let seen: unknown;
    try {
      seen = readVersion();
    } catch {
      return; // the records are closed, or busy: the next look tells
    }
    if (seen === version) return;
    version = seen;
    for (const key of [...listeners.keys()]) tell(key);
  };

  function subscribe(jobId: string | null, listener: () => void): () => void {
    // Its own, so that one function given twice is told twice, and ended twice.
    const own = () => listener();
    const known = listeners.get(jobId);
    if (known === undefined) listeners.set(jobId, new Set([own]));
    else known.add(own);
    if (count++ === 0) {
      version = readVersion();
      timer = unref(setInterval(poll, pollMilliseconds));
    }
    return () => {
      const set = listeners.get(jobId);
      if (set === undefined || !set.delete(own)) return;
      if (set.size === 0) listeners.delete(jobId);
      if (--count > 0 || timer === null) return;
      clearInterval(timer);
      timer = null;
    };
  }

  function follow(jobId: string): JobFollower {
    let changed = false;
    let wake: (() => void) | null = null;
    const stop = subscribe(jobId, () => {
      changed = true;
      wake?.();
    });
    return {
      async next({ milliseconds, signal }) {
        if (!changed && !signal.aborted) {
          await new Promise<void>((resolve) => {
            const done = () => {
              clearTimeout(giveUp);
              signal.removeEventListener("abort", done);
              wake = null;
              resolve();
            };
            const giveUp = unref(setTimeout(done, milliseconds));
            signal.addEventListener("abort", done, { once: true });
            wake = done;
          });
        }
        changed = false;
      },
      stop,
    };
  }

  return {
    notify(jobId) {
      tell(jobId);
      tell(null);
    },
    subscribe,
    follow,
    get listeners() {
      return count;
    },
  };
}

/** A timer that does not keep the process alive, where the runtime has processes. */
export function unref<T>(timer: T): T {
  (timer as { unref?: () => void }).unref?.();
  return timer;
}
