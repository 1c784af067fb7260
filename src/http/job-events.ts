import type { Hono } from "hono";
import type { GrantHolds } from "../access/grant-check.ts";
import type { User } from "../access/user.ts";
import { ServiceError } from "../errors.ts";
import { formatInstant } from "../ivoa/uws-values.ts";
import { FINISHED_PHASES, type Job } from "../jobs/job.ts";
import type { JobService } from "../jobs/job-service.ts";
import type { AppEnv } from "./app-env.ts";
import { jobIdOf, type AsyncContext } from "./async-resource.ts";
import { addResource } from "./resource.ts";
import type { Waiting, WaitingRoom } from "./waiting-room.ts";

export type EventServices = {
  readonly jobs: JobService;
  /** Between two signs of life on a stream of events: proxies cut a connection that says nothing. */
  readonly keepAliveSeconds: number;
  readonly waitingRoom: WaitingRoom;
  /** Requests that wait, and streams of events, that a user may have open at a time. */
  readonly mostWaitsOf: (user: User) => number;
  /** Looked at again and again while a stream goes on. Not there: what one was known by holds as long as the stream. */
  readonly grantHolds?: GrantHolds | undefined;
  /** A fault after the answer has begun, when only the log can be told. */
  readonly logFault: (fault: { readonly error: unknown; readonly requestId: string }) => void;
};

/** The id of the last event: a client that comes back with it has seen all. */
const END = "end";

/** Progress as it is made, as server-sent events (HTML Standard, section 9.2). */
export function addEventRoutes(app: Hono<AppEnv>, services: EventServices): void {
  addResource(app, "/async/:id/events", { GET: (c) => handleEvents(c, services) });
}

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no", // nginx would keep events until it has many
};

async function handleEvents(c: AsyncContext, services: EventServices): Promise<Response> {
  const { user, grant, requestId } = c.var;
  const job = await services.jobs.get(jobIdOf(c), user);
  // A browser asks again when a stream ends, until it is answered with 204.
  if (isFinished(job) && c.req.header("last-event-id") === END) return c.body(null, 204);
  if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);
  const most = services.mostWaitsOf(user);
  const waiting = services.waitingRoom.enter(user.id, c.req.raw.signal, most);
  if (waiting === null) {
    throw new ServiceError(
      "too-many",
      `Cannot send events: ${most} requests are open already, as many as ` +
        `${user.role === "anonymous" ? "all who have not signed in" : "one user"} may have that wait for something; ` +
        "close one, or ask for the job now and then",
      { limit: "waits" },
    );
  }
  const { keepAliveSeconds, grantHolds } = services;
  const mayGoOn = () => grantHolds?.({ user, grant }) ?? true;
  const onFault = (error: unknown) => services.logFault({ error, requestId });
  const watch = (signal: AbortSignal) => services.jobs.watch(job.id, user, signal);
  try {
    return c.body(streamEvents({ watch, waiting, keepAliveSeconds, mayGoOn, onFault }), 200, HEADERS);
  } catch (error) {
    waiting.leave();
    throw error;
  }
}

type EventStream = ReadableStream<Uint8Array<ArrayBuffer>>;

export type EventSource = {
  readonly watch: (signal: AbortSignal) => AsyncIterable<Job>;
  readonly waiting: Waiting;
  readonly keepAliveSeconds: number;
  /** Whether the client may still see the job: asked every few seconds, and at events at most once a second. */
  readonly mayGoOn: () => boolean;
  readonly onFault: (error: unknown) => void;
};

/** Between two looks at whether a stream may go on: while nothing happens, and while much does. */
const LOOK_SECONDS = 3;
const LEAST_LOOK_SECONDS = 1;

/**
 * `progress` at once and after each change, `end` after the last, or when the client may not see more. Made as it is read:
 * to a client that is slow nothing piles up. Whichever ends it, the watch ends and no timer stays.
 */
