import type { IncomingMessage, ServerResponse } from "node:http";
import type { AnswerEnd, SentAnswer } from "../http/sent-answer.ts";

/**
 * A response of node:http that tells how it ended: it looks at what is written as it passes, and keeps nothing of it. `Base` may
 * be a class of ours.
 */
export function observedResponseClass(Base: typeof ServerResponse): typeof ServerResponse {
  return class ObservedResponse<Request extends IncomingMessage = IncomingMessage>
    extends Base<Request>
    implements SentAnswer
  {
    #bytes = 0;
    #firstByteAt: number | null = null;
    #end: AnswerEnd | null = null;
    readonly #listeners: ((end: AnswerEnd) => void)[] = [];

    constructor(...options: ConstructorParameters<typeof ServerResponse<Request>>) {
      super(...options);
      // After the last byte is with the system, or the connection is gone. It comes once; `once` would make objects for that.
      this.on("close", ObservedResponse.#tell);
    }

    static #tell(this: ObservedResponse): void {
      if (this.#end !== null) return;
      const end = { isWhole: this.writableFinished, bytes: this.#bytes, firstByteAt: this.#firstByteAt };
      this.#end = end;
      for (const listener of this.#listeners) listener(end);
    }

    /** At once where it has. */
    onceEnded(listener: (end: AnswerEnd) => void): void {
      if (this.#end === null) this.#listeners.push(listener);
      else listener(this.#end);
    }

    override write(chunk: unknown, ...rest: never[]): boolean {
      this.#look(chunk);
      return super.write(chunk, ...rest);
    }

    override end(chunk?: unknown, ...rest: never[]): this {
      this.#look(chunk);
      return super.end(chunk, ...rest);
    }

    #look(chunk: unknown): void {
      const bytes =
        typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk instanceof Uint8Array ? chunk.length : 0;
      if (bytes === 0 || this.req.method === "HEAD") return;
      this.#firstByteAt ??= performance.now();
      this.#bytes += bytes;
    }
  };
}
