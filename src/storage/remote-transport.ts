import { ServiceError } from "../errors.ts";
import { throwIfCanceled } from "./_checked-read.ts";
import { onAbort } from "./_on-abort.ts";
import { newReadTally, type ReadTally } from "./read-tally.ts";
import { delayByTimer, type Delay, TransientError, withRetries } from "./retry.ts";
import { Semaphore } from "./semaphore.ts";

export type TransportOptions = {
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** Requests under way at once to one origin. Default 16. */
  readonly maxConcurrent?: number | undefined;
  /** Tries after the first. Default 4. */
  readonly retries?: number | undefined;
  /** For one try, from the first byte sent to the last received. Default 30. */
  readonly timeoutSeconds?: number | undefined;
  readonly random?: (() => number) | undefined;
  readonly delay?: Delay | undefined;
  readonly now?: (() => number) | undefined;
  /** Counts what is read. */
  readonly tally?: ReadTally | undefined;
};

/** A file of a remote store, and how to ask for it. */
export type RemoteFile = {
  /** Without credentials: for messages and caches. */
  readonly key: string;
  readonly url: URL;
  /** Credentials for one request; they go to the origin of `url` and nowhere else. */
  readonly authorize: () => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>;
  readonly followRedirects: boolean;
};

export type RemoteRequest = {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
};

export type Transport = {
  /**
   * One try: sends the GET request and passes the response to `receive`. The connection is broken when that rejects.
   * Rejects with a TransientError where another try may help.
   */
  send<T>(file: RemoteFile, request: RemoteRequest, receive: (response: Response) => Promise<T> | T): Promise<T>;
  retry<T>(action: string, signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T>;
  readonly now: () => number;
  readonly tally: ReadTally;
};

const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export function createTransport(options: TransportOptions = {}): Transport {
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const delay = options.delay ?? delayByTimer;
  const retries = { retries: options.retries ?? 4, random: options.random ?? Math.random, delay };
  const timeoutSeconds = options.timeoutSeconds ?? 30;
  const semaphores = new Map<string, Semaphore>();

  async function enter(origin: string, signal: AbortSignal | undefined, action: string): Promise<() => void> {
    const semaphore = semaphores.get(origin) ?? new Semaphore(options.maxConcurrent ?? 16);
    semaphores.set(origin, semaphore);
    const leave = await semaphore.acquire(signal, action);
    return () => {
      leave();
      if (semaphore.idle) semaphores.delete(origin);
    };
  }

  return {
    now: options.now ?? Date.now,
    tally: options.tally ?? newReadTally(),
    retry: (action, signal, attempt) => withRetries(action, { ...retries, signal }, attempt),
    async send(file, request, receive) {
      const { signal } = request;
      const action = `Request ${file.key}`;
      const leave = await enter(file.url.origin, signal, action);
      const trying = new AbortController();
      const giveUp = () => trying.abort(signal?.reason);
      const stopListening = onAbort(signal, giveUp);
      const done = new AbortController();
      delay(timeoutSeconds * 1000, done.signal).then(
        () => trying.abort(new TransientError(`no answer within ${timeoutSeconds} s`)),
        () => {}, // the request was faster
      );
      try {
        const response = await follow(fetch, file, request, trying.signal);
        const received = await receive(response);
        if (!response.bodyUsed) void response.body?.cancel().catch(() => {});
        return received;
      } catch (error) {
        const reason: unknown = trying.signal.reason;
        trying.abort(); // breaks off what is still coming; a body read to its end leaves its connection for the next
        throwIfCanceled(signal, action);
        if (error instanceof ServiceError || error instanceof TransientError) throw error;
        if (reason instanceof TransientError) throw reason;
        throw new TransientError(`the connection failed${errorCodeOf(error)}`, { cause: error });
      } finally {
        done.abort();
        stopListening();
        leave();
      }
    },
  };
}

type Fetch = NonNullable<TransportOptions["fetch"]>;

async function follow(fetch: Fetch, file: RemoteFile, request: RemoteRequest, signal: AbortSignal): Promise<Response> {
  let url = file.url;
  for (let redirects = 0; ; redirects++) {
    const credentials = url.origin === file.url.origin ? await file.authorize() : {};
    const response = await fetch(url.href, {
      headers: { ...request.headers, ...credentials }, // fetch adds Accept-Encoding: identity to a range itself
      redirect: "manual",
      credentials: "omit",
      cache: "no-store",
      signal,
    });
    if (!REDIRECTS.includes(response.status) || !file.followRedirects) return response;
    void response.body?.cancel().catch(() => {});
    if (redirects === MAX_REDIRECTS) throw unfollowed(file.key, `more than ${MAX_REDIRECTS} redirects`);
    url = nextUrl(file.key, url, response.headers.get("location"));
  }
}

function nextUrl(key: string, from: URL, location: string | null): URL {
  if (location === null || !URL.canParse(location, from)) throw unfollowed(key, "a redirect to no URL");
  const to = new URL(location, from);
  const secure = to.protocol === "https:" || (to.protocol === "http:" && from.protocol === "http:");
  if (!secure) throw unfollowed(key, `a redirect from ${from.protocol} to ${to.protocol}`);
  if (to.username !== "" || to.password !== "") throw unfollowed(key, "a redirect with credentials");
  return to;
}

function unfollowed(key: string, what: string): ServiceError {
  return new ServiceError("unsupported", `Cannot open ${key}: the server answered with ${what}`);
}

/** Node tells ECONNREFUSED and the like in the cause of a `TypeError: fetch failed`. */
function errorCodeOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? ` (${code})` : "";
}
