/** Answers under way, by user or address. What is taken is given back once, however the answer ends. */
export type StreamSlots = {
  /** null where `limit` are taken. What it gives is to be called when the answer has ended; twice is as good as once. */
  take(key: string, limit: number): (() => void) | null;
  used(key: string): number;
  /** Of all. */
  readonly size: number;
};

export function createStreamSlots(): StreamSlots {
  const taken = new Map<string, number>();
  let size = 0;
  return {
    take(key, limit) {
      const others = taken.get(key) ?? 0;
      if (others >= limit) return null;
      taken.set(key, others + 1);
      size++;
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        size--;
        const left = (taken.get(key) ?? 1) - 1;
        if (left > 0) taken.set(key, left);
        else taken.delete(key);
      };
    },
    used: (key) => taken.get(key) ?? 0,
    get size() {
      return size;
    },
  };
}
