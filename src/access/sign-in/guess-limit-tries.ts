/** How wrong tries are slowed. */
export type TryPace = {
  /** Wrong tries that nothing follows. */
  readonly free: number;
  /** So many more are made later and later: a quarter of a second, and twice as long each time. */
  readonly slowed: number;
  /** After those one has to wait, twice as long each time, up to this. */
  readonly mostWaitSeconds: number;
};

export type Tries = {
  /** Until the next may be made; 0: now. */
  waitSeconds(key: string): number;
  /** Counts one that is about to be made, and tells by how many seconds later it is to be. */
  count(key: string): number;
  /** It was none after all. */
  withdraw(key: string): void;
  forget(key: string): void;
};

type Counted = { count: number; at: number };

/** Without a wrong try for so long, all is forgotten. */
const MEMORY_MILLISECONDS = 3_600_000;
const FIRST_DELAY_SECONDS = 0.25;
const FIRST_WAIT_SECONDS = 2;

/** Counts wrong tries by key, of which it forgets the one that was used longest ago when there are too many. */
export function createTries(
  { free, slowed, mostWaitSeconds }: TryPace,
  { now, mostRemembered }: { readonly now: () => number; readonly mostRemembered: number },
): Tries {
  const known = new Map<string, Counted>(); // the one that was used last is the last

  function find(key: string): Counted | undefined {
    const counted = known.get(key);
    if (counted === undefined || now() - counted.at < MEMORY_MILLISECONDS) return counted;
    known.delete(key);
    return undefined;
  }

  return {
    waitSeconds(key) {
      const counted = find(key);
      const over = (counted?.count ?? 0) - free - slowed;
      if (counted === undefined || over < 0) return 0;
      const wait = Math.min(mostWaitSeconds, FIRST_WAIT_SECONDS * 2 ** Math.min(over, 30));
      return Math.max(0, wait - (now() - counted.at) / 1000);
    },
    count(key) {
      const count = (find(key)?.count ?? 0) + 1;
      known.delete(key);
      known.set(key, { count, at: now() });
      if (known.size > mostRemembered) known.delete(known.keys().next().value ?? key);
      return count <= free ? 0 : FIRST_DELAY_SECONDS * 2 ** Math.min(count - free - 1, 30);
    },
    withdraw(key) {
      const counted = known.get(key);
      if (counted === undefined) return;
      counted.count--;
      if (counted.count <= 0) known.delete(key);
    },
    forget: (key) => void known.delete(key),
  };
}
