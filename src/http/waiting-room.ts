import type { StreamSlots } from "../access/limits/stream-slots.ts";

/** Requests that stay open until something happens: how many a user may have of them, and what ends them. */
export type WaitingRoom = {
  /** null where the user has `most` of them. Ended by its client, or when the service stops. */
  enter(userId: string, client: AbortSignal, most: number): Waiting | null;
  /**
   * For one who found no room: resolves a little later, or when the client goes or the service stops. Who asks again at
   * once then does so in peace. Nothing but a timer is kept.
   */
  linger(client: AbortSignal, milliseconds: number): Promise<void>;
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
  stopping,
  slots,
}: {
  readonly stopping: AbortSignal | undefined;
  /** Where they are counted, by user. */
  readonly slots: StreamSlots;
}): WaitingRoom {
  const present = new Set<() => void>();
  const lingering = new Set<() => void>();
  // One listener for all: a signal that lives as long as the service is not to gather them.
  const endAll = () => [...present, ...lingering].forEach((leave) => leave());
  stopping?.addEventListener("abort", endAll, { once: true });

  return {
    enter(userId, client, most) {
      const release = slots.take(userId, most);
      if (release === null) return null;
      const controller = new AbortController();
      const leave = () => {
        if (!present.delete(leave)) return;
        release();
        client.removeEventListener("abort", leave);
        controller.abort();
      };
      present.add(leave);
      client.addEventListener("abort", leave, { once: true });
      if (client.aborted || stopping?.aborted === true) leave();
      return { signal: controller.signal, leave };
    },
    linger(client, milliseconds) {
      if (client.aborted || stopping?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        const leave = () => {
          clearTimeout(timer);
          lingering.delete(leave);
          client.removeEventListener("abort", leave);
          resolve();
        };
        const timer = setTimeout(leave, milliseconds);
        lingering.add(leave);
        client.addEventListener("abort", leave, { once: true });
      });
    },
    get size() {
      return present.size;
    },
  };
}
