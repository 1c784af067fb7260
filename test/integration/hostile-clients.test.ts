import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BEARER, FORM, SMALL, startHostileServer, within, type HostileServer } from "../support/hostile-server.ts";
import { createLargeArchive, LARGE, LARGE_SIZE } from "../support/large-image.ts";
import { SAMPLE_FOLDER } from "../support/sample-services.ts";

// Clients that go away, half away, or hardly come: whatever they took is given back.

let large: Awaited<ReturnType<typeof createLargeArchive>>;
let hostile: HostileServer;
/** COMPLETED, with one result of 64 MB. */
let job: string;

beforeAll(async () => {
  large = await createLargeArchive();
  hostile = await start();
  job = await hostile.createJob(`${LARGE}&PHASE=RUN`, "test");
  await vi.waitUntil(() => hostile.phaseOf(job) === "COMPLETED", { timeout: 20_000 });
}, 30_000);
afterAll(async () => {
  await hostile.expectNothingLeft();
  expect(hostile.log()).not.toMatch(/"status":500/);
  await hostile.close();
  await large.dispose();
}, 30_000);

function start(env: Record<string, string> = {}): Promise<HostileServer> {
  const folders = { des_sample: large.folder, sim_sample: join(SAMPLE_FOLDER, "sim") };
  return startHostileServer(
    { RECORTE_WAIT_REQUESTS: "3", RECORTE_WAIT_MAX: "60", RECORTE_REQUEST_TIMEOUT: "2", ...env },
    folders,
  );
}

type Client = { readonly socket: Socket; received: number; text: string; isOver: boolean };

/** A connection with this on it. What comes is counted, and its beginning kept. */
function open(bytes: string, { to = hostile, reads = true } = {}): Client {
  const socket = connect({ port: to.port, host: "127.0.0.1", allowHalfOpen: true });
  const client: Client = { socket, received: 0, text: "", isOver: false };
  socket.on("error", () => undefined).on("close", () => (client.isOver = true));
  socket.on("end", () => (client.isOver = true));
  if (reads) {
    socket.on("data", (piece: Buffer) => {
      client.received += piece.length;
      if (client.text.length < 100_000) client.text += piece.toString("latin1");
    });
  }
  socket.write(bytes, "latin1");
  return client;
}

function get(target: string, method = "GET"): string {
  return `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${BEARER.join(": ")}\r\nConnection: close\r\n\r\n`;
}

const until = (condition: () => boolean, timeout = 10_000) => vi.waitUntil(condition, { timeout, interval: 10 });
const phase = (id: string, form: string) => hostile.post(`/async/${id}/phase`, form, [BEARER]);

