import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach, expect, test, vi } from "vitest";
import { sendConsoleToLog } from "../../../src/bin/console-log.ts";
import type { LogEntry } from "../../../src/http/log-entry.ts";

let restore = () => undefined as void;
afterEach(() => restore());

function capture() {
  const before = { ...console };
  const logged: LogEntry[] = [];
  restore = sendConsoleToLog((entry) => void logged.push(entry));
  return { before, logged };
}

test("what libraries complain of becomes a line of the log, with the error itself", () => {
  const { logged } = capture();
  const error = new Error("broken");
  console.error("Oh:", error);
  console.warn("%d of %s", 1, "these");
  expect(logged).toEqual([
    { event: "fault", what: "console.error", error },
    { event: "fault", what: "console.warn", error: "1 of these" },
  ]);
});

test("what else they say is dropped, and a long complaint cut", () => {
  const { logged } = capture();
  console.info("The user aborted a request.");
  console.log("hello");
  console.error("x".repeat(1_000_000));
  expect(logged).toHaveLength(1);
  expect((logged[0]?.error as string).length).toBeLessThan(5000);
});

test("the console is as it was afterwards", () => {
  const { before } = capture();
  expect({ ...console }).not.toEqual(before);
  restore();
  expect({ ...console }).toEqual(before);
});

test("an answer that breaks in the middle is logged, and the client does not take it for whole", async () => {
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const { logged } = capture();
  const body = () =>
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new Uint8Array(100_000));
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.error(new Error("the disk is gone"));
      },
    });
  const server = createServer((incoming, outgoing) => {
    void getRequestListener(() => new Response(body()), { overrideGlobalObjects: false })(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const received = await new Promise<string>((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    socket.on("data", (piece) => (text += piece.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(text));
  });
  expect(received).toMatch(/^HTTP\/1\.1 200/);
  expect(received).not.toMatch(/\r\n0\r\n\r\n$/); // the last chunk
  expect(received).not.toContain("the disk is gone");
  await vi.waitFor(() => expect(logged).toMatchObject([{ error: { message: "the disk is gone" } }]));
  expect(stderr).not.toHaveBeenCalled();
  stderr.mockRestore();
  await new Promise((resolve) => server.close(resolve));
});
