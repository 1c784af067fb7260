/** Lets so many of each key be under way at a time; others wait for their turn, in their order. */
export type Turns = {
  /** Resolves to what ends the turn. `most`: at a time; looked at anew whenever one of the key has ended, and at least 1. */
  take(key: string, most: () => number): Promise<() => void>;
};

type Queue = { running: number; readonly waiting: (() => boolean)[] };

export function createTurns(): Turns {
  const queues = new Map<string, Queue>();

  function end(key: string, queue: Queue): void {
    queue.running--;
    while (queue.waiting.length > 0 && queue.waiting[0]()) queue.waiting.shift();
    if (queue.running === 0) queues.delete(key);
  }

  return {
    take(key, most) {
      const queue = queues.get(key) ?? { running: 0, waiting: [] };
      queues.set(key, queue);
      return new Promise((resolve) => {
        const begin = () => {
          if (queue.running >= Math.max(1, most())) return false;
          queue.running++;
          resolve(() => end(key, queue));
          return true;
        };
        if (queue.waiting.length > 0 || !begin()) queue.waiting.push(begin);
      });
    },
  };
}

/** Counts places that are held, by key. */
export type Places = {
  /** null where `most` of the key are held; else what gives the place back. */
  take(key: string, most: number): (() => void) | null;
};

export function createPlaces(): Places {
  const held = new Map<string, number>();
  return {
    take(key, most) {
      const count = held.get(key) ?? 0;
      if (count >= most) return null;
      held.set(key, count + 1);
      return () => {
        const left = (held.get(key) ?? 1) - 1;
        if (left > 0) held.set(key, left);
        else held.delete(key);
      };
    },
  };
}
