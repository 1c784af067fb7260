import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createUwsApp, CUTOUT, type UwsApp } from "../support/uws-app.ts";

// Requests that stay open, over real connections: their clients may go at any moment.

let uws: UwsApp;
let server: Server;
const sockets: Socket[] = [];

beforeEach(async () => {
  uws = createUwsApp({ maxWaitSeconds: 60 });
  server = createServer((incoming, outgoing) => void getRequestListener(uws.app.fetch)(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(uws.faults).toEqual([]);
  uws.close();
});

/** A connection with this request on it; `text` is what has come back so far. */
function open(path: string) {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  sockets.push(socket);
  const connection = { text: "", isOver: false, socket };
  socket.on("data", (bytes: Buffer) => (connection.text += bytes.toString()));
  socket.on("close", () => (connection.isOver = true));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return connection;
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000 });
const eventsOf = (text: string) =>
  [...text.matchAll(/event: (\w+)\r?\nid: (\w+)\r?\ndata: (.*)/g)].map(([, event, id, data]) => ({
    event,
    id,
    data: JSON.parse(data) as Record<string, unknown>,
  }));

test("the events of a job tell its progress to its end, and then end themselves", async () => {
  const path = await uws.create(`${CUTOUT}&PHASE=RUN`);
  const connection = open(`${path}/events`);
  await until(() => connection.text.includes('"phase":"QUEUED"'));
  uws.work(["DONE", "EMPTY"]);
  await until(() => connection.text.includes('"phase":"EXECUTING"'));
  uws.work(["FAILED", "DONE"]);
  await until(() => connection.isOver);
  const events = eventsOf(connection.text);
  expect(events.map(({ event, data }) => [event, data.phase])).toEqual([
    ["progress", "QUEUED"],
    ["progress", "EXECUTING"],
    ["progress", "COMPLETED"],
    ["end", "COMPLETED"],
  ]);
  expect(events.map(({ id }) => id)).toEqual(["1", "2", "3", "end"]);
  expect(events[1].data).toMatchObject({ total: 4, done: 1, empty: 1, failed: 0, waiting: 2, running: 0 });
  expect(events[3].data).toMatchObject({ total: 4, done: 2, empty: 1, failed: 1, waiting: 0, storedBytes: 12 });
  expect(uws.changes.listeners).toBe(0);
});

test("the events of a job that is deleted end", async () => {
  const path = await uws.create();
  const connection = open(`${path}/events`);
  await until(() => connection.text.includes("event: progress"));
  await uws.send(path, { method: "DELETE" });
  await until(() => connection.isOver);
  expect(eventsOf(connection.text).at(-1)).toEqual({ event: "end", id: "end", data: { phase: null } });
});

test("the events of a finished job are its last state and the end", async () => {
  const path = await uws.create();
  await uws.post(`${path}/phase`, "PHASE=ABORT");
  const connection = open(`${path}/events`);
  await until(() => connection.isOver);
  expect(eventsOf(connection.text).map(({ event, data }) => [event, data.phase])).toEqual([
    ["progress", "ABORTED"],
    ["end", "ABORTED"],
  ]);
});

test.each([
  ["events", "/events"],
  ["WAIT", "?WAIT=-1"],
])("a client that closes its connection leaves nothing behind: %s", async (_, request) => {
  const path = await uws.create();
  const connections = Array.from({ length: 20 }, () => open(path + request));
  await until(() => uws.changes.listeners === 20);
  for (const { socket } of connections) socket.destroy();
  await until(() => uws.changes.listeners === 0);
});

test("when the service stops, what waits is answered, and events end without an end", async () => {
  const path = await uws.create();
  const events = open(`${path}/events`);
  const waiting = open(`${path}?WAIT=-1`);
  await until(() => uws.changes.listeners === 2);
  uws.stopping.abort();
  await until(() => events.isOver && waiting.isOver);
  expect(eventsOf(events.text).map(({ event }) => event)).toEqual(["progress"]);
  expect(waiting.text).toContain("<uws:phase>PENDING</uws:phase>");
  expect(uws.changes.listeners).toBe(0);
});
