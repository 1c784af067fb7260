import { write, writeSync } from "node:fs";

export type LogSink = {
  /** Takes lines that end with a line feed. Never blocks, never throws, and keeps a bounded number of them. */
  write(line: string): void;
  /** Writes what it keeps at once, as far as whoever reads it is not behind. */
  flush(): void;
};

/** Lines are gathered for so long, or until there are so many bytes of them: one write in place of hundreds. */
const GATHER_MILLISECONDS = 100;
const GATHER_CHARACTERS = 16 * 1024;
/** More that nobody has taken is dropped, and counted. */
const MAX_PENDING_CHARACTERS = 1024 * 1024;
/** Whoever reads is behind: it is tried again after this. */
const BUSY_MILLISECONDS = 50;
/** A write that has been under way for so long will not end: at the end nobody waits for it. */
const STUCK_MILLISECONDS = 1000;

/**
 * Writes lines to a descriptor beside everything else. The descriptor should not block (`process.stderr` makes it so): else a
 * reader that does not read holds one thread of the pool. What cannot be written is lost and counted, and the next line that can
 * be tells how much that was.
 */
export function createLogSink(descriptor: number): LogSink {
  let pending = "";
  let lines = 0;
  let dropped = 0;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let underWay: { readonly since: number; bytes: Buffer; lines: number } | null = null;

  function takeAll(): Buffer {
    const told =
      dropped === 0 ? "" : `${JSON.stringify({ ...LOST, time: new Date().toISOString(), lines: dropped })}\n`;
    const bytes = Buffer.from(pending + told);
    [pending, lines, dropped] = ["", 0, 0];
    return bytes;
  }

  function begin(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (underWay !== null || pending === "") return;
    const lost = lines + dropped;
    underWay = { since: performance.now(), bytes: takeAll(), lines: lost };
    proceed(underWay);
  }

  function proceed(batch: NonNullable<typeof underWay>): void {
    write(descriptor, batch.bytes, 0, batch.bytes.length, null, (error, written) => {
      if (underWay !== batch) return; // `flush` has taken it over
      if (error !== null && BUSY.has(error.code ?? "")) {
        timer = setTimeout(() => proceed(batch), BUSY_MILLISECONDS).unref();
        return;
      }
      if (error !== null) dropped += batch.lines;
      else if (written < batch.bytes.length) {
        batch.bytes = batch.bytes.subarray(written);
        return proceed(batch);
      }
      underWay = null;
      schedule();
    });
  }

  function schedule(): void {
    if (underWay !== null || pending === "") return;
    if (pending.length >= GATHER_CHARACTERS) begin();
    else timer ??= setTimeout(begin, GATHER_MILLISECONDS).unref();
  }

  return {
    write(line) {
      if (pending.length + line.length > MAX_PENDING_CHARACTERS) {
        dropped++;
        return;
      }
      pending += line;
      lines++;
      schedule();
    },
    flush() {
      if (underWay !== null && performance.now() - underWay.since > STUCK_MILLISECONDS) return;
      // A write that began is done by the system, but for what it has given back.
      const rest = timer !== null && underWay !== null ? underWay.bytes : Buffer.alloc(0);
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (rest.length > 0) underWay = null;
      writeAll(descriptor, Buffer.concat([rest, takeAll()]));
    },
  };
}

const LOST = { level: "error", event: "fault", what: "lines of the log were lost" };

const BUSY = new Set(["EAGAIN", "EBUSY", "EINTR"]);

/** As much as goes at once. */
function writeAll(descriptor: number, bytes: Buffer): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
  } catch {
    // Whoever would read it is behind, or gone.
  }
}

/** Of the process, which has one: created when it is first asked for, and written out when the process ends. */
export const standardError: LogSink = lazySink();

function lazySink(): LogSink {
  let sink: LogSink | null = null;
  const open = () => {
    void process.stderr.fd; // from now on a pipe does not block
    process.once("exit", () => standardError.flush());
    return createLogSink(2);
  };
  return {
    write: (line) => (sink ??= open()).write(line),
    flush: () => sink?.flush(),
  };
}