describe("a client", () => {
  it("that closes while it sends, or while it is sent to, takes nothing with it", async () => {
    const head = (target: string) =>
      `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM[1]}\r\nContent-Length: 900000\r\n\r\n`;
    const downloads = [
      `/sync?${LARGE}`,
      `/async/${job}/results/all.zip`,
      `/async/${job}/results/all.tar`,
      `/async/${job}/results/result-1`,
    ];
    for (let round = 0; round < 5; round++) {
      const uploads = ["/sync", "/async", "/links", "/query", `/async/${job}/parameters`].map((target) =>
        open(`${head(target)}${"ID=x&".repeat(round * 20_000)}`),
      );
      const clients = downloads.map((target) => open(get(target)));
      await until(() => clients.every(({ received }) => received > round * 100_000));
      for (const { socket } of [...uploads, ...clients]) {
        if (round % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    }
    await until(() => hostile.server.services.images.inUse === 0);
  });

  /** Whoever goes away says no more than that: a client that only wants to send no more cannot be told from it. */
  it("that closes its half of the connection is taken to have gone, and never gets a part that looks whole", async () => {
    for (const target of [`/async/${job}/results/result-1`, `/sync?${LARGE}`, `/sync?${SMALL}`]) {
      const client = open("");
      client.socket.end(get(target));
      await until(() => client.isOver);
      client.socket.destroy();
      const [head] = client.text.split("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      expect(client.received - head.length - 4).toBeLessThanOrEqual(length);
    }
    await until(() => hostile.server.services.images.inUse === 0);
  });

  it("that reads an archive byte by byte holds no more than one piece of it", async () => {
    const client = open(get(`/async/${job}/results/all.zip`), { reads: false });
    await new Promise((resolve) => client.socket.once("readable", resolve));
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2000; i++) {
      if (client.socket.read(1) === null) await new Promise((resolve) => client.socket.once("readable", resolve));
      else if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16e6);
    expect(client.socket.bytesRead).toBeLessThan(16e6);
    // Then it reads on.
    let rest = 0;
    for await (const piece of client.socket) rest += (piece as Buffer).length;
    expect(rest).toBeGreaterThan(LARGE_SIZE * LARGE_SIZE * 4);
  });

  it("that follows events or waits, and vanishes, leaves its place to the next", async () => {
    const pending = await hostile.createJob(SMALL, "test");
    for (let round = 0; round < 10; round++) {
      const events = [1, 2].map(() => open(get(`/async/${pending}/events`)));
      const waiting = open(get(`/async/${pending}?WAIT=50&PHASE=PENDING`));
      await until(() => events.every(({ text }) => text.includes("event: progress")));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(waiting.received).toBe(0);
      // There are three places: a fourth is told so.
      expect((await hostile.send({ target: `/async/${pending}/events`, headers: [BEARER] })).status).toBe(429);
      for (const { socket } of [...events, waiting]) socket.destroy();
      await vi.waitFor(async () => {
        const next = await hostile.send({ target: `/async/${pending}/events`, headers: [BEARER] }, { untilBody: true });
        expect(next.status).toBe(200);
      });
    }
  });

  it("that removes a job while another reads it does not make half a file look whole", async () => {
    const doomed = await hostile.createJob(`${LARGE}&PHASE=RUN`, "test");
    await until(() => hostile.phaseOf(doomed) === "COMPLETED");
    const names = ["all.zip", "all.tar", "result-1"];
    const clients = names.map((name) => open(get(`/async/${doomed}/results/${name}`)));
    await until(() => clients.every(({ received }) => received > 0));
    for (const { socket } of clients) socket.pause();
    expect((await hostile.send({ method: "DELETE", target: `/async/${doomed}`, headers: [BEARER] })).status).toBe(303);
    for (const { socket } of clients) socket.resume();
    await until(() => clients.every(({ isOver }) => isOver));
    for (const { text, received, socket } of clients) {
      socket.destroy();
      const [head] = text.split("\r\n\r\n");
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      expect(received - head.length - 4).toBeLessThanOrEqual(length);
    }
    expect((await hostile.send({ target: `/async/${doomed}`, headers: [BEARER] })).status).toBe(404);
  });

  it("that aborts a job has it stopped within a second, in the middle of a result", async () => {
    const stops: number[] = [];
    for (let round = 0; round < 3; round++) {
      const shapes = Array.from({ length: 20 }, (_, i) => `CIRCLE=10+-10+${1 + i / 100}`).join("&");
      const id = await hostile.createJob(`ID=des_sample&FILTER=g&${shapes}&PHASE=RUN`, "test");
      await until(() => hostile.server.services.images.inUse > 0);
      const started = performance.now();
      expect((await phase(id, "PHASE=ABORT")).status).toBe(303);
      expect(hostile.phaseOf(id)).toBe("ABORTED");
      await until(() => hostile.server.services.images.inUse === 0);
      stops.push(performance.now() - started);
      await hostile.send({ method: "DELETE", target: `/async/${id}`, headers: [BEARER] });
    }
    expect(Math.max(...stops)).toBeLessThan(1000);
  });

  it("five hundred times over makes the server no larger, and keeps none of its connections", async () => {
    setFlagsFromString("--expose_gc");
    const collect = runInNewContext("gc") as () => void;
    const targets = [
      ...[
        `/sync?${SMALL}`,
        `/sync?${LARGE}`,
        `/async/${job}/results/all.zip`,
        `/async/${job}/events`,
        `/query?POS=CIRCLE+59+-52.8+5`,
      ],
      ...[`/async/${job}/manifest.csv`, "/nothing", "/docs/swagger-ui-bundle.js", `/links?ID=sim_sample`, "/%"],
    ];
    const measure = async () => {
      await until(() => hostile.server.services.images.inUse === 0);
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        collect();
      }
      const { arrayBuffers, external, heapUsed } = process.memoryUsage();
      return { arrayBuffers, external, heapUsed };
    };
    const visit = async (count: number) => {
      for (let i = 0; i < count; i += 10) {
        const clients = targets.map((target, n) =>
          open(n % 4 === 3 ? `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\na` : get(target)),
        );
        await until(() => clients.some(({ received }) => received > 0));
        for (const { socket } of clients) socket.destroy();
      }
    };
    await visit(100);
    const before = await measure();
    await visit(500);
    const after = await measure();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(8e6);
    expect(after.external - before.external).toBeLessThan(8e6);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(12e6);
  }, 60_000);
});

describe("a server that stops", () => {
  it("lets go of all who wait, follow, read slowly, send slowly or say nothing, in the time it has", async () => {
    const other = await start();
    const id = await other.createJob(SMALL, "test");
    const clients = [
      ...[`/async/${id}/events`, `/async/${id}/events`, `/async/${id}?WAIT=50`].map((target) =>
        open(get(target), { to: other }),
      ),
      open(get(`/sync?${LARGE}`), { to: other, reads: false }),
      open("POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na", { to: other }),
      open("GET / HTTP/1.1\r\n", { to: other }),
      open("", { to: other }),
      open("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", { to: other, reads: false }),
      open("GET /health HTTP/1.1\r\nHost: x\r\n\r\n", { to: other }),
    ];
    await until(() => clients[0].text.includes("event: progress") && clients[1].text.includes("event: progress"));
    await until(() => other.server.services.images.inUse === 1);
    const started = performance.now();
    await within(5, "The server has not stopped", other.close());
    expect(performance.now() - started).toBeLessThan(3500); // of which it has two seconds
    await until(() => clients.filter(({ isOver }) => isOver).length >= clients.length - 2); // those that do not read learn later
    expect(clients[2].text).toContain("<uws:phase>PENDING</uws:phase>"); // WAIT is answered
    for (const { socket } of clients) socket.destroy();
    // What was broken off is on record, and nothing failed.
    expect(other.log()).toMatch(/"route":"\/sync","path":"\/sync","status":499/);
    expect(other.log()).not.toMatch(/"status":500/);
  });
});

describe("a client of a server with little patience", () => {
  it("loses the connection where it takes nothing more of its answer, and not where it reads slowly, or waits", async () => {
    const other = await start({ RECORTE_SEND_TIMEOUT: "0.5" });
    const id = await other.createJob(SMALL, "test");
    const stalled = open(get(`/sync?${LARGE}`), { to: other, reads: false });
    const talking = open(get(`/sync?${LARGE}`), { to: other, reads: false });
    const talk = setInterval(() => talking.socket.write("\r\n"), 100); // which node reads, and passes over
    const waiting = open(get(`/async/${id}?WAIT=2`), { to: other });
    const slow = open(get(`/sync?${LARGE}`), { to: other });
    await until(() => slow.received > 0);
    for (let i = 0; i < 20; i++) {
      slow.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 100));
      slow.socket.resume();
      const before = slow.received; // TCP tells the sender of room when there is much of it
      await until(() => slow.received > before + 500_000 || slow.isOver);
    }
    await until(() => other.log().match(/"path":"\/sync","status":499/g)?.length === 2);
    clearInterval(talk);
    await until(() => waiting.text.includes("<uws:phase>PENDING</uws:phase>"));
    await until(() => slow.isOver);
    expect(slow.received).toBeGreaterThan(LARGE_SIZE * LARGE_SIZE * 4);
    for (const { socket } of [stalled, talking, waiting, slow]) socket.destroy();
    await other.close();
  }, 20_000);

  it("that sends requests ahead, and reads no answer, has it hold no more than a piece of each", async () => {
    const other = await start({ RECORTE_SEND_TIMEOUT: "0.5" });
    const requests = get(`/sync?${LARGE}`).replace("Connection: close\r\n", "").repeat(20);
    const { socket } = open(requests, { to: other, reads: false });
    const answers = () => other.log().match(/"path":"\/sync",.*"bytes":\d+/g) ?? [];
    await until(() => answers().length === 20);
    for (const answer of answers()) expect(Number(/\d+$/.exec(answer))).toBeLessThan(16e6);
    socket.destroy();
    await other.close();
  }, 20_000);
});
