/** Counts requests of each user or address in the last minute; of no more than `maxKeys` of them at a time. */
export type RequestCounter = {
  /** Counts one more, where that does not pass `limit`. */
  readonly take: (key: string, limit: number) => RequestCount;
  /** Without counting. */
  readonly look: (key: string, limit: number) => RequestCount;
  /** How many users and addresses it remembers. */
  readonly size: number;
};

export type RequestCount = {
  readonly isAllowed: boolean;
  /** In the last minute, with this one where it is allowed. */
  readonly used: number;
  /** Until one more is allowed than now: of one that was not, exactly until it is. Whole seconds, from 1. */
  readonly resetSeconds: number;
};

const WINDOW_SECONDS = 60;
/** Those of the running second, and of a minute before it: never more than the limit in any 60 seconds. */
const SECONDS = WINDOW_SECONDS + 1;

type Window = {
  /** By second modulo `SECONDS`. */
  readonly counts: Uint32Array;
  total: number;
  /** The last one that was looked at. */
  second: number;
};

/** `now`: milliseconds, of a clock that never goes back. */
export function createRequestCounter({
  maxKeys,
  now = () => performance.now(),
}: {
  readonly maxKeys: number;
  readonly now?: () => number;
}): RequestCounter {
  /** In the order of their last second. */
  const windows = new Map<string, Window>();

  function windowOf(key: string, second: number): Window {
    let window = windows.get(key);
    if (window === undefined) {
      makeRoom(second);
      window = { counts: new Uint32Array(SECONDS), total: 0, second };
      windows.set(key, window);
    } else if (window.second !== second) {
      advance(window, second);
      windows.delete(key);
      windows.set(key, window);
    }
    return window;
  }

  /** Forgets who has not asked for a minute; of too many, who has asked longest ago. */
  function makeRoom(second: number): void {
    let looked = 0;
    for (const [key, window] of windows) {
      const isOver = second - window.second >= SECONDS;
      if (!isOver && windows.size < maxKeys) return;
      windows.delete(key);
      if (++looked === MOST_FORGOTTEN_AT_ONCE) return;
    }
  }

  return {
    take(key, limit) {
      const time = now() / 1000;
      const second = Math.floor(time);
      const window = windowOf(key, second);
      const isAllowed = window.total < limit;
      const used = isAllowed ? ++window.total : window.total;
      if (isAllowed) window.counts[second % SECONDS]++;
      return { isAllowed, used, resetSeconds: secondsUntilFree(window, { limit, time }) };
    },
    look(key, limit) {
      const time = now() / 1000;
      const window = windows.get(key);
      if (window === undefined) return { isAllowed: limit > 0, used: 0, resetSeconds: 1 };
      if (Math.floor(time) > window.second) advance(window, Math.floor(time));
      return {
        isAllowed: window.total < limit,
        used: window.total,
        resetSeconds: secondsUntilFree(window, { limit, time }),
      };
    },
    get size() {
      return windows.size;
    },
  };
}

const MOST_FORGOTTEN_AT_ONCE = 8;

/** Forgets seconds that are over. */
function advance(window: Window, second: number): void {
  if (second - window.second >= SECONDS) {
    window.counts.fill(0);
    window.total = 0;
  } else {
    for (let i = window.second + 1; i <= second; i++) {
      window.total -= window.counts[i % SECONDS];
      window.counts[i % SECONDS] = 0;
    }
  }
  window.second = second;
}

/** Until enough of the oldest are forgotten. */
function secondsUntilFree({ counts, total, second }: Window, { limit, time }: { limit: number; time: number }): number {
  let left = total;
  const needed = Math.min(limit, total); // with less than this there is one more than now
  for (let age = WINDOW_SECONDS; age >= 0; age--) {
    const at = second - age;
    if (at < 0) continue;
    left -= counts[at % SECONDS];
    if (left < needed) return Math.max(1, Math.ceil(at + SECONDS - time));
  }
  return WINDOW_SECONDS;
}
