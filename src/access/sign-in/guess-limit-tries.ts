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
  /** By how many seconds later the next is to be made. */
  delaySeconds(key: string): number;
  /** How many have been wrong. */
  wrong(key: string): number;
  /** How many more may be wrong before one has to wait. */
  left(key: string): number;
  /** Counts one that was wrong. */
  count(key: string): void;
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
    delaySeconds(key) {
      const over = (find(key)?.count ?? 0) - free;
      return over < 0 ? 0 : FIRST_DELAY_SECONDS * 2 ** Math.min(over, 30);
    },
    wrong: (key) => find(key)?.count ?? 0,
    left: (key) => free + slowed - (find(key)?.count ?? 0),
    count(key) {
      const count = (find(key)?.count ?? 0) + 1;
      known.delete(key);
      known.set(key, { count, at: now() });
      if (known.size > mostRemembered) known.delete(known.keys().next().value ?? key);
    },
    forget: (key) => void known.delete(key),
  };
}
