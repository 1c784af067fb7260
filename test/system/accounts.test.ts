import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { spawnRecorte, type SpawnedProgram } from "../support/spawned-program.ts";

let folder: string;
let server: SpawnedProgram;
let url: string;

const spawn = (...args: string[]) => spawnRecorte(args, { RECORTE_DATA: folder, PORT: "0", RECORTE_LOG: "none" });

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const program = spawn(...args);
  return { code: await program.ended, output: program.output() };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorte-accounts-"));
  server = spawn("serve");
  url = (await server.waitFor(/http:\/\/localhost:\d+/, 30))[0];
}, 60_000);

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Whom the server knows by a token; the status where it knows nobody. */
async function whoIs(token: string): Promise<string | number | null> {
  const response = await fetch(`${url}/async`, { headers: { authorization: `Bearer ${token}` } });
  return response.ok ? response.headers.get("x-vo-authenticated") : response.status;
}

async function makeToken(name: string): Promise<string> {
  const { output } = await run("token", "create", name, "--name", "test");
  return /rct_[a-z2-7]{40}/.exec(output)?.[0] ?? output;
}

test("of eight processes that add one user at once, one does", async () => {
  const ends = await Promise.all(Array.from({ length: 8 }, () => run("user", "add", "ana", "--no-password")));
  expect(ends.map(({ code }) => code).sort()).toEqual([0, 2, 2, 2, 2, 2, 2, 2]);
  for (const { code, output } of ends) expect(output).toMatch(code === 0 ? /^Made the account ana/ : /name is taken/);
}, 60_000);

test("a running server knows a token at once, and does not know it once it is revoked", async () => {
  const token = await makeToken("ana");
  expect(await whoIs(token)).toBe("ana");
  expect((await run("token", "revoke", "ana", token.slice(0, 12))).code).toBe(0);
  expect(await whoIs(token)).toBe(401);
}, 60_000);

test("a running server lets nobody into an account that is closed, and its tokens are gone when it is opened", async () => {
  const token = await makeToken("ana");
  await run("user", "set", "ana", "--disable");
  expect(await whoIs(token)).toBe(401);
  await run("user", "set", "ana", "--enable");
  expect(await whoIs(token)).toBe(401);
  const another = await makeToken("ana");
  expect(await whoIs(another)).toBe("ana");
  await run("user", "remove", "ana");
  expect(await whoIs(another)).toBe(401);
}, 60_000);
