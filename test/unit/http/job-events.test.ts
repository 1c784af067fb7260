import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createStreamSlots } from "../../../src/access/limits/stream-slots.ts";
import { ANONYMOUS } from "../../../src/access/user.ts";
import { ServiceError } from "../../../src/errors.ts";
import { addEventRoutes, streamEvents } from "../../../src/http/job-events.ts";
import { createWaitingRoom } from "../../../src/http/waiting-room.ts";
import type { Job } from "../../../src/jobs/job.ts";
import type { JobService } from "../../../src/jobs/job-service.ts";
import { createRoutesApp } from "../../support/service-frame.ts";

const JOB: Job = {
  id: "k3j5",
  actor: null,
  owner: ANONYMOUS.id,
  runId: null,
  phase: "EXECUTING",
  parameters: [],
  createdAt: 0,
  queuedAt: 0,
  startedAt: 1000,
  endedAt: null,
  destructionAt: 1e12,
  extensionsLeft: 2,
  quoteAt: 5000,
  executionDurationSeconds: 0,
  error: null,
  progress: { total: 3, waiting: 1, running: 1, done: 1, empty: 0, failed: 0, storedBytes: 2880 },
};
const DONE: Job = { ...JOB, phase: "COMPLETED", endedAt: 6000 };

/** A watch that says what the test puts in, and tells when it was let go. */
function manualWatch() {
  const waiting: { resolve: (job: Job | null) => void; reject: (error: Error) => void }[] = [];
  let isOver = false;
  let begun = 0;
  async function* watch(signal: AbortSignal): AsyncIterable<Job> {
    begun++;
    try {
      while (!signal.aborted) {
        const job = await new Promise<Job | null>((resolve, reject) => {
          waiting.push({ resolve, reject });
          signal.onabort = () => resolve(null);
        });
        if (job === null) return;
        yield job;
      }
    } finally {
      isOver = true;
    }
  }
  return {
    watch,
    say: (job: Job | null) => waiting.shift()?.resolve(job),
    fail: (error: Error) => waiting.shift()?.reject(error),
    isAsked: () => waiting.length > 0,
    isOver: () => isOver,
    begun: () => begun,
  };
}

function openStream(manual: ReturnType<typeof manualWatch>, client = new AbortController(), mayGoOn = () => true) {
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const room = createWaitingRoom({ slots: createStreamSlots(), stopping: undefined });
  const waiting = room.enter("ana", client.signal, 1);
  if (waiting === null) throw new Error("No room");
  const stream = streamEvents({ watch: manual.watch, waiting, keepAliveSeconds: 15, mayGoOn, onFault });
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  return { reader, faults, client, room };
}

