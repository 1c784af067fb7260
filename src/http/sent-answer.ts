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
export type SentAnswer = { onceEnded(listener: (end: AnswerEnd) => void): void };

/** The answer to this request, in what the server gives to the app beside it; null where the server has none. */
export function sentAnswerIn(env: unknown): SentAnswer | null {
  const outgoing = (env as { readonly outgoing?: Partial<SentAnswer> } | undefined)?.outgoing;
  return outgoing !== undefined && "onceEnded" in outgoing ? (outgoing as SentAnswer) : null;
}

/** The same where no server tells: the body ends when it has been read, and each piece of it passes through here. */
export function watchBody(
  body: ReadableStream<Uint8Array>,
  listener: (end: AnswerEnd) => void,
): ReadableStream<Uint8Array> {
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
