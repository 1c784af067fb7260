import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PYTHON, requireProgram, requirePythonModule } from "../support/outside-program.ts";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";

const TOKEN = "a-token-for-this-test-only";
let server: SampleServer;
let folder: string;
/** What the README says about using the service, with the address of this one. */
let text: string;
beforeAll(async () => {
  requireProgram("curl", "curl");
  requirePythonModule("pyvo", "python3-pyvo");
  folder = await mkdtemp(join(tmpdir(), "recorte-readme-"));
  server = await startSampleServer({ RECORTE_TEST_TOKEN: TOKEN });
  const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
  const section = readme.slice(readme.indexOf("\n## Use it\n"), readme.indexOf("\n## Command line\n"));
  text = section.replaceAll("http://localhost:8080", server.url);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** What it prints. The server is in this process, and must not wait for it. */
async function run(program: string, ...args: string[]): Promise<string> {
  const options = { cwd: folder, timeout: 60_000, env: { ...process.env, TOKEN } };
  return (await promisify(execFile)(program, args, options)).stdout;
}

test("the lines for the shell work as they stand, in their order", async () => {
  const lines = [...text.matchAll(/^ {4}((?:curl|JOB|printf).*)$/gm)].map(([, line]) => line);
  expect(lines.length).toBeGreaterThanOrEqual(10);
  // curl alone does not mind being refused.
  const output = await run("bash", "-euo", "pipefail", "-c", lines.join("\n").replaceAll(/\bcurl /g, "curl --fail "));
  expect(output).toContain("<uws:phase>COMPLETED</uws:phase>");
  expect(output).toContain("event: end");
  const files = await readdir(folder);
  expect(files.filter((name) => name.endsWith(".fits")).length).toBeGreaterThanOrEqual(3);
  expect(files.filter((name) => name.endsWith(".zip"))).toHaveLength(1);
});

test("the line with a token works", async () => {
  const line = /`(curl -H [^`]*)`/.exec(text)?.[1] ?? "";
  expect(JSON.parse(await run("bash", "-c", line))).toHaveProperty("requests");
});

test("the lines for Python work", async () => {
  const script = /```python\n(.*?)```/s.exec(text)?.[1] ?? "";
  expect(await run(PYTHON, "-W", "ignore", "-c", script)).toMatch(/PrimaryHDU.*\(83, 83\)/);
});
