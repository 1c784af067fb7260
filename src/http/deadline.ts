/** One signal for all that ends a request's work: the client goes away, or the time is up. */
export type Deadline = {
  readonly signal: AbortSignal;
  /** The time is up, and was the first reason to stop. */
  readonly isOver: boolean;
  /** To be called when the work is done. An AbortSignal.timeout() would keep its timer, at 2,000 requests a second for minutes. */
  end(): void;
};

export function startDeadline(client: AbortSignal, seconds: number): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const onClient = () => controller.abort(client.reason);
  const timer = setTimeout(() => {
    isOver = !controller.signal.aborted;
    controller.abort(new Error(`${seconds} seconds are over`));
  }, seconds * 1000);
  if (client.aborted) onClient();
  else client.addEventListener("abort", onClient, { once: true });
  return {
    signal: controller.signal,
    get isOver() {
      return isOver;
    },
    end() {
      clearTimeout(timer);
      client.removeEventListener("abort", onClient);
    },
  };
}