describe("a stream of events", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("has the job's progress after each change, and an end", async () => {
    const manual = manualWatch();
    const { reader } = openStream(manual);
    const first = reader.read();
    await vi.waitUntil(manual.isAsked);
    manual.say(JOB);
    const text = (await first).value ?? "";
    expect(text).toMatch(/^event: progress\nid: 1\ndata: {.*}\n\n$/);
    expect(JSON.parse(/data: (.*)/.exec(text)?.[1] ?? "")).toMatchObject({
      phase: "EXECUTING",
      total: 3,
      waiting: 1,
      running: 1,
      done: 1,
      empty: 0,
      failed: 0,
      storedBytes: 2880,
      quote: "1970-01-01T00:00:05.000Z",
    });
    const second = reader.read();
    await vi.waitUntil(manual.isAsked);
    manual.say(DONE);
    expect((await second).value).toMatch(/^event: progress\nid: 2\ndata: {"phase":"COMPLETED"/);
    const third = reader.read();
    await vi.waitUntil(manual.isAsked);
    manual.say(null);
    expect((await third).value).toMatch(/^event: end\nid: end\ndata: {"phase":"COMPLETED"/);
    expect((await reader.read()).done).toBe(true);
    expect(manual.isOver()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("gives a sign of life every 15 seconds, and loses nothing over it", async () => {
    const manual = manualWatch();
    const { reader } = openStream(manual);
    for (let i = 0; i < 3; i++) {
      const silent = reader.read();
      await vi.advanceTimersByTimeAsync(15_000);
      expect((await silent).value).toBe(": still here\n\n");
    }
    const next = reader.read();
    manual.say(JOB);
    expect((await next).value).toContain('"phase":"EXECUTING"');
    await reader.cancel();
  });

  test.each([
    ["the client cancels it", async ({ reader }: ReturnType<typeof openStream>) => reader.cancel()],
    ["the request is aborted", ({ client }: ReturnType<typeof openStream>) => Promise.resolve(client.abort())],
  ])("leaves nothing behind when %s", async (_, go) => {
    const manual = manualWatch();
    const opened = openStream(manual);
    const pending = opened.reader.read();
    await vi.waitUntil(manual.isAsked);
    await go(opened);
    expect((await pending).done).toBe(true);
    await vi.waitUntil(manual.isOver);
    expect(vi.getTimerCount()).toBe(0);
    expect(opened.faults).toEqual([]);
    expect(opened.room.size).toBe(0);
  });

  test("lets its watch go when the client cancels between two reads", async () => {
    const manual = manualWatch();
    const { reader, room } = openStream(manual);
    const first = reader.read();
    await vi.waitUntil(manual.isAsked);
    manual.say(JOB);
    await first;
    expect(manual.isOver()).toBe(false);
    await reader.cancel();
    await vi.waitUntil(manual.isOver);
    expect(room.size).toBe(0);
  });

  test("ends when the job is deleted", async () => {
    const manual = manualWatch();
    const { reader, faults } = openStream(manual);
    const pending = reader.read();
    await vi.waitUntil(manual.isAsked);
    manual.fail(new ServiceError("not-found", "Cannot find job"));
    expect((await pending).value).toBe('event: end\nid: end\ndata: {"phase":null}\n\n');
    expect((await reader.read()).done).toBe(true);
    expect(faults).toEqual([]);
  });

  test("ends some seconds after its client may not see the job any more, though nothing happens", async () => {
    const manual = manualWatch();
    let may = true;
    const { reader, room, faults } = openStream(manual, new AbortController(), () => may);
    const silent = reader.read();
    await vi.advanceTimersByTimeAsync(7000);
    may = false;
    await vi.advanceTimersByTimeAsync(3000);
    const text = (await silent).value ?? "";
    expect(text).toMatch(
      /^event: end\nid: 0\ndata: {"phase":null,"error":"Cannot send more events: .* has ended"}\n\n$/,
    );
    expect((await reader.read()).done).toBe(true);
    expect([manual.isOver(), room.size, vi.getTimerCount(), faults]).toEqual([true, 0, 0, []]);
  });

  test("looks once a second while much happens, and tells nothing to who may not see it", async () => {
    const manual = manualWatch();
    let looks = 0;
    let may = true;
    const { reader } = openStream(manual, new AbortController(), () => (looks++, may));
    const read = async () => {
      const pending = reader.read();
      await vi.waitUntil(manual.isAsked, { interval: 1 });
      manual.say(JOB);
      return (await pending).value ?? "";
    };
    const begun = performance.now();
    for (let i = 0; i < 9; i++) {
      expect(await read()).toContain("event: progress");
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(looks).toBeGreaterThanOrEqual(2);
    expect(looks).toBeLessThanOrEqual((performance.now() - begun) / 1000);
    await vi.advanceTimersByTimeAsync(1000);
    may = false;
    expect(await read()).toContain("event: end");
  });

  test("breaks, and tells the log, when the records fail", async () => {
    const manual = manualWatch();
    const { reader, faults } = openStream(manual);
    const pending = reader.read();
    await vi.waitUntil(manual.isAsked);
    const fault = new Error("disk I/O error");
    manual.fail(fault);
    await expect(pending).rejects.toThrow("disk I/O error");
    expect(faults).toEqual([fault]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("GET /async/{id}/events", () => {
  function createApp(job: Job) {
    const manual = manualWatch();
    const jobs = {
      get: () => Promise.resolve(job),
      watch: (_id: string, _user: object, s: AbortSignal) => manual.watch(s),
    };
    const waitingRoom = createWaitingRoom({ slots: createStreamSlots(), stopping: undefined });
    const logFault = () => undefined;
    const services = { jobs: jobs as unknown as JobService, keepAliveSeconds: 15, waitingRoom, logFault };
    const app = createRoutesApp((routes) => addEventRoutes(routes, { ...services, mostWaitsOf: () => 1 }));
    return { app, manual, waitingRoom };
  }

  test("is not to be kept by caches nor gathered by nginx", async () => {
    const { app } = createApp(JOB);
    const response = await app.request("/async/k3j5/events");
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    await response.body?.cancel();
  });

  test("HEAD watches nothing", async () => {
    const { app, manual, waitingRoom } = createApp(JOB);
    const response = await app.request("/async/k3j5/events", { method: "HEAD" });
    expect(response.status).toBe(200);
    expect([manual.begun(), waitingRoom.size]).toEqual([0, 0]);
  });

  test("429 for one more than a user may have open, and room again when one has ended", async () => {
    const { app, waitingRoom } = createApp(JOB);
    const first = await app.request("/async/k3j5/events");
    expect((await app.request("/async/k3j5/events")).status).toBe(429);
    await first.body?.cancel();
    expect(waitingRoom.size).toBe(0);
    const next = await app.request("/async/k3j5/events");
    expect(next.status).toBe(200);
    await next.body?.cancel();
  });

  // HTML Standard, section 9.2: 204 is how a server tells an EventSource to ask no more
  test("204 for a browser that comes back after the end", async () => {
    const headers = { "last-event-id": "end" };
    expect((await createApp(DONE).app.request("/async/k3j5/events", { headers })).status).toBe(204);
    const again = await createApp(JOB).app.request("/async/k3j5/events", { headers });
    expect(again.status, "it runs again").toBe(200);
    await again.body?.cancel();
  });

  test("stops watching when the client closes its socket", async () => {
    const { app, manual } = createApp(JOB);
    const server = createServer((incoming, outgoing) => void getRequestListener(app.fetch)(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      let received = "";
      socket.on("data", (bytes: Buffer) => (received += bytes.toString()));
      socket.write("GET /async/k3j5/events HTTP/1.1\r\nHost: a\r\n\r\n");
      await vi.waitUntil(manual.isAsked, { timeout: 5000 });
      manual.say(JOB);
      await vi.waitUntil(() => received.includes('"phase":"EXECUTING"'), { timeout: 5000 });
      expect(manual.isOver()).toBe(false);
      socket.destroy();
      await vi.waitUntil(manual.isOver, { timeout: 5000 });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
