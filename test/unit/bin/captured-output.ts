import { Writable } from "node:stream";
import type { CommandContext } from "../../../src/bin/command.ts";

/** A context whose output can be looked at. */
export function capturedContext(env: Record<string, string> = {}) {
  const stop = new AbortController();
  const stdout = captureStream();
  const stderr = captureStream();
  const context: CommandContext = { env, stdout: stdout.stream, stderr: stderr.stream, signal: stop.signal };
  return { context, stop, stdout: stdout.text, stderr: stderr.text };
}

function captureStream() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
