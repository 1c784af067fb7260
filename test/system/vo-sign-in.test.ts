import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PYTHON, requirePythonModule } from "../support/outside-program.ts";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";

const TOKEN = "vo-sign-in-test-token";

let server: SampleServer;
beforeAll(async () => {
  requirePythonModule("pyvo", "python3-pyvo");
  const rules = "des_sample=signed-in,sim_sample=signed-in";
  server = await startSampleServer({ RECORTE_RELEASE_ACCESS: rules, RECORTE_TEST_TOKEN: TOKEN });
});
afterAll(() => server.close());

test("AUTH-2, AUTH-7, AUTH-8, AUTH-10: pyvo with a token finds, cuts and runs jobs on what is not public, and nothing without", async () => {
  const script = join(import.meta.dirname, "vo-sign-in.py");
  const { stdout } = await promisify(execFile)(PYTHON, [script, server.url, TOKEN], { timeout: 120_000 });
  expect(stdout.trim().split("\n").at(-1), stdout).toBe("done");
});