export function streamEvents({ watch, waiting, keepAliveSeconds, mayGoOn, onFault }: EventSource): EventStream {
  const { signal } = waiting;
  const states = watch(signal)[Symbol.asyncIterator]();
  const finish = () => {
    waiting.leave();
    signal.removeEventListener("abort", finish);
    states.return?.().catch(() => undefined); // what it says now goes nowhere
  };
  signal.addEventListener("abort", finish, { once: true });
  if (signal.aborted) finish();
  const encoder = new TextEncoder();
  /** Asked for, and not there yet when the last sign of life was due. */
  let awaited: Promise<IteratorResult<Job>> | undefined;
  let last: Job | undefined;
  let number = 0;
  let lookedAt = performance.now();
  let spokenAt = lookedAt;

  return new ReadableStream(
    {
      async pull(stream) {
        try {
          awaited ??= states.next();
          let next: IteratorResult<Job> | null;
          do {
            const silence = keepAliveSeconds - secondsSince(spokenAt);
            next = await within(awaited, Math.min(LOOK_SECONDS, Math.max(silence, 0)), signal);
            if (signal.aborted) return close(stream);
            if (secondsSince(lookedAt) >= LEAST_LOOK_SECONDS) {
              if (!mayGoOn()) return refuse(stream);
              lookedAt = performance.now();
            }
          } while (next === null && secondsSince(spokenAt) < keepAliveSeconds);
          spokenAt = performance.now();
          if (next === null) return stream.enqueue(encoder.encode(": still here\n\n"));
          awaited = undefined;
          if (next.done !== true) {
            last = next.value;
            return stream.enqueue(encoder.encode(formatEvent("progress", String(++number), describe(last))));
          }
          const final = last !== undefined && isFinished(last) ? describe(last) : GONE;
          stream.enqueue(encoder.encode(formatEvent(END, END, final)));
        } catch (error) {
          if (signal.aborted) return close(stream);
          if (!isGone(error)) {
            onFault(error);
            finish();
            throw error; // breaks the connection: the client asks again
          }
          stream.enqueue(encoder.encode(formatEvent(END, END, GONE)));
        }
        close(stream);
      },
      cancel: finish,
    },
    { highWaterMark: 0 },
  );

  /** Not under the id of the end: this client has not seen all. */
  function refuse(stream: ReadableStreamDefaultController): void {
    stream.enqueue(encoder.encode(formatEvent(END, String(number), REFUSED)));
    close(stream);
  }

  function close(stream: ReadableStreamDefaultController): void {
    finish();
    try {
      stream.close();
    } catch {
      // canceled: it is closed
    }
  }
}

function secondsSince(instant: number): number {
  return (performance.now() - instant) / 1000;
}

/** What `promise` gives; null where that takes longer, or the signal fires first. */
function within<T>(promise: Promise<T>, seconds: number, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const giveUp = () => settle(() => resolve(null));
    const timer = setTimeout(giveUp, seconds * 1000);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      act();
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: Error) => settle(() => reject(error)),
    );
  });
}

/** Of a job that was deleted, or whose time was over. */
const GONE = { phase: null };

/** Of a job that goes on, to a client that is not to hear of it. */
const REFUSED = { phase: null, error: "Cannot send more events: the token or session they were asked with has ended" };

/** The job was deleted while it was watched. */
function isGone(error: unknown): boolean {
  return error instanceof ServiceError && error.code === "not-found";
}

function isFinished({ phase }: Job): boolean {
  return FINISHED_PHASES.includes(phase);
}

function formatEvent(event: string, id: string, data: object): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

function describe({ phase, progress, quoteAt, startedAt, endedAt, error }: Job): object {
  const instant = (at: number | null) => (at === null ? null : formatInstant(at));
  return {
    phase,
    ...progress,
    quote: instant(quoteAt),
    startTime: instant(startedAt),
    endTime: instant(endedAt),
    error: error?.message ?? null,
  };
}
