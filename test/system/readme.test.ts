import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PYTHON, requireProgram, requirePythonModule } from "../support/outside-program.ts";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";
import { RECORTE, ROOT } from "../support/spawned-program.ts";

let server: SampleServer;
let folder: string;
let readme: string;
beforeAll(async () => {
  requireProgram("curl", "curl");
  requirePythonModule("pyvo", "python3-pyvo");
  folder = await mkdtemp(join(tmpdir(), "recorte-readme-"));
  server = await startSampleServer();
  readme = await readFile(join(ROOT, "README.md"), "utf8");
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A section of the README, with the address of this server. */
function sectionOf(name: string): string {
  const start = readme.indexOf(`\n## ${name}\n`);
  return readme.slice(start, readme.indexOf("\n## ", start + 1)).replaceAll("http://localhost:8080", server.url);
}

function linesOf(text: string): string[] {
  return [...text.matchAll(/^ {4}((?:curl|JOB|TOKEN|npx|printf).*)$/gm)].map(([, line]) => line);
}

function pythonOf(text: string): string {
  return /```python\n(.*?)```/s.exec(text)?.[1] ?? "";
}

/** What it prints. The server is in this process, and must not wait for it. */
async function run(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const options = { cwd: folder, timeout: 60_000, env: { ...process.env, ...env } };
  return (await promisify(execFile)(program, args, options)).stdout;
}

/** In one shell, to the first that fails: curl alone does not mind being refused. */
function runLines(lines: readonly string[], env?: Record<string, string>): Promise<string> {
  return run("bash", ["-euo", "pipefail", "-c", lines.join("\n").replaceAll(/\bcurl /g, "curl --fail ")], env);
}

test("the lines for the shell work as they stand, in their order", async () => {
  const lines = linesOf(sectionOf("Use it"));
  expect(lines.length).toBeGreaterThanOrEqual(10);
  const output = await runLines(lines);
  expect(output).toContain("<uws:phase>COMPLETED</uws:phase>");
  expect(output).toContain("event: end");
  const files = await readdir(folder);
  expect(files.filter((name) => name.endsWith(".fits")).length).toBeGreaterThanOrEqual(3);
  expect(files.filter((name) => name.endsWith(".zip"))).toHaveLength(1);
});

test("the lines for Python work", async () => {
  expect(await run(PYTHON, ["-W", "ignore", "-c", pythonOf(sectionOf("Use it"))])).toMatch(/PrimaryHDU.*\(83, 83\)/);
});

test("an account and a token are made as told, and used with curl and pyvo", async () => {
  const section = sectionOf("Accounts and tokens");
  const lines = linesOf(section);
  expect(lines).toHaveLength(5);
  // npx finds the program in the clone, and asks for the password where there is a terminal.
  const npx = `npx() { shift; "${process.execPath}" "${RECORTE}" "$@"; }`;
  const [add, ...others] = lines;
  const script = [npx, `${add} --password-stdin <<< "what nobody guesses"`, ...others, 'echo "TOKEN=$TOKEN"'];
  const output = await runLines(script, { RECORTE_DATA: server.dataFolder });
  expect(output).toMatch(/"user":"ana","role":"admin"/);
  const [history] = /\{"requests":.*\}/.exec(output) ?? [];
  expect(JSON.parse(history ?? "{}")).toMatchObject({ requests: [{ status: 200 }] });
  const [, token = ""] = /TOKEN=(.*)/.exec(output) ?? [];
  expect(await run(PYTHON, ["-W", "ignore", "-c", pythonOf(section)], { TOKEN: token })).toMatch(/^[1-9]\d* images/);
});
