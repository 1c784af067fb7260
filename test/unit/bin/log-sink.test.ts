import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, write } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLogSink } from "../../../src/bin/log-sink.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recorte-log-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (number: number) => `${JSON.stringify({ number, text: "x".repeat(990) })}\n`;

/** A pipe that does not block: what a shell's `2>&1 |` is to Node. */
function openPipe(): { readonly reader: number; readonly writer: number } {
  const path = join(folder, "pipe");
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

/** What is in the pipe at present. */
function readAll(reader: number): string {
  const parts: string[] = [];
  const buffer = Buffer.alloc(1 << 20);
  for (;;) {
    try {
      const length = readSync(reader, buffer);
      if (length === 0) return parts.join("");
      parts.push(buffer.toString("latin1", 0, length));
    } catch {
      return parts.join("");
    }
  }
}

describe("a sink of lines", () => {
  test("writes all of them, in order, to a file", async () => {
    const path = join(folder, "log");
    const descriptor = openSync(path, "w");
    const sink = createLogSink(descriptor);
    const lines = Array.from({ length: 300 }, (_, i) => line(i));
    for (const text of lines) sink.write(text);
    await vi.waitFor(() => expect(readFileSync(path, "utf8")).toBe(lines.join("")));
    closeSync(descriptor);
  });

  test("writes at once, when it is told to, what it keeps", () => {
    const path = join(folder, "log");
    const descriptor = openSync(path, "w");
    const sink = createLogSink(descriptor);
    sink.write("a\n");
    sink.flush();
    expect(readFileSync(path, "utf8")).toBe("a\n");
    closeSync(descriptor);
  });

  test("keeps a bounded number of them for a reader that is behind, never waits, and tells what was lost", async () => {
    const { reader, writer } = openPipe();
    const sink = createLogSink(writer);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    let longest = 0;
    const count = 50_000; // 50 MB
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      sink.write(line(i));
      longest = Math.max(longest, performance.now() - began);
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(longest).toBeLessThan(100);
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(25e6);
    let read = "";
    await vi.waitFor(
      () => {
        read += readAll(reader);
        sink.write(line(count));
        expect(read).toMatch(/"lines of the log were lost"/);
      },
      { timeout: 5000 },
    );
    const entries = read
      .slice(0, read.lastIndexOf("\n"))
      .split("\n")
      .map((text) => JSON.parse(text) as { number?: number; lines?: number });
    const numbers = entries.flatMap(({ number }) => (number === undefined || number === count ? [] : [number]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    const lost = entries.reduce((sum, { lines = 0 }) => sum + lines, 0);
    expect(numbers.length + lost).toBeGreaterThanOrEqual(count);
    closeSync(reader);
    closeSync(writer);
  });

  test("goes on after its reader has gone, and fails nobody", async () => {
    const { reader, writer } = openPipe();
    closeSync(reader);
    const sink = createLogSink(writer);
    for (let i = 0; i < 1000; i++) sink.write(line(i)); // a megabyte: written at once
    for (let i = 0; i < 3; i++) {
      const code = await new Promise((resolve) => write(writer, "x", (error) => resolve(error?.code)));
      expect(code).toBe("EPIPE");
    }
    sink.flush();
    const another = openSync(join(folder, "pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
    let read = "";
    await vi.waitFor(() => {
      sink.write(line(1000));
      read += readAll(another);
      expect(read).toContain(line(1000));
    });
    closeSync(another);
    closeSync(writer);
  });
});
