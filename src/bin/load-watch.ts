import { performance, type EventLoopUtilization } from "node:perf_hooks";

/** Over so long, in milliseconds, it is looked how busy the event loop was. */
const WINDOW_MILLISECONDS = 100;
/** Parts of the time: from the first on, requests wait for the main thread; below the second, they no longer do. */
const BUSY_FROM = 0.9;
const BUSY_UNTIL = 0.6;

export type LoadClock = {
  readonly now: () => number;
  /** Since `earlier`, or since the start. */
  readonly utilization: (earlier?: EventLoopUtilization) => EventLoopUtilization;
};

const CLOCK: LoadClock = {
  now: () => performance.now(),
  utilization: (earlier) => performance.eventLoopUtilization(earlier),
};

/** Tells whether the main thread is so busy that requests wait for it. Cheap enough to be asked by each of them. */
export function createLoadWatch({ now, utilization }: LoadClock = CLOCK): () => boolean {
  let start = utilization();
  let end = now() + WINDOW_MILLISECONDS;
  let isBusy = false;
  return () => {
    const time = now();
    if (time >= end) {
      isBusy = utilization(start).utilization >= (isBusy ? BUSY_UNTIL : BUSY_FROM);
      start = utilization();
      end = time + WINDOW_MILLISECONDS;
    }
    return isBusy;
  };
}
