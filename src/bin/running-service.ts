import type { Fetch } from "../http/host-router.ts";

/** One service of a process. Records belong to the process: they are closed after all services. */
export type RunningService = {
  readonly fetch: Fetch;
  /** Begins what goes on beside requests, once the process listens. */
  start(): void;
  /** From now on it says that it takes no more, and lets those go who wait for something to happen. */
  drain(): void;
  /** Ends what `start` began. */
  stop(): Promise<void>;
  /** Nothing of a request is left. */
  isIdle(): boolean;
  /** Gives back what it holds, when no request is under way. */
  close(): Promise<void>;
};
