/** Requests that stay open until something happens: how many a user may have of them, and what ends them. */
export type WaitingRoom = {
  /** null where the user has as many as is allowed. Ended by its client, or when the service stops. */
  enter(userId: string, client: AbortSignal): Waiting | null;
  /** How many there are now. */
  readonly size: number;
};

export type Waiting = {
  readonly signal: AbortSignal;
  /** To be called when the request has ended, however; fires the signal. */
  leave: () => void;
};

/** All who have not signed in are one user. */
export function createWaitingRoom({
  maxPerUser,
  stopping,
}: {
  readonly maxPerUser: number;
  readonly stopping: AbortSignal | undefined;
}): WaitingRoom {
  const byUser = new Map<string, number>();
  const present = new Set<() => void>();
  // One listener for all: a signal that lives as long as the service is not to gather them.
  stopping?.addEventListener("abort", () => [...present].forEach((leave) => leave()), { once: true });

  return {
    enter(userId, client) {
      const others = byUser.get(userId) ?? 0;
      if (others >= maxPerUser) return null;
      byUser.set(userId, others + 1);
      const controller = new AbortController();
      const leave = () => {
        if (!present.delete(leave)) return;
        const left = (byUser.get(userId) ?? 1) - 1;
        if (left > 0) byUser.set(userId, left);
        else byUser.delete(userId);
        client.removeEventListener("abort", leave);
        controller.abort();
      };
      present.add(leave);
      client.addEventListener("abort", leave, { once: true });
      if (client.aborted || stopping?.aborted === true) leave();
      return { signal: controller.signal, leave };
    },
    get size() {
      return present.size;
    },
  };
}
