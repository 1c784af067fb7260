import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPERATIONS } from "../../src/http/openapi/describe-api.ts";
import { requireProgram } from "../support/outside-program.ts";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";

let server: SampleServer;
let profile: string;
beforeAll(async () => {
  requireProgram("chromium", "chromium");
  profile = await mkdtemp(join(tmpdir(), "recorte-chromium-"));
  server = await startSampleServer();
});
afterAll(async () => {
  await server.close();
  await rm(profile, { recursive: true, force: true });
});

test("a browser without a network shows every address of the service", async () => {
  const settings = ["--headless=new", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`];
  // Every name but this machine's leads nowhere.
  const offline = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"];
  const page = ["--virtual-time-budget=15000", "--dump-dom", `${server.url}/docs`];
  const { stdout } = await promisify(execFile)("chromium", [...settings, ...offline, ...page], {
    timeout: 90_000,
    maxBuffer: 2 ** 26,
  });
  const shown = [...stdout.matchAll(/class="opblock-summary-path"[^>]*data-path="([^"]*)"/g)].map(([, path]) => path);
  expect(shown).toHaveLength(OPERATIONS.length);
  expect(shown).toContain("/async/{id}/results/all.zip");
});
