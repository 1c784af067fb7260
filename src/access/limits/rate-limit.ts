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
  /** Until one more is allowed than now: of one that was not, exactly until it is. Whole seconds, 1 to 60. */
  readonly resetSeconds: number;
};

const WINDOW_SECONDS = 60;
const WINDOW_MILLISECONDS = WINDOW_SECONDS * 1000;
/** The running one, those of a minute before it, and of the one before these what is not over yet. */
const SECONDS = WINDOW_SECONDS + 1;

/**
 * Those of one second are forgotten together, a minute after the last of them: never more than the limit in any 60 seconds.
 */
type Window = {
  /** By second modulo `SECONDS`. */
  readonly counts: Uint32Array;
  /** When the last of the second came: milliseconds of it. */
  readonly latest: Uint16Array;
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

  function windowOf(key: string, time: number): Window {
    const second = Math.floor(time / 1000);
    let window = windows.get(key);
    if (window === undefined) {
      makeRoom(second);
      window = { counts: new Uint32Array(SECONDS), latest: new Uint16Array(SECONDS), total: 0, second };
      windows.set(key, window);
    } else {
      const isSame = window.second === second;
      advance(window, time);
      if (isSame) return window;
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
      const time = Math.floor(now());
      const window = windowOf(key, time);
      const isAllowed = window.total < limit;
      const used = isAllowed ? ++window.total : window.total;
      if (isAllowed) {
        const at = window.second % SECONDS;
        window.counts[at]++;
        window.latest[at] = time - window.second * 1000;
      }
      return { isAllowed, used, resetSeconds: secondsUntilFree(window, { limit, time }) };
    },
    look(key, limit) {
      const time = Math.floor(now());
      const window = windows.get(key);
      if (window === undefined) return { isAllowed: limit > 0, used: 0, resetSeconds: 1 };
      advance(window, time);
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

/** Forgets seconds that are over. `time`: whole milliseconds. */
function advance(window: Window, time: number): void {
  const { counts, latest } = window;
  const second = Math.floor(time / 1000);
  if (second - window.second >= SECONDS) {
    counts.fill(0);
    window.total = 0;
  } else {
    for (let i = window.second + 1; i <= second; i++) forget(window, i % SECONDS);
  }
  window.second = second;
  const oldest = (second + 1) % SECONDS;
  if (counts[oldest] > 0 && latest[oldest] <= time - second * 1000) forget(window, oldest);
}

function forget(window: Window, at: number): void {
  window.total -= window.counts[at];
  window.counts[at] = 0;
}

/** Until enough of the oldest are forgotten. `time`: whole milliseconds, in the second of the window. */
function secondsUntilFree(
  { counts, latest, total, second }: Window,
  { limit, time }: { readonly limit: number; readonly time: number },
): number {
  let left = total;
  const needed = Math.min(limit, total); // with less than this there is one more than now
  for (let age = WINDOW_SECONDS; age >= 0; age--) {
    if (age > second) continue;
    const at = (second - age) % SECONDS;
    left -= counts[at];
    if (left < needed) {
      const freeAt = (second - age) * 1000 + latest[at] + WINDOW_MILLISECONDS;
      return Math.max(1, Math.ceil((freeAt - time) / 1000));
    }
  }
  return WINDOW_SECONDS;
}
