import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PYTHON, requirePythonModule } from "../support/outside-program.ts";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";

let server: SampleServer;
beforeAll(async () => {
  requirePythonModule("pyvo", "python3-pyvo");
  server = await startSampleServer();
});
afterAll(() => server.close());

test("CLI-1, CLI-3, CLI-6: pyvo goes from a search to links to pixels that astropy reads, runs jobs, and sends a list", async () => {
  const script = join(import.meta.dirname, "vo-client.py");
  const { stdout } = await promisify(execFile)(PYTHON, [script, server.url], { timeout: 120_000 });
  expect(stdout.trim().split("\n").at(-1), stdout).toBe("done");
});
