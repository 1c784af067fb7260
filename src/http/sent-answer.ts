import type { Context } from "hono";

/** How the sending of an answer ended. */
export type AnswerEnd = {
  /** All of it went out. */
  readonly isWhole: boolean;
  /** Of its body, as far as they were sent. */
  readonly bytes: number;
  /** When the first of them went out (`performance.now()`); null where none did. */
  readonly firstByteAt: number | null;
};

/** An answer as the server below the app sends it, which knows best when it has ended. */
export type SentAnswer = {
  onceEnded(listener: (end: AnswerEnd) => void): void;
  /** Of what goes out with every answer, unless that has another of this name. */
  setHeader?(name: string, value: string): unknown;
};

/**
 * Calls the listener once the answer that a context has now was sent, or lost: to be called behind `next`. Without a server
 * below that tells (in tests, and on other runtimes), the end of its body is the end of it.
 */
export function whenEnded(c: Context, listener: (end: AnswerEnd) => void): void {
  const sent = sentAnswerIn(c.env);
  if (sent !== null) return sent.onceEnded(listener);
  const { body } = c.res;
  // Of an answer to HEAD nobody reads the body.
  if (body === null || c.req.method === "HEAD") return listener({ isWhole: true, bytes: 0, firstByteAt: null });
  c.res = new Response(watchBody(body, listener), c.res);
}

/** The answer to this request, in what the server gives to the app beside it; null where the server has none. */
export function sentAnswerIn(env: unknown): SentAnswer | null {
  const outgoing = (env as { readonly outgoing?: Partial<SentAnswer> } | undefined)?.outgoing;
  return outgoing !== undefined && "onceEnded" in outgoing ? (outgoing as SentAnswer) : null;
}

/** The body ends when it has been read, and each piece of it passes through here. */
function watchBody(body: ReadableStream<Uint8Array>, listener: (end: AnswerEnd) => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  let firstByteAt: number | null = null;
  const end = (isWhole: boolean) => listener({ isWhole, bytes, firstByteAt });
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            end(true);
            controller.close();
            return;
          }
          firstByteAt ??= performance.now();
          bytes += value.byteLength;
          controller.enqueue(value);
        } catch (error) {
          end(false);
          throw error;
        }
      },
      async cancel(reason) {
        end(false);
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
