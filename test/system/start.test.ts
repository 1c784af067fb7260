import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cleanEnvironment, ROOT, spawnProgram, type SpawnedProgram } from "../support/spawned-program.ts";

const STARTED = /^ {2}curl -o cutout\.fits '(http:\/\/localhost:\d+\/sync\?\S+)'$/m;

let folder: string;
const programs: SpawnedProgram[] = [];

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "recorte-start-"))));
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  await rm(folder, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): SpawnedProgram {
  const settings = { PORT: "0", RECORTE_DATA: join(folder, "data"), ...env };
  const program = spawnProgram(process.execPath, ["dist/bin/start.js"], { cwd: ROOT, env: cleanEnvironment(settings) });
  programs.push(program);
  return program;
}

test("the first start registers the sample survey, the second does not, and both serve it", async () => {
  const first = start();
  const [, url = ""] = await first.waitFor(STARTED, 30);
  expect(first.output()).toContain("registering the sample survey");
  const response = await fetch(url);
  expect(response.status).toBe(200);
  expect(new TextDecoder().decode((await response.arrayBuffer()).slice(0, 30))).toBe("SIMPLE  =                    T");
  expect(await first.stop()).toBe(0);

  const second = start();
  const [, sameUrl = ""] = await second.waitFor(STARTED, 30);
  expect(second.output()).not.toContain("registering");
  expect((await fetch(sameUrl)).status).toBe(200);
});

test("a port in use is told in one line", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  const program = start({ PORT: String(port) });
  await program.waitFor(/^recorte: Cannot listen on 127\.0\.0\.1:\d+: the port is in use/m, 30);
  expect(await program.ended).toBe(1);
  expect(program.output()).not.toMatch(/^ {4}at /m);
  other.close();
});

test("a wrong setting is told before anything is done", async () => {
  const program = start({ RECORTE_PLANE_CASHE: "1GiB", PORT: "eighty" });
  await program.waitFor(/PORT is "eighty"[^]*did you mean RECORTE_PLANE_CACHE\?/, 30);
  expect(await program.ended).not.toBe(0);
});

test("recorte … | head ends quietly", async () => {
  const command = `"${process.execPath}" dist/bin/recorte.js fits sample/sim/*0351*_g.fits.fz --hdu 1 --header | head -1; echo "\${PIPESTATUS[@]}"`;
  const program = spawnProgram("bash", ["-c", command], { cwd: ROOT, env: cleanEnvironment() });
  await program.ended;
  expect(program.output().trim().split("\n")).toEqual([expect.stringMatching(/^XTENSION=/), "0 0"]);
});
