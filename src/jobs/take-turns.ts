/** Work that can stop at each `yield`, where no more than a millisecond or so has passed since the last one. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** As long as nothing else may have a turn. */
const TURN_MILLISECONDS = 10;

/**
 * Does the work in turns, with everything else that waits between them: a request that comes in the middle of it waits
 * for one turn, however many works are under way.
 */
export async function takeTurns<T>(steps: Steps<T>, turn: () => Promise<void> = nextTurn): Promise<T> {
  for (;;) {
    await turn();
    const until = performance.now() + TURN_MILLISECONDS;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      if (performance.now() > until) break;
    }
  }
}

const waiting: (() => void)[] = [];

/** One turn in each round of the event loop, first come, first served. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setTimeout(giveTurn, 0);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setTimeout(giveTurn, 0);
}
