import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ANONYMOUS } from "../../src/access/user.ts";
import { PYTHON, requirePythonModule } from "../support/outside-program.ts";
import { createUwsApp, CUTOUT, type UwsApp } from "../support/uws-app.ts";

// pyvo's one client for UWS is its TAP job, which asks nothing of TAP before it is run.

let uws: UwsApp;
let server: Server;
let origin: string;

beforeAll(async () => {
  requirePythonModule("pyvo", "python3-pyvo");
  uws = createUwsApp({ maxWaitSeconds: 5 });
  server = createServer((incoming, outgoing) => void getRequestListener(uws.app.fetch)(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  uws.close();
});

/** What a Python program that begins with `job`, pyvo's job at this path, prints. */
async function withPyvo(path: string, program: string): Promise<unknown> {
  const script = `import json, sys, warnings
from pyvo.dal.tap import AsyncTAPJob
job = AsyncTAPJob(sys.argv[1])
${program}`;
  const { stdout } = await promisify(execFile)(PYTHON, ["-c", script, origin + path], { timeout: 60_000 });
  return JSON.parse(stdout) as unknown;
}

test("CLI-6: pyvo reads a job, runs it, waits for its end, and takes its results and parameters", async () => {
  const path = await uws.create(CUTOUT);
  const finishing = uws.jobs
    .waitForPhaseChange(path.slice("/async/".length), ANONYMOUS, {
      phase: "PENDING",
      seconds: 50,
      signal: new AbortController().signal,
    })
    .then(() => new Promise((resolve) => setTimeout(resolve, 500)))
    .then(() => uws.work(["DONE", "EMPTY", "DONE", "FAILED"]));
  const told = await withPyvo(
    path,
    `before = job.phase
job.run()
job.wait(timeout=40)
print(json.dumps({"before": before, "after": job.phase, "id": job.job_id, "owner": job.owner,
   "destruction": job.destruction.isot, "quote": str(job.quote),
  "results": [r.href for r in job.results], "types": [r.mimetype for r in job.results], "ids": [r.id_ for r in job.results],
  "parameters": sorted([p.id_, p.content] for p in job._job.parameters)}))`,
  );
  await finishing;
  expect(told).toMatchObject({
    before: "PENDING",
    after: "COMPLETED",
    id: path.slice("/async/".length),
    owner: null,
    destruction: "2026-01-15T00:00:00.000",
    results: [1, 2, 3, 4].map((number) => `${origin}${path}/results/result-${number}`),
    types: ["application/fits", "text/plain", "application/fits", "text/plain"],
    ids: ["result-1", "result-2", "result-3", "result-4"],
    parameters: [
      ["CIRCLE", "36 -10 0.1"],
      ["CIRCLE", "37 -10 0.1"],
      ["FILTER", "g"],
      ["FILTER", "r"],
      ["ID", "des_dr2"],
      ["RUNID", "mine"],
    ],
  });
});

test("pyvo reads the error of a job", async () => {
  const path = await uws.create("ID=des_dr2");
  const told = await withPyvo(
    path,
    `job.run()
job.wait()
print(json.dumps([job.phase, job._job.message]))`,
  );
  expect(told).toEqual(["ERROR", expect.stringMatching(/^UsageError: /)]);
});

test("pyvo sets how long a job may run and stay, aborts and deletes it", async () => {
  const path = await uws.create(CUTOUT);
  const told = await withPyvo(
    path,
    `job.execution_duration = 600
import datetime
job.destruction = datetime.datetime(2026, 1, 3, 4, 5, 6)
job.abort()
state = [job.phase, job.execution_duration.sec, job.destruction.isot]
job.delete()
print(json.dumps(state))`,
  );
  expect(told).toEqual(["ABORTED", 600, "2026-01-03T04:05:06.000"]);
  expect((await uws.send(path)).status).toBe(404);
});
