import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { freePort } from "../support/free-port.ts";
import { ask } from "../support/nginx-client.ts";
import { asUser, startNginxFront } from "../support/nginx-front.ts";
import { cleanEnvironment, RECORTE, ROOT, spawnProgram, type SpawnedProgram } from "../support/spawned-program.ts";

// The service and nginx as two users, neither of them root: what the one keeps, the other may read as far as the unit says.

const UNIT = readFileSync(join(ROOT, "nginx/recorte.service"), "utf8");
const settingOf = (name: string) => new RegExp(`^${name}=(\\d+)$`, "m").exec(UNIT)?.[1] ?? "";
/** Of the service; nobody on a machine has this one. */
const SERVICE = 61_234;
const NGINX = 65_534;
const isRoot = process.getuid?.() === 0;

let folder: string;
let data: string;
let port: number;
let service: SpawnedProgram;

/** `recorte` as the unit runs it. */
function recorte(...args: string[]): SpawnedProgram {
  const line = `umask ${settingOf("UMask")}; exec "$@"`;
  const program = [process.execPath, RECORTE, ...args];
  const [command, ...rest] = asUser(SERVICE, ["sh", "-c", line, "sh", ...program]);
  const settings = { RECORTE_DATA: data, PORT: String(port), RECORTE_ACCEL_REDIRECT: "/-results/" };
  return spawnProgram(command, rest, {
    cwd: ROOT,
    env: cleanEnvironment({ ...settings, RECORTE_DOMAIN: "example.org" }),
  });
}

beforeAll(async () => {
  if (!isRoot) return;
  folder = mkdtempSync(join(tmpdir(), "recorte-rights-"));
  chmodSync(folder, 0o755);
  // As systemd makes the folder of a unit.
  data = join(folder, "data");
  mkdirSync(data);
  chownSync(data, SERVICE, SERVICE);
  chmodSync(data, parseInt(settingOf("StateDirectoryMode"), 8));
  port = await freePort();
  expect(await recorte("ingest", "des_sample", join(ROOT, "sample/des")).ended).toBe(0);
  service = recorte("serve");
  await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200), {
    timeout: 30_000,
    interval: 100,
  });
});
afterAll(async () => {
  if (!isRoot) return;
  await service?.stop();
  rmSync(folder, { recursive: true });
});

it.skipIf(!isRoot)("nginx sends a result where it is in the group of the service, and else not", async () => {
  const body = new URLSearchParams({ ID: "des_sample", FILTER: "g", CIRCLE: "59.09 -52.811 0.003", PHASE: "RUN" });
  const made = await fetch(`http://127.0.0.1:${port}/async`, { method: "POST", body, redirect: "manual" });
  const path = new URL(made.headers.get("location") ?? "").pathname;
  const phase = async () => (await fetch(`http://127.0.0.1:${port}${path}/phase`)).text();
  await vi.waitFor(async () => expect(await phase()).toBe("COMPLETED"), { timeout: 30_000, interval: 100 });
  const common = { servicePort: port, variant: "plain", resultsFolder: join(data, "results") } as const;
  for (const [group, status] of [
    [SERVICE, 200],
    [undefined, 403],
  ]) {
    const front = await startNginxFront({ ...common, group });
    try {
      const answer = await ask(front, { path: `${path}/results/result-1` });
      expect([group, answer.status]).toEqual([group, status]);
      if (status === 200) expect(answer.text.slice(0, 9)).toBe("SIMPLE  =");
    } finally {
      await front.stop();
    }
  }
});

it.skipIf(!isRoot)("nginx reads no accounts and sessions, though it is in the group, and writes nothing", () => {
  const run = (...command: string[]) => {
    const [program, ...args] = asUser(NGINX, command, SERVICE);
    return spawnSync(program, args).status;
  };
  expect(run("ls", join(data, "results"))).toBe(0);
  expect(run("cat", join(data, "records.sqlite"))).not.toBe(0);
  expect(run("touch", join(data, "x"))).not.toBe(0);
  expect(run("touch", join(data, "results/x"))).not.toBe(0);
});
