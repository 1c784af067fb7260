/**
 * Tells when an answer is being made, and when it only waits for its client to take it: a client may take its time, and
 * neither holds up others nor makes the answer look expensive.
 */
export class WorkMeter {
  readonly #enter: (() => () => void) | undefined;
  #leave: (() => void) | undefined;
  #since: number | undefined;
  #milliseconds = 0;

  /** `enter` is called whenever work begins, and what it gives back when work pauses. */
  constructor(enter: (() => () => void) | undefined) {
    this.#enter = enter;
  }

  /** Of work, until now. */
  get milliseconds(): number {
    return this.#milliseconds + (this.#since === undefined ? 0 : performance.now() - this.#since);
  }

  start(): void {
    if (this.#since !== undefined) return;
    this.#since = performance.now();
    this.#leave = this.#enter?.();
  }

  /** Twice is as good as once. */
  stop(): void {
    this.#milliseconds = this.milliseconds;
    this.#since = undefined;
    this.#leave?.();
    this.#leave = undefined;
  }

  /** The same stream; its work counts while a piece of it is asked for. */
  watch(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.start();
          try {
            const { done, value } = await reader.read();
            if (done) controller.close();
            else controller.enqueue(value);
          } finally {
            this.stop();
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 }, // nothing is made before it is asked for
    );
  }
}
